-- title: Invocations over time by function
-- purpose: When functions run. A function that runs when nothing calls for it is worth a look.
-- store: trail
-- view: LineChart x=period y=invocations series=functionName
-- columns: period, functionName, invocations

SELECT
  date_trunc('$Period$', eventTime) AS period,
  regexp_extract(element_at(resources, 1).ARN, ':function:([^:]+)', 1) AS functionName,
  count(*) AS invocations
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventCategory = 'Data'
  AND eventSource = 'lambda.amazonaws.com'
GROUP BY 1, 2
ORDER BY period, functionName;
