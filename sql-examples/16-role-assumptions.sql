-- title: Who assumed a role, and from where
-- purpose: Asked when a role did something that nobody owns up to: its sessions begin here, each with the key that
--   it got, with which its calls can be found. Tries that were refused have an errorCode. A use from another
--   account is logged by both and stands here once.
-- store: trail
-- param: role_arn text 'arn:aws:iam::111122223333:role/Deploy' ARN of the role
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: assumedAt, principal, callerAccount, eventName, sessionName, accessKeyId, sourceIPAddress,
--   userAgent, errorCode, eventID
-- tags: identity, incident

SELECT
  min(eventTime) AS assumedAt,
  -- The account of the role knows a foreign caller by his id alone. ARNs come after ids in the alphabet.
  max(coalesce(
    nullif(userIdentity.arn, ''),
    nullif(userIdentity.principalId, ''),
    nullif(userIdentity.userName, ''),
    userIdentity.invokedBy
  )) AS principal,
  max(userIdentity.accountId) AS callerAccount,
  max(eventName) AS eventName,
  max(coalesce(
    requestParameters.roleSessionName,
    split_part(responseElements.assumedRoleUser.assumedRoleId, ':', 2)
  )) AS sessionName,
  max(responseElements.credentials.accessKeyId) AS accessKeyId,
  max(sourceIPAddress) AS sourceIPAddress,
  max(userAgent) AS userAgent,
  max(errorCode) AS errorCode,
  min(eventID) AS eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 'sts.amazonaws.com'
  AND eventName IN ('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity')
  AND (
    requestParameters.roleArn = :role_arn
    -- A refused call has no requestParameters; its message ends with "on resource: ARN".
    OR (
      requestParameters.roleArn IS NULL
      AND split_part(split_part(errorMessage, 'on resource: ', 2), ' ', 1) = :role_arn
    )
  )
GROUP BY coalesce(sharedEventID, eventID)
ORDER BY assumedAt, eventID;
