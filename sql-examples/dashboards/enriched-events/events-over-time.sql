-- title: Enriched events over time
-- purpose: How many events carry tags or condition keys. A line that falls to nothing tells that enrichment was
--   switched off.
-- store: trail
-- view: LineChart x=period y=events
-- columns: period, events

SELECT
  date_trunc('$Period$', eventTime) AS period,
  count(*) AS events
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventContext IS NOT NULL
GROUP BY 1
ORDER BY period;
