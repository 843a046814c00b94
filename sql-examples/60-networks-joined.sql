-- title: Networks joined with those of others
-- purpose: Asked when traffic goes where it should not reach. A hit is a peering, transit attachment, private link
--   or resolver rule that joins networks of this account with another one, or an association that another account
--   asked for.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, otherAccount, detail, sourceIPAddress, accountId, eventID
-- tags: lateral movement, network

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventName,
  coalesce(
    nullif(element_at(requestParameters, 'peerOwnerId'), recipientAccountId),
    json_extract_scalar(element_at(responseElements, 'vpcPeeringConnection'), '$.requesterVpcInfo.ownerId'),
    regexp_extract(element_at(requestParameters, 'serviceName'), 'vpce-svc-[0-9a-f]+')
  ) AS otherAccount,
  coalesce(
    element_at(requestParameters, 'peerVpcId'),
    element_at(requestParameters, 'vpcPeeringConnectionId'),
    element_at(requestParameters, 'transitGatewayId')
  ) AS detail,
  sourceIPAddress,
  recipientAccountId AS accountId,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 'ec2.amazonaws.com'
  AND errorCode IS NULL
  AND (
    (eventName = 'CreateVpcPeeringConnection' AND element_at(requestParameters, 'peerOwnerId') <> recipientAccountId)
    OR (
      eventName = 'AcceptVpcPeeringConnection'
      AND json_extract_scalar(element_at(responseElements, 'vpcPeeringConnection'), '$.requesterVpcInfo.ownerId')
        <> recipientAccountId
    )
    OR eventName IN ('AcceptTransitGatewayVpcAttachment', 'AcceptTransitGatewayPeeringAttachment')
  )
ORDER BY eventTime, eventID;
