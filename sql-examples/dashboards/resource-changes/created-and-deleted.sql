-- title: Resources created and deleted over time
-- purpose: More deletions than usual are a clean-up, or damage.
-- store: trail
-- view: LineChart x=period y=calls series=kind
-- columns: period, kind, calls

SELECT
  date_trunc('$Period$', eventTime) AS period,
  IF(regexp_like(eventName, '^(Create|Run|Allocate|Register)'), 'created', 'deleted') AS kind,
  count(*) AS calls
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND errorCode IS NULL
  AND regexp_like(eventName, '^(Create|Run|Allocate|Register|Delete|Terminate|Release|Deregister)')
GROUP BY 1, 2
ORDER BY period, kind;
