-- title: Invocations over time, done and failed
-- purpose: Failures here are those of the call: no permission, too many at once, no such function.
-- store: trail
-- view: LineChart x=period y=invocations series=outcome
-- columns: period, outcome, invocations

SELECT
  date_trunc('$Period$', eventTime) AS period,
  IF(errorCode IS NULL, 'done', 'failed') AS outcome,
  count(*) AS invocations
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventCategory = 'Data'
  AND eventSource = 'lambda.amazonaws.com'
GROUP BY 1, 2
ORDER BY period, outcome;
