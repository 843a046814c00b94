-- title: Everything that mentions a word
-- purpose: Asked with a name, address, key id or ARN in hand and nothing else. A hit is an event that has the text
--   in any of its fields, as caller, target, parameter or message. Short words are found inside of others.
-- store: trail
-- param: text text 'zoe-temp' What to look for
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventSource, eventName, awsRegion, sourceIPAddress, errorCode, eventID
-- tags: access review, incident, search

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventSource,
  eventName,
  awsRegion,
  sourceIPAddress,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND mentions(:text)
ORDER BY eventTime, eventID;
