-- title: Calls of people and roles over time by API
-- purpose: What is done when. A call that suddenly leads the list has a cause.
-- store: trail
-- view: LineChart x=period y=calls series=eventName
-- columns: period, eventName, calls

WITH busiest AS (
  SELECT eventName, count(*) AS calls
  FROM trail
  WHERE eventTime >= '$StartTime$'
    AND eventTime < '$EndTime$'
    AND userIdentity.arn IS NOT NULL
  GROUP BY eventName
  ORDER BY calls DESC, eventName
  LIMIT 10
)
SELECT
  date_trunc('$Period$', eventTime) AS period,
  eventName,
  count(*) AS calls
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND userIdentity.arn IS NOT NULL
  AND eventName IN (SELECT eventName FROM busiest)
GROUP BY 1, 2
ORDER BY period, eventName;
