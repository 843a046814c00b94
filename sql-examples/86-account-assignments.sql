-- title: Rights given and taken in IAM Identity Center
-- purpose: Asked to see who got into which account. A hit is an assignment of a permission set to a person or group
--   that was made or deleted, or a permission set that changed. What provisions from the staff directory is expected.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, receiver, receiverType, targetAccount, permissionSet, errorCode,
--   eventID
-- tags: access review, sso, permissions

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), userIdentity.onBehalfOf.userId, userIdentity.principalId) AS principal,
  eventName,
  element_at(requestParameters, 'principalId') AS receiver,
  element_at(requestParameters, 'principalType') AS receiverType,
  element_at(requestParameters, 'targetId') AS targetAccount,
  arn_resource(element_at(requestParameters, 'permissionSetArn')) AS permissionSet,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 'sso.amazonaws.com'
  AND regexp_like(
    eventName,
    '^(Create|Delete)AccountAssignment$|^(Attach|Detach|Put|Delete|Create|Update).*(PermissionSet|PermissionsBoundary)'
  )
ORDER BY eventTime, eventID;
