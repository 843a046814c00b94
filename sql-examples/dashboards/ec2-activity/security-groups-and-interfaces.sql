-- title: Changes of security groups and network interfaces
-- purpose: What was opened, closed or attached, and by whom.
-- store: trail
-- view: Table
-- columns: eventTime, principal, eventName, groupId, networkInterfaceId, errorCode, eventID

SELECT
  eventTime,
  coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
  eventName,
  element_at(requestParameters, 'groupId') AS groupId,
  element_at(requestParameters, 'networkInterfaceId') AS networkInterfaceId,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventSource = 'ec2.amazonaws.com'
  AND readOnly = false
  AND regexp_like(eventName, 'SecurityGroup|NetworkInterface')
ORDER BY eventTime DESC, eventID
LIMIT 50;
