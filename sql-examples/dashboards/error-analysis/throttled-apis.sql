-- title: Throttled calls by API
-- purpose: Which calls come too fast. One loop without a pause can throttle all other programs of the account.
-- store: trail
-- view: BarChart label=eventName value=throttled
-- columns: eventSource, eventName, throttled, principals

SELECT
  eventSource,
  eventName,
  count(*) AS throttled,
  count(DISTINCT coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy)) AS principals
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND regexp_like(errorCode, '(?i)throttl|requestlimitexceeded|throughputexceeded|toomanyrequests|slowdown')
GROUP BY eventSource, eventName
ORDER BY throttled DESC, eventSource, eventName
LIMIT 10;
