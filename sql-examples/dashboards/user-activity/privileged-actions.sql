-- title: Privileged actions
-- purpose: Calls that make more power: credentials, roles passed on, trust and permissions changed, root sessions.
-- store: trail
-- view: Table
-- columns: eventTime, principal, eventSource, eventName, sourceIPAddress, errorCode, eventID

SELECT
  eventTime,
  userIdentity.arn AS principal,
  eventSource,
  eventName,
  sourceIPAddress,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND userIdentity.arn IS NOT NULL
  AND (eventSource, eventName) IN (
    ('iam.amazonaws.com', 'CreateAccessKey'),
    ('iam.amazonaws.com', 'CreateLoginProfile'),
    ('iam.amazonaws.com', 'UpdateLoginProfile'),
    ('iam.amazonaws.com', 'AttachUserPolicy'),
    ('iam.amazonaws.com', 'AttachRolePolicy'),
    ('iam.amazonaws.com', 'PutUserPolicy'),
    ('iam.amazonaws.com', 'PutRolePolicy'),
    ('iam.amazonaws.com', 'UpdateAssumeRolePolicy'),
    ('iam.amazonaws.com', 'CreatePolicyVersion'),
    ('iam.amazonaws.com', 'SetDefaultPolicyVersion'),
    ('sts.amazonaws.com', 'AssumeRoot'),
    ('sts.amazonaws.com', 'GetFederationToken')
  )
ORDER BY eventTime DESC, eventID
LIMIT 50;
