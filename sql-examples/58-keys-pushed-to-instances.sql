-- title: SSH keys pushed to instances, serial consoles opened
-- purpose: Asked when somebody is on a machine and no key of his was there. A hit is a key that was pushed by EC2
--   Instance Connect or to the serial console, or the serial console being allowed for the account. Operators who
--   connect so every day are expected.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, instanceId, osUser, sourceIPAddress, accountId, errorCode, eventID
-- tags: lateral movement, ec2

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventName,
  element_at(requestParameters, 'instanceId') AS instanceId,
  element_at(requestParameters, 'instanceOSUser') AS osUser,
  sourceIPAddress,
  recipientAccountId AS accountId,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND (
    (eventSource = 'ec2-instance-connect.amazonaws.com' AND eventName LIKE 'Send%SSHPublicKey')
    OR (eventSource = 'ec2.amazonaws.com' AND eventName = 'EnableSerialConsoleAccess')
  )
ORDER BY eventTime, eventID;
