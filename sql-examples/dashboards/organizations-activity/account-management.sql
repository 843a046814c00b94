-- title: Accounts created, invited, moved and closed
-- purpose: What happened to the accounts themselves. An account that leaves also leaves the policies of the
--   organization.
-- store: trail
-- view: Table
-- columns: eventTime, principal, eventName, account, errorCode, eventID

SELECT
  eventTime,
  coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
  eventName,
  coalesce(
    element_at(requestParameters, 'accountId'),
    element_at(requestParameters, 'accountName'),
    json_extract_scalar(element_at(requestParameters, 'target'), '$.id')
  ) AS account,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventSource IN ('organizations.amazonaws.com', 'account.amazonaws.com')
  AND eventName IN (
    'CreateAccount',
    'CreateGovCloudAccount',
    'CloseAccount',
    'InviteAccountToOrganization',
    'AcceptHandshake',
    'MoveAccount',
    'RemoveAccountFromOrganization',
    'LeaveOrganization',
    'EnableRegion',
    'DisableRegion',
    'PutAlternateContact'
  )
ORDER BY eventTime DESC, eventID
LIMIT 50;
