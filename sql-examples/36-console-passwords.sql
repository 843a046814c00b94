-- title: Console passwords given or reset
-- purpose: Asked when a program user suddenly works in the console. A hit is a password that was made or changed
--   for a user, and by whom. Reset by a help desk is expected; a user with keys only who gets a password is not.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, userName, resetRequired, sourceIPAddress, accountId, errorCode, eventID
-- tags: persistence, identity

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventName,
  element_at(requestParameters, 'userName') AS userName,
  element_at(requestParameters, 'passwordResetRequired') = true AS resetRequired,
  sourceIPAddress,
  recipientAccountId AS accountId,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 'iam.amazonaws.com'
  AND eventName IN ('CreateLoginProfile', 'UpdateLoginProfile')
ORDER BY eventTime, eventID;
