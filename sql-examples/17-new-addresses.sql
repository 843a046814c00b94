-- title: Addresses that a principal came from for the first time
-- purpose: Asked to tell stolen credentials from their owner. A hit is a principal at an address from which it made
--   no call since the baseline began; knownBefore false means that the principal itself is new, so that every
--   address is. Roles of instances and functions, and people on the road, are the usual false positives.
-- store: trail
-- param: baseline timestamp '2025-10-01' Start of the history that tells what is known
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: principal, sourceIPAddress, knownBefore, calls, failed, differentCalls, firstSeen, lastSeen
-- tags: identity, anomaly

WITH places AS (
  SELECT
    CASE
      -- Many people share the roles of IAM Identity Center; the session tells who it is.
      WHEN strpos(userIdentity.sessionContext.sessionIssuer.arn, 'AWSReservedSSO_') > 0 THEN userIdentity.arn
      ELSE coalesce(
        nullif(userIdentity.sessionContext.sessionIssuer.arn, ''),
        nullif(userIdentity.arn, ''),
        nullif(userIdentity.principalId, ''),
        userIdentity.onBehalfOf.userId,
        nullif(userIdentity.userName, ''),
        'unknown'
      )
    END AS principal,
    sourceIPAddress,
    count_if(eventTime >= :since) AS calls,
    count_if(eventTime >= :since AND (errorCode IS NOT NULL OR errorMessage IS NOT NULL)) AS failed,
    count(DISTINCT concat(eventSource, ' ', eventName)) AS differentCalls,
    min(eventTime) AS firstSeen,
    max(eventTime) AS lastSeen
  FROM trail
  WHERE eventTime >= :baseline
    AND eventTime < :until
    AND (userIdentity.type IS DISTINCT FROM 'AWSService')
    -- Addresses only; services call by their names.
    AND regexp_like(sourceIPAddress, '^[0-9A-Fa-f:.*]+$')
  GROUP BY 1, 2
), principals AS (
  SELECT principal, min(firstSeen) AS firstSeen
  FROM places
  GROUP BY principal
)
SELECT
  places.principal,
  places.sourceIPAddress,
  principals.firstSeen < :since AS knownBefore,
  places.calls,
  places.failed,
  places.differentCalls,
  places.firstSeen,
  places.lastSeen
FROM places
JOIN principals ON principals.principal = places.principal
WHERE places.firstSeen >= :since
ORDER BY knownBefore DESC, places.firstSeen, places.principal, places.sourceIPAddress;
