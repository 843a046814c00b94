-- title: Calls on items over time, done and failed
-- purpose: Failed conditions are part of normal work; refusals and throttling are not.
-- store: trail
-- view: LineChart x=period y=calls series=outcome
-- columns: period, outcome, calls

SELECT
  date_trunc('$Period$', eventTime) AS period,
  CASE
    WHEN errorCode IS NULL THEN 'done'
    WHEN errorCode LIKE 'ConditionalCheckFailed%' THEN 'condition not met'
    ELSE 'failed'
  END AS outcome,
  count(*) AS calls
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventCategory = 'Data'
  AND eventSource = 'dynamodb.amazonaws.com'
GROUP BY 1, 2
ORDER BY period, outcome;
