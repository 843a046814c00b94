-- title: New identities, credentials and permissions
-- purpose: Asked to find what an intruder left to come back. A hit is a user, role, access key, password, identity
--   provider or permission that was added or widened, in IAM, IAM Identity Center or Roles Anywhere. Only what
--   came about is shown; refused attempts are among the refused calls. Deployments are the usual false positive.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, target, detail, newAccessKeyId, sourceIPAddress, accountId, eventID
-- tags: identity, persistence, cis 4.4

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventName,
  -- Who changes his own credentials need not name himself.
  coalesce(
    requestParameters.userName,
    requestParameters.roleName,
    requestParameters.groupName,
    requestParameters.principalId,
    requestParameters.name,
    responseElements.accessKey.userName,
    responseElements.loginProfile.userName,
    requestParameters.policyName,
    requestParameters.policyArn,
    userIdentity.userName
  ) AS target,
  coalesce(
    requestParameters.policyArn,
    requestParameters.policyDocument,
    requestParameters.assumeRolePolicyDocument,
    requestParameters
  ) AS detail,
  responseElements.accessKey.accessKeyId AS newAccessKeyId,
  sourceIPAddress,
  recipientAccountId AS accountId,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource IN (
    'iam.amazonaws.com',
    'sso.amazonaws.com',
    'sso-directory.amazonaws.com',
    'identitystore.amazonaws.com',
    'rolesanywhere.amazonaws.com'
  )
  AND (
    eventName LIKE 'Create%'
    OR eventName LIKE 'Add%'
    OR eventName LIKE 'Attach%'
    OR eventName LIKE 'Put%'
    OR eventName LIKE 'Set%'
    OR eventName LIKE 'Update%'
    OR eventName LIKE 'Upload%'
    OR eventName LIKE 'Import%'
    OR eventName LIKE 'Enable%'
    OR eventName LIKE 'Reset%'
    OR eventName IN (
      'ChangePassword',
      'DeactivateMFADevice',
      'DeleteVirtualMFADevice',
      'DeleteAccountPasswordPolicy',
      'DeleteUserPermissionsBoundary',
      'DeleteRolePermissionsBoundary'
    )
  )
  AND errorCode IS NULL
ORDER BY eventTime, eventID;
