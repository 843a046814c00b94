-- title: Destructive actions by API
-- purpose: What was deleted, terminated or switched off, by call. A call that does not belong to a deployment
--   deserves a look at who made it.
-- store: trail
-- view: BarChart label=eventName value=calls
-- columns: eventSource, eventName, calls, failed, principals

SELECT
  eventSource,
  eventName,
  count(*) AS calls,
  count_if(errorCode IS NOT NULL) AS failed,
  count(DISTINCT coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy)) AS principals
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND regexp_like(eventName, '^(BatchDelete|Delete|Terminate|Remove|Disable|Deregister|Schedule.*Deletion|StopLogging)')
GROUP BY eventSource, eventName
ORDER BY calls DESC, eventSource, eventName
LIMIT 20;
