-- title: Errors by principal
-- purpose: Whose calls fail, and how. Few codes again and again are a broken program, many are a search.
-- store: trail
-- view: BarChart label=principal value=errors
-- columns: principal, errors, codes, differentCalls, latestCode, lastError

SELECT
  userIdentity.arn AS principal,
  count(*) AS errors,
  count(DISTINCT errorCode) AS codes,
  count(DISTINCT eventName) AS differentCalls,
  max_by(errorCode, eventTime) AS latestCode,
  max(eventTime) AS lastError
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND userIdentity.arn IS NOT NULL
  AND errorCode IS NOT NULL
GROUP BY userIdentity.arn
ORDER BY errors DESC, principal
LIMIT 20;
