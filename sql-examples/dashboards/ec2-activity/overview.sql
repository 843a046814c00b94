-- title: Calls of EC2
-- purpose: What EC2 is asked for, reads and changes apart.
-- store: trail
-- view: BarChart label=eventName value=calls
-- columns: eventName, kind, calls, principals

SELECT
  eventName,
  CASE readOnly WHEN true THEN 'read' WHEN false THEN 'change' ELSE 'not told' END AS kind,
  count(*) AS calls,
  count(DISTINCT coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy)) AS principals
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventSource = 'ec2.amazonaws.com'
GROUP BY 1, 2
ORDER BY calls DESC, eventName
LIMIT 20;
