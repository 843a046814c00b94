-- title: Refused calls over time
-- purpose: Refusals in the whole organization. A new policy that blocks too much shows as a step.
-- store: trail
-- view: LineChart x=period y=refusals
-- columns: period, refusals, accounts

SELECT
  date_trunc('$Period$', eventTime) AS period,
  count(*) AS refusals,
  count(DISTINCT recipientAccountId) AS accounts
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND regexp_like(errorCode, '(?i)accessdenied|unauthorized|notauthorized|forbidden')
GROUP BY 1
ORDER BY period;
