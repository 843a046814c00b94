-- title: KMS keys disabled or being deleted
-- purpose: Asked when data becomes unreadable, or before it does: a scheduled deletion can be cancelled until its
--   date. A hit is a key, its imported material or its key store being taken away, tried or done; the row of
--   DeleteKey is AWS carrying out what somebody scheduled. Tests that clean up are the usual false positive.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, key, deletionDate, pendingWindowInDays, sourceIPAddress,
--   awsRegion, accountId, errorCode, eventID
-- tags: kms, ransom, cis 4.7

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventName,
  coalesce(
    element_at(resources, 1).ARN,
    responseElements.keyId,
    requestParameters.keyId,
    serviceEventDetails.keyId,
    requestParameters.customKeyStoreId
  ) AS key,
  responseElements.deletionDate AS deletionDate,
  requestParameters.pendingWindowInDays AS pendingWindowInDays,
  sourceIPAddress,
  awsRegion,
  recipientAccountId AS accountId,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 'kms.amazonaws.com'
  AND eventName IN (
    'DisableKey',
    'ScheduleKeyDeletion',
    'DeleteKey',
    'DeleteImportedKeyMaterial',
    'DisconnectCustomKeyStore',
    'DeleteCustomKeyStore'
  )
ORDER BY eventTime, eventID;
