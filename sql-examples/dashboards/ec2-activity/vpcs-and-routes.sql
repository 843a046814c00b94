-- title: Changes of VPCs, subnets, gateways and routes
-- purpose: What changed in the ways that packets can take. A new gateway or peering opens a way out.
-- store: trail
-- view: Table
-- columns: eventTime, principal, eventName, vpcId, detail, errorCode, eventID

SELECT
  eventTime,
  coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
  eventName,
  coalesce(
    element_at(requestParameters, 'vpcId'),
    json_extract_scalar(element_at(responseElements, 'vpc'), '$.vpcId')
  ) AS vpcId,
  coalesce(
    element_at(requestParameters, 'destinationCidrBlock'),
    element_at(requestParameters, 'cidrBlock'),
    element_at(requestParameters, 'routeTableId'),
    element_at(requestParameters, 'internetGatewayId')
  ) AS detail,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventSource = 'ec2.amazonaws.com'
  AND readOnly = false
  AND regexp_like(eventName, 'Vpc|Subnet|Route|Gateway|TransitGateway')
ORDER BY eventTime DESC, eventID
LIMIT 50;
