-- title: VPC changes
-- purpose: Asked when networks appear, vanish or grow together. A hit is a VPC that was made, changed or deleted,
--   or a peering or classic link. A peering with another account shows by its peerAccount.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, vpcId, peerVpcId, peerAccount, accountId, errorCode, eventID
-- tags: network, ec2, cis 4.14

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventName,
  coalesce(
    element_at(requestParameters, 'vpcId'),
    json_extract_scalar(element_at(responseElements, 'vpc'), '$.vpcId')
  ) AS vpcId,
  element_at(requestParameters, 'peerVpcId') AS peerVpcId,
  nullif(element_at(requestParameters, 'peerOwnerId'), recipientAccountId) AS peerAccount,
  recipientAccountId AS accountId,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 'ec2.amazonaws.com'
  AND eventName IN (
    'CreateVpc',
    'DeleteVpc',
    'ModifyVpcAttribute',
    'CreateVpcPeeringConnection',
    'AcceptVpcPeeringConnection',
    'RejectVpcPeeringConnection',
    'DeleteVpcPeeringConnection',
    'AttachClassicLinkVpc',
    'DetachClassicLinkVpc',
    'EnableVpcClassicLink',
    'DisableVpcClassicLink'
  )
ORDER BY eventTime, eventID;
