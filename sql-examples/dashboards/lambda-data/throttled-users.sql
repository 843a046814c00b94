-- title: Whose invocations are throttled
-- purpose: Principals that invoke faster than the account may.
-- store: trail
-- view: BarChart label=principal value=throttled
-- columns: principal, throttled, functions, lastThrottled

SELECT
  coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
  count(*) AS throttled,
  count(DISTINCT regexp_extract(element_at(resources, 1).ARN, ':function:([^:]+)', 1)) AS functions,
  max(eventTime) AS lastThrottled
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventCategory = 'Data'
  AND eventSource = 'lambda.amazonaws.com'
  AND regexp_like(errorCode, '(?i)throttl|requestlimitexceeded|throughputexceeded|toomanyrequests|slowdown')
GROUP BY 1
ORDER BY throttled DESC, principal
LIMIT 10;
