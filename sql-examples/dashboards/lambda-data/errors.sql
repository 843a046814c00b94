-- title: Errors of invocations
-- purpose: Which errors invocations end in, by function.
-- store: trail
-- view: Table
-- columns: functionName, errorCode, errors, lastError

SELECT
  regexp_extract(element_at(resources, 1).ARN, ':function:([^:]+)', 1) AS functionName,
  errorCode,
  count(*) AS errors,
  max(eventTime) AS lastError
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventCategory = 'Data'
  AND eventSource = 'lambda.amazonaws.com'
  AND errorCode IS NOT NULL
GROUP BY 1, 2
ORDER BY errors DESC, functionName, errorCode
LIMIT 20;
