-- title: Regions used for the first time
-- purpose: Asked to find miners and hidden infrastructure, which go where nobody looks. A hit is a region of an
--   account in which somebody made a change, or tried to, and no change had succeeded there since the baseline
--   began. Reads do not count, since inventory tools read everywhere, nor does what AWS services do by themselves.
-- store: trail
-- param: baseline timestamp '2025-10-01' Start of the history that tells what is known; further back is surer
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: accountId, awsRegion, firstChange, changes, failed, principals, eventNames
-- tags: resources, cryptomining

SELECT
  recipientAccountId AS accountId,
  awsRegion,
  min(eventTime) FILTER (WHERE eventTime >= :since) AS firstChange,
  count_if(eventTime >= :since AND errorCode IS NULL) AS changes,
  count_if(eventTime >= :since AND errorCode IS NOT NULL) AS failed,
  count(DISTINCT coalesce(nullif(userIdentity.arn, ''), userIdentity.principalId))
    FILTER (WHERE eventTime >= :since) AS principals,
  string_agg(DISTINCT eventName, ', ' ORDER BY eventName) FILTER (WHERE eventTime >= :since) AS eventNames
FROM trail
WHERE eventTime >= :baseline
  AND eventTime < :until
  -- Events before version 1.05 do not say whether they only read.
  AND NOT coalesce(
    readOnly,
    eventName LIKE 'Get%' OR eventName LIKE 'List%' OR eventName LIKE 'Describe%' OR eventName LIKE 'Head%'
  )
  AND (userIdentity.type IS DISTINCT FROM 'AWSService')
  AND (eventType IS DISTINCT FROM 'AwsServiceEvent')
  -- People sign in at the region that is nearest to them.
  AND (eventSource IS DISTINCT FROM 'signin.amazonaws.com')
GROUP BY recipientAccountId, awsRegion
HAVING count_if(eventTime < :since AND errorCode IS NULL) = 0
  AND count_if(eventTime >= :since) > 0
ORDER BY firstChange, accountId, awsRegion;
