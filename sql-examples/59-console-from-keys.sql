-- title: Console sessions made from access keys
-- purpose: Asked because keys that leaked from a program can open the console. A hit is a sign-in token or
--   federation session that was made from keys, and by whom. Login brokers of your own are the false positive.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, sessionName, sourceIPAddress, userAgent, accountId, errorCode, eventID
-- tags: lateral movement, identity

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventName,
  element_at(requestParameters, 'name') AS sessionName,
  sourceIPAddress,
  userAgent,
  recipientAccountId AS accountId,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND (
    (eventSource = 'sts.amazonaws.com' AND eventName = 'GetFederationToken')
    OR (eventSource = 'signin.amazonaws.com' AND eventName = 'GetSigninToken')
  )
  -- IAM Identity Center makes such tokens for each of its logins.
  AND strpos(coalesce(userIdentity.arn, ''), 'AWSReservedSSO_') = 0
ORDER BY eventTime, eventID;
