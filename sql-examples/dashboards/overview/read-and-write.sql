-- title: Activity over time, reads and writes
-- purpose: How much is going on.
-- store: trail
-- view: LineChart x=period y=events series=kind
-- columns: period, kind, events

SELECT
  date_trunc('$Period$', eventTime) AS period,
  IF(readOnly, 'read', 'write') AS kind,
  count(*) AS events
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND readOnly IS NOT NULL
GROUP BY 1, 2
ORDER BY period, kind;
