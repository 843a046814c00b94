-- title: Throttled data events
-- purpose: Which calls on data come too fast, and from whom.
-- store: trail
-- view: BarChart label=eventName value=throttled
-- columns: eventSource, eventName, principal, throttled

SELECT
  eventSource,
  eventName,
  coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
  count(*) AS throttled
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventCategory = 'Data'
  AND regexp_like(errorCode, '(?i)throttl|requestlimitexceeded|throughputexceeded|toomanyrequests|slowdown')
GROUP BY 1, 2, 3
ORDER BY throttled DESC, eventSource, eventName, principal
LIMIT 10;
