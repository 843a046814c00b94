-- title: Who started, stopped or terminated an instance
-- purpose: Asked when a machine is gone. A hit is one call that names the instance, with the state before and after
--   it as EC2 told it. A group that scales does it through a service.
-- store: trail
-- param: instance_id text 'i-0a1b2c3d4e5f60718' Id of the instance
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, instanceId, previousState, currentState, sourceIPAddress, errorCode,
--   eventID
-- tags: operations, ec2

WITH calls AS (
  SELECT
    eventTime,
    coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
    eventName,
    -- The answer lists instances with their states; a refused call has none, then the request names them.
    CAST(
      json_extract(
        coalesce(element_at(responseElements, 'instancesSet'), element_at(requestParameters, 'instancesSet')),
        '$.items'
      ) AS array(json)
    ) AS instances,
    sourceIPAddress,
    errorCode,
    eventID
  FROM trail
  WHERE eventTime >= :since
    AND eventTime < :until
    AND eventSource = 'ec2.amazonaws.com'
    AND eventName IN ('RunInstances', 'StartInstances', 'StopInstances', 'RebootInstances', 'TerminateInstances')
)
SELECT
  eventTime,
  principal,
  eventName,
  json_extract_scalar(instance, '$.instanceId') AS instanceId,
  json_extract_scalar(instance, '$.previousState.name') AS previousState,
  coalesce(
    json_extract_scalar(instance, '$.currentState.name'),
    json_extract_scalar(instance, '$.instanceState.name')
  ) AS currentState,
  sourceIPAddress,
  errorCode,
  eventID
FROM calls
CROSS JOIN UNNEST(instances) AS t(instance)
WHERE json_extract_scalar(instance, '$.instanceId') = :instance_id
ORDER BY eventTime, eventID;
