-- title: Sending of mail set up or raised
-- purpose: Asked when mail of strangers bears your name. A hit is an identity, domain or limit of SES that was made
--   or changed, or sending being switched on. It is set up once and then left alone.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, identity, sourceIPAddress, awsRegion, accountId, errorCode, eventID
-- tags: impact, ses

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventName,
  coalesce(
    element_at(requestParameters, 'emailIdentity'),
    element_at(requestParameters, 'emailAddress'),
    element_at(requestParameters, 'identity'),
    element_at(requestParameters, 'domain')
  ) AS identity,
  sourceIPAddress,
  awsRegion,
  recipientAccountId AS accountId,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 'ses.amazonaws.com'
  AND (
    regexp_like(eventName, '^(Create|Verify).*(Identity|Email)')
    OR eventName IN ('PutAccountDetails', 'PutAccountSendingAttributes', 'UpdateAccountSendingEnabled')
  )
ORDER BY eventTime, eventID;
