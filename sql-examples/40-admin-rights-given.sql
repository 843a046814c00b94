-- title: Administrator rights given
-- purpose: Asked first when somebody can do too much. A hit is a policy with all rights, or rights over identities,
--   that was attached to a user, group or role. New accounts get their first administrators so; later it should be
--   rare.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, receiver, policyArn, sourceIPAddress, accountId, eventID
-- tags: privilege escalation, identity

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventName,
  coalesce(
    element_at(requestParameters, 'userName'),
    element_at(requestParameters, 'roleName'),
    element_at(requestParameters, 'groupName')
  ) AS receiver,
  element_at(requestParameters, 'policyArn') AS policyArn,
  sourceIPAddress,
  recipientAccountId AS accountId,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 'iam.amazonaws.com'
  AND eventName IN ('AttachUserPolicy', 'AttachGroupPolicy', 'AttachRolePolicy')
  AND arn_account(element_at(requestParameters, 'policyArn')) = 'aws'
  AND arn_resource(element_at(requestParameters, 'policyArn')) IN (
    'policy/AdministratorAccess',
    'policy/IAMFullAccess',
    'policy/PowerUserAccess',
    'policy/AWSOrganizationsFullAccess',
    'policy/job-function/SystemAdministrator'
  )
  AND errorCode IS NULL
ORDER BY eventTime, eventID;
