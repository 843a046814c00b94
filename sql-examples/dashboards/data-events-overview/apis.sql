-- title: Data events by API
-- purpose: Which calls touch data most, reads and writes apart.
-- store: trail
-- view: BarChart label=eventName value=events
-- columns: eventSource, eventName, kind, events

SELECT
  eventSource,
  eventName,
  IF(readOnly, 'read', 'write') AS kind,
  count(*) AS events
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventCategory = 'Data'
GROUP BY 1, 2, 3
ORDER BY events DESC, eventSource, eventName
LIMIT 10;
