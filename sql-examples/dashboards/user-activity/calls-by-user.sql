-- title: Calls over time by principal
-- purpose: Who works when. A principal who appears at night, or for the first time, stands out.
-- store: trail
-- view: LineChart x=period y=calls series=principal
-- columns: period, principal, calls

WITH busiest AS (
  SELECT userIdentity.arn AS principal, count(*) AS calls
  FROM trail
  WHERE eventTime >= '$StartTime$'
    AND eventTime < '$EndTime$'
    AND userIdentity.arn IS NOT NULL
  GROUP BY userIdentity.arn
  ORDER BY calls DESC, principal
  LIMIT 10
)
SELECT
  date_trunc('$Period$', eventTime) AS period,
  userIdentity.arn AS principal,
  count(*) AS calls
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND userIdentity.arn IN (SELECT principal FROM busiest)
GROUP BY 1, 2
ORDER BY period, principal;
