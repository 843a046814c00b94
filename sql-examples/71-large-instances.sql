-- title: Large and accelerated instances started
-- purpose: Asked when the bill jumps. A hit is a start of instances with accelerators or of a very large size,
--   tried or done. Teams that train models are expected; a failed series through all regions is a miner.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: principal, instanceType, awsRegion, started, refused, errorCodes, firstCall, lastCall
-- tags: impact, cryptomining, cost

SELECT
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  element_at(requestParameters, 'instanceType') AS instanceType,
  awsRegion,
  sum(IF(errorCode IS NULL, coalesce(cardinality(
    CAST(json_extract(element_at(responseElements, 'instancesSet'), '$.items') AS array(json))
  ), 1), 0)) AS started,
  count_if(errorCode IS NOT NULL) AS refused,
  array_join(array_sort(array_agg(DISTINCT errorCode) FILTER (WHERE errorCode IS NOT NULL)), ', ') AS errorCodes,
  min(eventTime) AS firstCall,
  max(eventTime) AS lastCall
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 'ec2.amazonaws.com'
  AND eventName IN ('RunInstances', 'RequestSpotInstances', 'CreateFleet')
  AND regexp_like(
    element_at(requestParameters, 'instanceType'),
    '^(p|g|inf|trn|dl|vt)[0-9]|\.(metal|(12|16|24|32|48)xlarge)'
  )
GROUP BY 1, 2, 3
ORDER BY firstCall, principal, instanceType;
