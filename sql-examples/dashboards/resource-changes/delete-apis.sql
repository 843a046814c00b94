-- title: Calls that delete
-- purpose: Which kinds of resources go away.
-- store: trail
-- view: BarChart label=eventName value=calls
-- columns: eventSource, eventName, calls

SELECT eventSource, eventName, count(*) AS calls
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND errorCode IS NULL
  AND regexp_like(eventName, '^(Delete|Terminate|Release|Deregister)')
GROUP BY eventSource, eventName
ORDER BY calls DESC, eventSource, eventName
LIMIT 10;
