-- title: Most active principals
-- purpose: Who does most. Programs lead; a person among them is worth a look.
-- store: trail
-- view: BarChart label=principal value=events
-- columns: principal, identityType, events, services, lastEvent

SELECT
  coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
  userIdentity.type AS identityType,
  count(*) AS events,
  count(DISTINCT eventSource) AS services,
  max(eventTime) AS lastEvent
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
GROUP BY 1, 2
ORDER BY events DESC, principal
LIMIT 10;
