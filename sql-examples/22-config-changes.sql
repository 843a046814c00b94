-- title: Changes of the AWS Config recorder
-- purpose: Asked because without the recorder nobody knows what a resource looked like. A hit is a recorder or
--   delivery channel that was stopped, deleted or pointed elsewhere, tried or done. The one expected source is the
--   team that runs Config.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, name, sourceIPAddress, awsRegion, accountId, errorCode, eventID
-- tags: config, defense evasion, cis 4.9

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventName,
  coalesce(
    element_at(requestParameters, 'configurationRecorderName'),
    element_at(requestParameters, 'deliveryChannelName'),
    json_extract_scalar(element_at(requestParameters, 'configurationRecorder'), '$.name'),
    json_extract_scalar(element_at(requestParameters, 'deliveryChannel'), '$.name')
  ) AS name,
  sourceIPAddress,
  awsRegion,
  recipientAccountId AS accountId,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 'config.amazonaws.com'
  AND eventName IN (
    'StopConfigurationRecorder',
    'DeleteConfigurationRecorder',
    'PutConfigurationRecorder',
    'DeleteDeliveryChannel',
    'PutDeliveryChannel'
  )
ORDER BY eventTime, eventID;
