-- title: Most active services
-- purpose: Which services are used most.
-- store: trail
-- view: BarChart label=eventSource value=events
-- columns: eventSource, events

SELECT eventSource, count(*) AS events
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
GROUP BY eventSource
ORDER BY events DESC, eventSource
LIMIT 10;
