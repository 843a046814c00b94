-- title: Whose calls on items are throttled
-- purpose: Principals that want more than the tables give.
-- store: trail
-- view: BarChart label=principal value=throttled
-- columns: principal, throttled, lastThrottled

SELECT
  coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
  count(*) AS throttled,
  max(eventTime) AS lastThrottled
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventCategory = 'Data'
  AND eventSource = 'dynamodb.amazonaws.com'
  AND regexp_like(errorCode, '(?i)throttl|requestlimitexceeded|throughputexceeded|toomanyrequests|slowdown')
GROUP BY 1
ORDER BY throttled DESC, principal
LIMIT 10;
