-- title: Calls of EC2 as root
-- purpose: What was done with instances and networks as root. There is no good reason for any of it.
-- store: trail
-- view: Table
-- columns: eventTime, accountId, eventName, awsRegion, sourceIPAddress, errorCode, eventID

SELECT
  eventTime,
  userIdentity.accountId AS accountId,
  eventName,
  awsRegion,
  sourceIPAddress,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventSource = 'ec2.amazonaws.com'
  AND userIdentity.type = 'Root'
  AND userIdentity.invokedBy IS NULL
ORDER BY eventTime DESC, eventID
LIMIT 50;
