-- title: Network ACL changes
-- purpose: Asked when traffic passes that should not, or no longer passes. A hit is an ACL or one of its entries
--   that came, went or changed; fromAnywhere marks an entry that lets in every address. Subnets that are moved
--   between ACLs by a deployment are the expected source.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, networkAclId, ruleNumber, ruleAction, fromAnywhere, accountId,
--   errorCode, eventID
-- tags: network, ec2, cis 4.11

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventName,
  coalesce(
    element_at(requestParameters, 'networkAclId'),
    json_extract_scalar(element_at(responseElements, 'networkAcl'), '$.networkAclId')
  ) AS networkAclId,
  try_cast(element_at(requestParameters, 'ruleNumber') AS bigint) AS ruleNumber,
  element_at(requestParameters, 'ruleAction') AS ruleAction,
  coalesce(
    element_at(requestParameters, 'egress') = false
      AND element_at(requestParameters, 'ruleAction') = 'allow'
      AND coalesce(element_at(requestParameters, 'cidrBlock'), element_at(requestParameters, 'ipv6CidrBlock'))
        IN ('0.0.0.0/0', '::/0'),
    false
  ) AS fromAnywhere,
  recipientAccountId AS accountId,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 'ec2.amazonaws.com'
  AND eventName IN (
    'CreateNetworkAcl',
    'CreateNetworkAclEntry',
    'DeleteNetworkAcl',
    'DeleteNetworkAclEntry',
    'ReplaceNetworkAclEntry',
    'ReplaceNetworkAclAssociation'
  )
ORDER BY eventTime, eventID;
