-- title: Passwords of Windows instances fetched
-- purpose: Asked when somebody may have come into a Windows machine. A hit is a call for the administrator password
--   of an instance, refused ones too; many instances in a row are a search.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: principal, instances, calls, refused, sourceIPAddresses, firstCall, lastCall
-- tags: credential access, ec2

SELECT
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  count(DISTINCT element_at(requestParameters, 'instanceId')) AS instances,
  count(*) AS calls,
  count_if(errorCode IS NOT NULL) AS refused,
  array_join(array_sort(array_agg(DISTINCT sourceIPAddress)), ', ') AS sourceIPAddresses,
  min(eventTime) AS firstCall,
  max(eventTime) AS lastCall
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 'ec2.amazonaws.com'
  AND eventName = 'GetPasswordData'
GROUP BY 1
ORDER BY instances DESC, principal;
