-- title: Destructive actions by principal
-- purpose: Who deletes, terminates and switches off. A person in front of the deployment roles is worth a question.
-- store: trail
-- view: BarChart label=principal value=calls
-- columns: principal, calls, differentCalls, services, lastCall

SELECT
  userIdentity.arn AS principal,
  count(*) AS calls,
  count(DISTINCT eventName) AS differentCalls,
  count(DISTINCT eventSource) AS services,
  max(eventTime) AS lastCall
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND userIdentity.arn IS NOT NULL
  AND regexp_like(eventName, '^(BatchDelete|Delete|Terminate|Remove|Disable|Deregister|Schedule.*Deletion|StopLogging)')
GROUP BY userIdentity.arn
ORDER BY calls DESC, principal
LIMIT 20;
