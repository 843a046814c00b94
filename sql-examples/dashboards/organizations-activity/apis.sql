-- title: Calls of AWS Organizations
-- purpose: What the organization's own service is asked for, reads and changes apart.
-- store: trail
-- view: BarChart label=eventName value=calls
-- columns: eventName, calls, changes, principals

SELECT
  eventName,
  count(*) AS calls,
  count_if(readOnly = false) AS changes,
  count(DISTINCT coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy)) AS principals
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventSource = 'organizations.amazonaws.com'
GROUP BY eventName
ORDER BY calls DESC, eventName
LIMIT 20;
