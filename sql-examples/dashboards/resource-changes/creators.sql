-- title: Who creates resources
-- purpose: Principals that make things, and in how many services.
-- store: trail
-- view: BarChart label=principal value=created
-- columns: principal, created, services, lastCall

SELECT
  coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
  count(*) AS created,
  count(DISTINCT eventSource) AS services,
  max(eventTime) AS lastCall
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND errorCode IS NULL
  AND regexp_like(eventName, '^(Create|Run|Allocate|Register)')
GROUP BY 1
ORDER BY created DESC, principal
LIMIT 10;
