-- title: Errors of management calls by principal
-- purpose: Whose management calls fail, and with which codes.
-- store: trail
-- view: Table
-- columns: principal, errorCode, errors, lastError

SELECT
  coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
  errorCode,
  count(*) AS errors,
  max(eventTime) AS lastError
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND managementEvent = true
  AND errorCode IS NOT NULL
GROUP BY 1, 2
ORDER BY errors DESC, principal, errorCode
LIMIT 20;
