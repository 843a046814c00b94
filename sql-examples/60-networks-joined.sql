-- title: Networks joined with those of others
-- purpose: Asked when traffic goes where it should not reach. A hit is a peering with another account that was
--   asked for or accepted, or an attachment to a transit gateway that was accepted. A shared network account accepts
--   attachments by design.
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
    json_extract_scalar(element_at(responseElements, 'vpcPeeringConnection'), '$.requesterVpcInfo.ownerId')
  ) AS otherAccount,
  coalesce(
    element_at(requestParameters, 'peerVpcId'),
    element_at(requestParameters, 'vpcPeeringConnectionId'),
    requestParameters.AcceptTransitGatewayVpcAttachmentRequest.TransitGatewayAttachmentId,
    requestParameters.AcceptTransitGatewayPeeringAttachmentRequest.TransitGatewayAttachmentId
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
