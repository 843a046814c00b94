-- title: Security group changes
-- purpose: Asked when something is reachable that should not be. Shows every change of a group or its rules, and
--   other groups being put on an instance or a network interface; openToWorld marks rules that let in every
--   address, which for ports 80 and 443 of a public service is as it should be. Attempts that failed have an
--   errorCode.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, target, openToWorld, change, sourceIPAddress, awsRegion,
--   accountId, errorCode, eventID
-- tags: network, ec2, cis 4.10

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventName,
  coalesce(
    requestParameters.groupId,
    requestParameters.ModifySecurityGroupRulesRequest.GroupId,
    responseElements.groupId,
    requestParameters.groupName,
    requestParameters.networkInterfaceId,
    requestParameters.instanceId
  ) AS target,
  -- Two halves of the address space are the whole of it, too.
  (eventName LIKE 'Authorize%' OR eventName = 'ModifySecurityGroupRules') AND coalesce(
    requestParameters LIKE '%"0.0.0.0/0"%'
      OR requestParameters LIKE '%"::/0"%'
      OR requestParameters LIKE '%"0.0.0.0/1"%'
      OR requestParameters LIKE '%"128.0.0.0/1"%',
    false
  ) AS openToWorld,
  coalesce(requestParameters.ipPermissions, requestParameters) AS change,
  sourceIPAddress,
  awsRegion,
  recipientAccountId AS accountId,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 'ec2.amazonaws.com'
  AND (
    (eventName LIKE '%SecurityGroup%' AND eventName NOT LIKE 'Describe%' AND eventName NOT LIKE 'Get%')
    OR (
      eventName IN ('ModifyNetworkInterfaceAttribute', 'ModifyInstanceAttribute')
      AND nullif(requestParameters.groupSet, '{}') IS NOT NULL
    )
  )
ORDER BY eventTime, eventID;
