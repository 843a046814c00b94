-- title: Destructive management calls
-- purpose: What was deleted, terminated or switched off, newest first.
-- store: trail
-- view: Table
-- columns: eventTime, principal, eventSource, eventName, errorCode, eventID

SELECT
  eventTime,
  coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
  eventSource,
  eventName,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND managementEvent = true
  AND regexp_like(eventName, '^(BatchDelete|Delete|Terminate|Remove|Disable|Deregister|Schedule.*Deletion|StopLogging)')
ORDER BY eventTime DESC, eventID
LIMIT 50;
