-- title: Calls that create
-- purpose: Which kinds of resources come into being.
-- store: trail
-- view: BarChart label=eventName value=calls
-- columns: eventSource, eventName, calls

SELECT eventSource, eventName, count(*) AS calls
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND errorCode IS NULL
  AND regexp_like(eventName, '^(Create|Run|Allocate|Register)')
GROUP BY eventSource, eventName
ORDER BY calls DESC, eventSource, eventName
LIMIT 10;
