-- title: Latest calls of people and roles
-- purpose: The last things that were done, newest first, by everybody who has an ARN.
-- store: trail
-- view: Table
-- columns: eventTime, principal, eventSource, eventName, awsRegion, sourceIPAddress, errorCode, eventID

SELECT
  eventTime,
  userIdentity.arn AS principal,
  eventSource,
  eventName,
  awsRegion,
  sourceIPAddress,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND userIdentity.arn IS NOT NULL
ORDER BY eventTime DESC, eventID
LIMIT 50;
