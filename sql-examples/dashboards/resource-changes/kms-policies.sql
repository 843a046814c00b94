-- title: Changes of KMS keys and their policies
-- purpose: Key policies, grants and states that changed. A grant to another account gives away what the key
--   protects.
-- store: trail
-- view: Table
-- columns: eventTime, principal, eventName, keyId, errorCode, eventID

SELECT
  eventTime,
  coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
  eventName,
  coalesce(element_at(requestParameters, 'keyId'), element_at(resources, 1).ARN) AS keyId,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventSource = 'kms.amazonaws.com'
  AND eventName IN (
    'PutKeyPolicy',
    'CreateGrant',
    'RevokeGrant',
    'DisableKey',
    'DisableKeyRotation',
    'ScheduleKeyDeletion',
    'DeleteImportedKeyMaterial'
  )
ORDER BY eventTime DESC, eventID
LIMIT 50;
