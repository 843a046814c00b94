-- title: Data events by service
-- purpose: Which services write data events, and so what they cost.
-- store: trail
-- view: PieChart label=eventSource value=events
-- columns: eventSource, events, share

SELECT
  eventSource,
  count(*) AS events,
  round(100.0 * count(*) / sum(count(*)) OVER (), 1) AS share
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventCategory = 'Data'
GROUP BY eventSource
ORDER BY events DESC, eventSource;
