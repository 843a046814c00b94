-- title: Who invokes functions
-- purpose: Principals and services that invoke. A person who invokes a function of production by hand stands out.
-- store: trail
-- view: BarChart label=principal value=invocations
-- columns: principal, invocations, functions

SELECT
  coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
  count(*) AS invocations,
  count(DISTINCT regexp_extract(element_at(resources, 1).ARN, ':function:([^:]+)', 1)) AS functions
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventCategory = 'Data'
  AND eventSource = 'lambda.amazonaws.com'
GROUP BY 1
ORDER BY invocations DESC, principal
LIMIT 10;
