-- title: Most throttled calls
-- purpose: Which calls come too fast, in which service.
-- store: trail
-- view: BarChart label=eventName value=throttled
-- columns: eventSource, eventName, throttled

SELECT eventSource, eventName, count(*) AS throttled
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND regexp_like(errorCode, '(?i)throttl|requestlimitexceeded|throughputexceeded|toomanyrequests|slowdown')
GROUP BY eventSource, eventName
ORDER BY throttled DESC, eventSource, eventName
LIMIT 10;
