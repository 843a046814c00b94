-- title: User data put on instances
-- purpose: Asked when a machine runs what nobody deployed. A hit is an instance or launch template that got new
--   user data, which runs as root at the next start. Launches carry user data too, so only changes of what exists are
--   shown.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, target, sourceIPAddress, awsRegion, accountId, errorCode, eventID
-- tags: execution, persistence, ec2

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventName,
  coalesce(
    element_at(requestParameters, 'instanceId'),
    json_extract_scalar(element_at(requestParameters, 'CreateLaunchTemplateVersionRequest'), '$.LaunchTemplateId')
  ) AS target,
  sourceIPAddress,
  awsRegion,
  recipientAccountId AS accountId,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 'ec2.amazonaws.com'
  AND (
    (eventName = 'ModifyInstanceAttribute' AND element_at(requestParameters, 'userData') IS NOT NULL)
    OR (
      eventName = 'CreateLaunchTemplateVersion'
      AND json_extract(
        element_at(requestParameters, 'CreateLaunchTemplateVersionRequest'),
        '$.LaunchTemplateData.UserData'
      ) IS NOT NULL
    )
  )
ORDER BY eventTime, eventID;
