-- title: Calls of IAM and STS over time, done and failed
-- purpose: Failures that rise while successes do not are somebody who tries doors.
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
  AND eventSource IN ('iam.amazonaws.com', 'sts.amazonaws.com')
GROUP BY 1, 2
ORDER BY period, outcome;
