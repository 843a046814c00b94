-- title: Calls of EC2 over time, done and failed
-- purpose: A wave of failures is a broken template, a limit that was reached, or somebody without permission.
-- store: trail
-- view: LineChart x=period y=calls series=outcome
-- columns: period, outcome, calls

SELECT
  date_trunc('$Period$', eventTime) AS period,
  IF(errorCode IS NULL, 'done', 'failed') AS outcome,
  count(*) AS calls
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventSource = 'ec2.amazonaws.com'
GROUP BY 1, 2
ORDER BY period, outcome;
