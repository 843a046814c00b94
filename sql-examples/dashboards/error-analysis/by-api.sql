-- title: Errors by API
-- purpose: Which calls fail most, with their most frequent code.
-- store: trail
-- view: BarChart label=eventName value=errors
-- columns: eventSource, eventName, errors, mostFrequentCode

WITH codes AS (
  SELECT eventSource, eventName, errorCode, count(*) AS errors
  FROM trail
  WHERE eventTime >= '$StartTime$'
    AND eventTime < '$EndTime$'
    AND errorCode IS NOT NULL
  GROUP BY eventSource, eventName, errorCode
)
SELECT
  eventSource,
  eventName,
  sum(errors) AS errors,
  max_by(errorCode, errors) AS mostFrequentCode
FROM codes
GROUP BY eventSource, eventName
ORDER BY errors DESC, eventSource, eventName
LIMIT 10;
