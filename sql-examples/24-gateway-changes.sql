-- title: Network gateway changes
-- purpose: Asked when a network may have got a way out. A hit is a customer, internet, NAT or VPN gateway that
--   came, went or was attached, tried or done. New VPCs of a deployment bring gateways with them, which is expected.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, gatewayId, vpcId, sourceIPAddress, awsRegion, accountId, errorCode,
--   eventID
-- tags: network, ec2, cis 4.12

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventName,
  coalesce(
    element_at(requestParameters, 'internetGatewayId'),
    element_at(requestParameters, 'customerGatewayId'),
    element_at(requestParameters, 'vpnGatewayId'),
    json_extract_scalar(element_at(responseElements, 'internetGateway'), '$.internetGatewayId'),
    json_extract_scalar(element_at(responseElements, 'customerGateway'), '$.customerGatewayId'),
    json_extract_scalar(element_at(responseElements, 'CreateNatGatewayResponse'), '$.natGateway.natGatewayId')
  ) AS gatewayId,
  element_at(requestParameters, 'vpcId') AS vpcId,
  sourceIPAddress,
  awsRegion,
  recipientAccountId AS accountId,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 'ec2.amazonaws.com'
  AND regexp_like(eventName, '^(Create|Delete|Attach|Detach)(Customer|Internet|EgressOnlyInternet|Nat|Vpn)Gateway$')
ORDER BY eventTime, eventID;
