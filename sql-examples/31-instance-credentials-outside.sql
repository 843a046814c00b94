-- title: Credentials of an instance used from elsewhere
-- purpose: Asked when the metadata service may have been read by a stranger. A hit is an instance role that calls
--   from a public address outside of your network: its credentials were carried away. Instances behind a NAT gateway
--   of another network are false positives: name that network.
-- store: trail
-- param: own_networks text '198.51.100.0/24,192.0.2.0/28' Networks from which instances reach the Internet, with
--   commas and no blanks
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: principal, instanceId, sourceIPAddress, calls, differentCalls, refused, firstCall, lastCall
-- tags: initial access, credential access, ec2

SELECT
  userIdentity.sessionContext.sessionIssuer.arn AS principal,
  -- The name of such a session is the id of its instance.
  split_part(userIdentity.principalId, ':', 2) AS instanceId,
  sourceIPAddress,
  count(*) AS calls,
  count(DISTINCT eventName) AS differentCalls,
  count_if(errorCode IS NOT NULL) AS refused,
  min(eventTime) AS firstCall,
  max(eventTime) AS lastCall
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND userIdentity.type = 'AssumedRole'
  AND regexp_like(userIdentity.principalId, ':i-[0-9a-f]{8,17}$')
  -- Names of services, and AWS Internal, are no addresses: both are NULL then, and the row drops out.
  AND NOT is_private_ip(sourceIPAddress)
  AND NOT ip_in(sourceIPAddress, split(:own_networks, ','))
GROUP BY 1, 2, 3
ORDER BY firstCall, instanceId, sourceIPAddress;
