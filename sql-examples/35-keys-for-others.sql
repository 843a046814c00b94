-- title: Access keys made for somebody else
-- purpose: Asked after a break-in: keys of another user are how an intruder stays. A hit is a key that its maker
--   made for a user other than himself. Administrators who set up programs are the false positives; there should be
--   few.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, userName, newAccessKeyId, sourceIPAddress, accountId, eventID
-- tags: persistence, credentials

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  element_at(requestParameters, 'userName') AS userName,
  json_extract_scalar(element_at(responseElements, 'accessKey'), '$.accessKeyId') AS newAccessKeyId,
  sourceIPAddress,
  recipientAccountId AS accountId,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 'iam.amazonaws.com'
  AND eventName = 'CreateAccessKey'
  AND errorCode IS NULL
  AND element_at(requestParameters, 'userName') IS DISTINCT FROM coalesce(userIdentity.userName, '')
  -- Without a name the key is for the caller.
  AND element_at(requestParameters, 'userName') IS NOT NULL
ORDER BY eventTime, eventID;
