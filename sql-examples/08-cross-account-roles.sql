-- title: Roles used across accounts
-- purpose: Asked to see which accounts come in, and where one's own people go. A hit is one account that used, or
--   tried to use, a role of another account; an account nobody knows is the alarm. Both accounts log a use, which
--   counts once here. Vendors and a deployment account are what is expected.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: callerAccount, roleArn, used, refused, callers, exampleCaller, addresses, firstSeen, lastSeen
-- tags: identity, lateral movement

WITH assumed AS (
  SELECT
    eventTime,
    coalesce(sharedEventID, eventID) AS useID,
    userIdentity.accountId AS callerAccount,
    -- A refused call has no requestParameters; its message ends with "on resource: ARN".
    coalesce(
      requestParameters.roleArn,
      nullif(split_part(split_part(errorMessage, 'on resource: ', 2), ' ', 1), '')
    ) AS roleArn,
    userIdentity.principalId AS callerID,
    -- The account of the role knows the caller by his id alone. ARNs come after ids in the alphabet.
    coalesce(nullif(userIdentity.arn, ''), userIdentity.principalId) AS caller,
    sourceIPAddress,
    errorCode
  FROM trail
  WHERE eventTime >= :since
    AND eventTime < :until
    AND eventSource = 'sts.amazonaws.com'
    AND eventName = 'AssumeRole'
)
SELECT
  callerAccount,
  roleArn,
  count(DISTINCT CASE WHEN errorCode IS NULL THEN useID END) AS used,
  count(DISTINCT CASE WHEN errorCode IS NOT NULL THEN useID END) AS refused,
  count(DISTINCT callerID) AS callers,
  max(caller) AS exampleCaller,
  count(DISTINCT sourceIPAddress) AS addresses,
  min(eventTime) AS firstSeen,
  max(eventTime) AS lastSeen
FROM assumed
-- Services that use a role have no account and drop out here.
WHERE callerAccount <> split_part(roleArn, ':', 5)
GROUP BY callerAccount, roleArn
ORDER BY firstSeen, callerAccount, roleArn;
