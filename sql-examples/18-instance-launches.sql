-- title: Instances launched by new principals
-- purpose: Asked when the bill jumps, and to find miners. A hit is a launch, done or tried, by somebody who had
--   launched nothing since the baseline began; large types, odd regions and limit errors are the alarm. New
--   deployments and new autoscaling roles are the usual false positives. Shows the first of the instances.
-- store: trail
-- param: baseline timestamp '2025-10-01' Start of the history that tells who launches instances
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, instanceType, maxCount, imageId, instanceId, sourceIPAddress,
--   awsRegion, accountId, errorCode, eventID
-- tags: ec2, cryptomining, resources

WITH launches AS (
  SELECT
    eventTime,
    coalesce(
      nullif(userIdentity.sessionContext.sessionIssuer.arn, ''),
      nullif(userIdentity.arn, ''),
      nullif(userIdentity.principalId, ''),
      userIdentity.invokedBy,
      'unknown'
    ) AS principal,
    eventName,
    -- Some requests have {"value": TYPE}.
    coalesce(
      json_extract_scalar(requestParameters, '$.instanceType'),
      requestParameters.instanceType.value,
      responseElements.instancesSet.items[1].instanceType,
      requestParameters.launchSpecification.instanceType
    ) AS instanceType,
    coalesce(requestParameters.instancesSet.items[1].maxCount, requestParameters.instanceCount) AS maxCount,
    coalesce(
      requestParameters.instancesSet.items[1].imageId,
      responseElements.instancesSet.items[1].imageId,
      requestParameters.launchSpecification.imageId
    ) AS imageId,
    responseElements.instancesSet.items[1].instanceId AS instanceId,
    sourceIPAddress,
    awsRegion,
    recipientAccountId AS accountId,
    errorCode,
    eventID
  FROM trail
  WHERE eventTime >= :baseline
    AND eventTime < :until
    AND eventSource = 'ec2.amazonaws.com'
    AND eventName IN ('RunInstances', 'RequestSpotInstances', 'RequestSpotFleet', 'CreateFleet')
)
SELECT
  eventTime,
  principal,
  eventName,
  instanceType,
  maxCount,
  imageId,
  instanceId,
  sourceIPAddress,
  awsRegion,
  accountId,
  errorCode,
  eventID
FROM launches
WHERE eventTime >= :since
  AND NOT EXISTS (
    SELECT 1
    FROM launches AS earlier
    WHERE earlier.principal = launches.principal
      AND earlier.eventTime < :since
      AND earlier.errorCode IS NULL
  )
ORDER BY eventTime, eventID;
