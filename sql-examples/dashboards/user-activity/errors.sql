-- title: Errors by principal
-- purpose: Whose calls fail, and how. Few codes again and again are a broken program, many are a search.
-- store: trail
-- view: BarChart label=principal value=errors
-- columns: principal, errors, codes, differentCalls, mostFrequentCall

WITH failed AS (
  SELECT
    userIdentity.arn AS principal,
    eventName,
    count(*) AS errors,
    count(DISTINCT errorCode) AS codes
  FROM trail
  WHERE eventTime >= '$StartTime$'
    AND eventTime < '$EndTime$'
    AND errorCode IS NOT NULL
    AND userIdentity.arn IS NOT NULL
  GROUP BY userIdentity.arn, eventName
)
SELECT
  principal,
  sum(errors) AS errors,
  max(codes) AS codes,
  count(*) AS differentCalls,
  max_by(eventName, errors) AS mostFrequentCall
FROM failed
GROUP BY principal
ORDER BY errors DESC, principal
LIMIT 20;
