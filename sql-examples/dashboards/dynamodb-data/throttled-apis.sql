-- title: Throttled calls on items by API
-- purpose: Which kinds of calls come too fast.
-- store: trail
-- view: BarChart label=eventName value=throttled
-- columns: eventName, throttled

SELECT eventName, count(*) AS throttled
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventCategory = 'Data'
  AND eventSource = 'dynamodb.amazonaws.com'
  AND regexp_like(errorCode, '(?i)throttl|requestlimitexceeded|throughputexceeded|toomanyrequests|slowdown')
GROUP BY eventName
ORDER BY throttled DESC, eventName
LIMIT 10;
