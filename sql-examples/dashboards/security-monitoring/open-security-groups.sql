-- title: Security groups opened to every address
-- purpose: Rules that let in the whole Internet. Ports 80 and 443 of a public service are as they should be;
--   administration and database ports are not.
-- store: trail
-- view: Table
-- columns: eventTime, principal, groupId, fromPort, toPort, awsRegion, eventID

SELECT
  eventTime,
  coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
  element_at(requestParameters, 'groupId') AS groupId,
  json_extract_scalar(element_at(requestParameters, 'ipPermissions'), '$.items[0].fromPort') AS fromPort,
  json_extract_scalar(element_at(requestParameters, 'ipPermissions'), '$.items[0].toPort') AS toPort,
  awsRegion,
  eventID
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventSource = 'ec2.amazonaws.com'
  AND eventName IN ('AuthorizeSecurityGroupIngress', 'ModifySecurityGroupRules')
  AND regexp_like(eventJson, '"(0\.0\.0\.0/0|::/0)"')
  AND errorCode IS NULL
ORDER BY eventTime DESC, eventID
LIMIT 50;
