-- title: Data events over time by service
-- purpose: How much data is touched, and when. A night of reads from a bucket is what one looks for here first.
-- store: trail
-- view: LineChart x=period y=events series=eventSource
-- columns: period, eventSource, events

SELECT
  date_trunc('$Period$', eventTime) AS period,
  eventSource,
  count(*) AS events
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventCategory = 'Data'
GROUP BY 1, 2
ORDER BY period, eventSource;
