-- title: Functions by invocations
-- purpose: Which functions run most, and who wakes them.
-- store: trail
-- view: BarChart label=functionName value=invocations
-- columns: functionName, invocations, failed, principals

SELECT
  regexp_extract(element_at(resources, 1).ARN, ':function:([^:]+)', 1) AS functionName,
  count(*) AS invocations,
  count_if(errorCode IS NOT NULL) AS failed,
  count(DISTINCT coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy)) AS principals
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventCategory = 'Data'
  AND eventSource = 'lambda.amazonaws.com'
GROUP BY 1
ORDER BY invocations DESC, functionName
LIMIT 10;
