-- title: Principals with the most errors
-- purpose: Who gets errors, and what share of his calls they are.
-- store: trail
-- view: Table
-- columns: principal, errors, calls, errorShare, codes

SELECT
  coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
  count_if(errorCode IS NOT NULL) AS errors,
  count(*) AS calls,
  round(100.0 * count_if(errorCode IS NOT NULL) / count(*), 1) AS errorShare,
  count(DISTINCT errorCode) AS codes
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
GROUP BY 1
HAVING count_if(errorCode IS NOT NULL) > 0
ORDER BY errors DESC, principal
LIMIT 20;
