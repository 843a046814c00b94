-- title: IAM policy changes
-- purpose: Asked in every review, since policies decide who may do what. A hit is a policy that was made, changed,
--   attached, taken off or deleted, tried or done; admin marks those that give everything. Deployments of
--   infrastructure code are the expected source, people in the console are not.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, target, policy, admin, sourceIPAddress, accountId, errorCode, eventID
-- tags: identity, permissions, cis 4.4

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventName,
  coalesce(
    element_at(requestParameters, 'userName'),
    element_at(requestParameters, 'roleName'),
    element_at(requestParameters, 'groupName')
  ) AS target,
  coalesce(element_at(requestParameters, 'policyArn'), element_at(requestParameters, 'policyName')) AS policy,
  coalesce(
    element_at(requestParameters, 'policyArn') LIKE '%:aws:policy/AdministratorAccess'
      -- A document is JSON inside of text; blanks and line ends are as its author left them.
      OR regexp_like(element_at(requestParameters, 'policyDocument'), '"Action"\s*:\s*\[?\s*"\*"'),
    false
  ) AS admin,
  sourceIPAddress,
  recipientAccountId AS accountId,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 'iam.amazonaws.com'
  AND eventName IN (
    'CreatePolicy',
    'DeletePolicy',
    'CreatePolicyVersion',
    'DeletePolicyVersion',
    'SetDefaultPolicyVersion',
    'PutUserPolicy',
    'PutRolePolicy',
    'PutGroupPolicy',
    'DeleteUserPolicy',
    'DeleteRolePolicy',
    'DeleteGroupPolicy',
    'AttachUserPolicy',
    'AttachRolePolicy',
    'AttachGroupPolicy',
    'DetachUserPolicy',
    'DetachRolePolicy',
    'DetachGroupPolicy'
  )
ORDER BY eventTime, eventID;
