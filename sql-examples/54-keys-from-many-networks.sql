-- title: Access keys used from many networks
-- purpose: Asked to find keys that were copied. A hit is a key used from at least so many networks (/24, of IPv6
--   /48); long-lived keys (AKIA) weigh more than sessions. Laptops that travel and functions without a fixed address
--   are the false positives.
-- store: trail
-- param: networks number 3 From so many networks on
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: accessKeyId, principal, networks, addresses, calls, firstCall, lastCall
-- tags: credential access, credentials

WITH used AS (
  SELECT
    eventTime,
    userIdentity.accessKeyId AS accessKeyId,
    coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
    sourceIPAddress,
    -- NULL for names of services, which are no addresses.
    ip_prefix(sourceIPAddress, IF(strpos(sourceIPAddress, ':') > 0, 48, 24)) AS network
  FROM trail
  WHERE eventTime >= :since
    AND eventTime < :until
    AND userIdentity.accessKeyId <> ''
)
SELECT
  accessKeyId,
  max(principal) AS principal,
  count(DISTINCT network) AS networks,
  count(DISTINCT sourceIPAddress) AS addresses,
  count(*) AS calls,
  min(eventTime) AS firstCall,
  max(eventTime) AS lastCall
FROM used
WHERE network IS NOT NULL
GROUP BY accessKeyId
HAVING count(DISTINCT network) >= :networks
ORDER BY networks DESC, accessKeyId;
