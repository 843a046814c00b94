-- title: Who launches instances
-- purpose: Principals that launched instances, how many, of which types. Large types from a person who never
--   launches are the alarm.
-- store: trail
-- view: BarChart label=principal value=instances
-- columns: principal, launches, instances, instanceTypes, regions

SELECT
  coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
  count(*) AS launches,
  sum(coalesce(
    try_cast(json_extract_scalar(element_at(requestParameters, 'instancesSet'), '$.items[0].maxCount') AS bigint),
    1
  )) AS instances,
  array_join(array_sort(array_agg(DISTINCT element_at(requestParameters, 'instanceType'))), ', ') AS instanceTypes,
  count(DISTINCT awsRegion) AS regions
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventSource = 'ec2.amazonaws.com'
  AND eventName = 'RunInstances'
  AND errorCode IS NULL
GROUP BY 1
ORDER BY instances DESC, principal
LIMIT 20;
