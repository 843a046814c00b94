-- title: Access keys used from many networks
-- purpose: Asked to find keys that were copied. A hit is a key used from at least so many networks of 256
--   addresses; long-lived keys (AKIA) weigh more than sessions. Laptops that travel and functions without a fixed
--   address are the false positives.
-- store: trail
-- param: networks number 3 From so many networks on
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: accessKeyId, principal, networks, addresses, calls, firstCall, lastCall
-- tags: credential access, credentials

SELECT
  userIdentity.accessKeyId AS accessKeyId,
  max(coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy)) AS principal,
  count(DISTINCT regexp_extract(sourceIPAddress, '^[0-9]+\.[0-9]+\.[0-9]+')) AS networks,
  count(DISTINCT sourceIPAddress) AS addresses,
  count(*) AS calls,
  min(eventTime) AS firstCall,
  max(eventTime) AS lastCall
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND userIdentity.accessKeyId <> ''
  AND regexp_like(sourceIPAddress, '^[0-9]+(\.[0-9]+){3}$')
GROUP BY userIdentity.accessKeyId
HAVING count(DISTINCT regexp_extract(sourceIPAddress, '^[0-9]+\.[0-9]+\.[0-9]+')) >= :networks
ORDER BY networks DESC, accessKeyId;
