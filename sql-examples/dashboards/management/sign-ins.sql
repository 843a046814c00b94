-- title: Console sign-ins
-- purpose: Who came in, whether he did, and with which second factor.
-- store: trail
-- view: Table
-- columns: eventTime, identity, result, mfaUsed, sourceIPAddress, eventID

SELECT
  eventTime,
  coalesce(userIdentity.userName, userIdentity.arn, userIdentity.type) AS identity,
  element_at(responseElements, 'ConsoleLogin') AS result,
  element_at(additionalEventData, 'MFAUsed') AS mfaUsed,
  sourceIPAddress,
  eventID
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventType = 'AwsConsoleSignIn'
ORDER BY eventTime DESC, eventID
LIMIT 50;
