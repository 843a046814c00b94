-- title: Bursts of different read calls
-- purpose: Asked to find somebody who maps the account. A hit is a principal who made at least so many different
--   list, get and describe calls within ten minutes. Inventory and compliance tools do this by design: leave them out
--   by name once they are known.
-- store: trail
-- param: different_calls number 4 From so many different calls on
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: burst, principal, differentCalls, calls, services, refused, sourceIPAddress
-- tags: discovery

WITH reads AS (
  SELECT
    -- Ten minutes, as whole ones since 1970.
    from_unixtime(floor(to_unixtime(eventTime) / 600) * 600) AS burst,
    coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
    eventSource,
    eventName,
    errorCode,
    sourceIPAddress
  FROM trail
  WHERE eventTime >= :since
    AND eventTime < :until
    AND regexp_like(eventName, '^(List|Get|Describe|Head|Lookup|Search)')
    AND userIdentity.type IS DISTINCT FROM 'AWSService'
)
SELECT
  burst,
  principal,
  count(DISTINCT concat(eventSource, eventName)) AS differentCalls,
  count(*) AS calls,
  count(DISTINCT eventSource) AS services,
  count_if(errorCode IS NOT NULL) AS refused,
  max(sourceIPAddress) AS sourceIPAddress
FROM reads
GROUP BY burst, principal
HAVING count(DISTINCT concat(eventSource, eventName)) >= :different_calls
ORDER BY differentCalls DESC, burst, principal;
