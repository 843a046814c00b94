-- title: Refused management calls over time
-- purpose: Refusals by hour or day. A step is a new policy, a hill a visitor.
-- store: trail
-- view: LineChart x=period y=refusals
-- columns: period, refusals

SELECT
  date_trunc('$Period$', eventTime) AS period,
  count(*) AS refusals
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND managementEvent = true
  AND regexp_like(errorCode, '(?i)accessdenied|unauthorized|notauthorized|forbidden')
GROUP BY 1
ORDER BY period;
