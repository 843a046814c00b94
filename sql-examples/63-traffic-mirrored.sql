-- title: Traffic copied from network interfaces
-- purpose: Asked when somebody may be listening. A hit is a mirror session or target that was made or changed,
--   tried or done; filters alone copy nothing. Network monitoring is set up once and known.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, networkInterfaceId, targetId, sourceIPAddress, accountId, errorCode,
--   eventID
-- tags: collection, network

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventName,
  coalesce(
    requestParameters.CreateTrafficMirrorSessionRequest.NetworkInterfaceId,
    requestParameters.CreateTrafficMirrorTargetRequest.NetworkInterfaceId
  ) AS networkInterfaceId,
  coalesce(
    requestParameters.CreateTrafficMirrorSessionRequest.TrafficMirrorTargetId,
    requestParameters.ModifyTrafficMirrorSessionRequest.TrafficMirrorTargetId
  ) AS targetId,
  sourceIPAddress,
  recipientAccountId AS accountId,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 'ec2.amazonaws.com'
  AND regexp_like(eventName, '^(Create|Modify)TrafficMirror(Session|Target)$')
ORDER BY eventTime, eventID;
