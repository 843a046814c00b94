-- title: Refused calls by principal
-- purpose: Who is refused, and at how many different calls. Breadth tells more than number.
-- store: trail
-- view: BarChart label=principal value=refusals
-- columns: principal, refusals, differentCalls, addresses, lastRefusal

SELECT
  userIdentity.arn AS principal,
  count(*) AS refusals,
  count(DISTINCT concat(eventSource, ' ', eventName)) AS differentCalls,
  count(DISTINCT sourceIPAddress) AS addresses,
  max(eventTime) AS lastRefusal
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND userIdentity.arn IS NOT NULL
  AND regexp_like(errorCode, '(?i)accessdenied|unauthorized|notauthorized|forbidden')
GROUP BY userIdentity.arn
ORDER BY differentCalls DESC, refusals DESC, principal
LIMIT 20;
