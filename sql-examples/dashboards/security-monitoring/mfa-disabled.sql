-- title: MFA devices taken away
-- purpose: Second factors that were removed or deactivated, and by whom. When it was not the user himself with a
--   new telephone, his account may be in other hands.
-- store: trail
-- view: Table
-- columns: eventTime, principal, eventName, device, userName, errorCode, eventID

SELECT
  eventTime,
  coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
  eventName,
  element_at(requestParameters, 'serialNumber') AS device,
  element_at(requestParameters, 'userName') AS userName,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventSource = 'iam.amazonaws.com'
  AND eventName IN ('DeactivateMFADevice', 'DeleteVirtualMFADevice')
ORDER BY eventTime DESC, eventID
LIMIT 50;
