-- title: Route table changes
-- purpose: Asked when traffic takes another way than it should. A hit is a table or route that came, went or
--   changed; via tells where packets now go. A default route to an interface or a peer that nobody knows is somebody
--   who listens.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, routeTableId, destination, via, accountId, errorCode, eventID
-- tags: network, ec2, cis 4.13

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventName,
  element_at(requestParameters, 'routeTableId') AS routeTableId,
  coalesce(
    element_at(requestParameters, 'destinationCidrBlock'),
    element_at(requestParameters, 'destinationIpv6CidrBlock'),
    element_at(requestParameters, 'destinationPrefixListId')
  ) AS destination,
  -- The target is the one member whose value is an id that begins with the kind of a target.
  element_at(
    filter(map_values(requestParameters), v -> regexp_like(v, '^(igw|nat|eni|pcx|tgw|vpce|vgw|eigw|i)-')),
    1
  ) AS via,
  recipientAccountId AS accountId,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 'ec2.amazonaws.com'
  AND eventName IN (
    'CreateRoute',
    'CreateRouteTable',
    'ReplaceRoute',
    'ReplaceRouteTableAssociation',
    'DeleteRouteTable',
    'DeleteRoute',
    'DisassociateRouteTable'
  )
ORDER BY eventTime, eventID;
