-- title: Rights that principals gave themselves
-- purpose: Asked when somebody got more rights than he was given. A hit is a user or role that attached, wrote or
--   widened a policy of itself, or put himself into a group, tried or done. Nobody should have to; deployment roles
--   that manage themselves are the false positive.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, policy, groupName, sourceIPAddress, accountId, errorCode, eventID
-- tags: privilege escalation, identity

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventName,
  coalesce(element_at(requestParameters, 'policyArn'), element_at(requestParameters, 'policyName')) AS policy,
  element_at(requestParameters, 'groupName') AS groupName,
  sourceIPAddress,
  recipientAccountId AS accountId,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 'iam.amazonaws.com'
  AND (
    (
      eventName IN ('AttachUserPolicy', 'PutUserPolicy', 'AddUserToGroup', 'DeleteUserPermissionsBoundary')
      AND element_at(requestParameters, 'userName') = userIdentity.userName
    )
    OR (
      eventName IN ('AttachRolePolicy', 'PutRolePolicy', 'UpdateAssumeRolePolicy', 'DeleteRolePermissionsBoundary')
      AND element_at(requestParameters, 'roleName') = userIdentity.sessionContext.sessionIssuer.userName
    )
  )
ORDER BY eventTime, eventID;
