-- title: Changes made by hand in the console
-- purpose: What people changed by clicking. In accounts that are run by code there should be little.
-- store: trail
-- view: Table
-- columns: eventTime, principal, eventSource, eventName, sourceIPAddress, eventID

SELECT
  eventTime,
  coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
  eventSource,
  eventName,
  sourceIPAddress,
  eventID
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND sessionCredentialFromConsole = 'true'
  AND readOnly = false
  AND errorCode IS NULL
ORDER BY eventTime DESC, eventID
LIMIT 50;
