-- title: Deletions in bulk
-- purpose: Asked while something is going on, or was. A hit is a principal who deleted or terminated at least so
--   many things within an hour. Stacks that are torn down do this through CloudFormation, which is left out.
-- store: trail
-- param: deletions number 3 From so many on
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: hour, principal, deletions, differentCalls, services, calls, sourceIPAddress
-- tags: impact, incident

SELECT
  date_trunc('hour', eventTime) AS hour,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  count(*) AS deletions,
  count(DISTINCT eventName) AS differentCalls,
  count(DISTINCT eventSource) AS services,
  array_join(slice(array_sort(array_agg(DISTINCT eventName)), 1, 5), ', ') AS calls,
  max(sourceIPAddress) AS sourceIPAddress
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND regexp_like(eventName, '^(Delete|Terminate|BatchDelete|Purge|Empty|Deregister|ScheduleKeyDeletion)')
  AND errorCode IS NULL
  AND coalesce(userIdentity.invokedBy, '') <> 'cloudformation.amazonaws.com'
GROUP BY 1, 2
HAVING count(*) >= :deletions
ORDER BY deletions DESC, hour, principal;
