-- title: Changes of security groups and network ACLs
-- purpose: Who changed what may reach what. Changes outside of the deployment tool are the ones to read.
-- store: trail
-- view: Table
-- columns: eventTime, principal, eventName, target, errorCode, eventID

SELECT
  eventTime,
  coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
  eventName,
  coalesce(
    element_at(requestParameters, 'groupId'),
    element_at(requestParameters, 'networkAclId'),
    element_at(requestParameters, 'groupName')
  ) AS target,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventSource = 'ec2.amazonaws.com'
  AND regexp_like(eventName, '^(Authorize|Revoke|Create|Delete|Modify|Replace).*(SecurityGroup|NetworkAcl)')
ORDER BY eventTime DESC, eventID
LIMIT 50;
