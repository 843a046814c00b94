-- title: Changes of Lambda code and what it runs with
-- purpose: Asked when a function may do more than it should. A hit is new code, a new layer, another role or other
--   environment of a function. Pipelines are expected; a person who updates code of production past the pipeline is
--   not.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, functionName, role, layers, sourceIPAddress, accountId, errorCode,
--   eventID
-- tags: execution, persistence, lambda

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventName,
  coalesce(
    element_at(responseElements, 'functionName'),
    regexp_replace(element_at(requestParameters, 'functionName'), '^arn:.*:function:')
  ) AS functionName,
  element_at(requestParameters, 'role') AS role,
  element_at(requestParameters, 'layers') AS layers,
  sourceIPAddress,
  recipientAccountId AS accountId,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 'lambda.amazonaws.com'
  -- Lambda writes the version of its API behind the name: UpdateFunctionCode20150331v2.
  AND regexp_like(eventName, '^(CreateFunction|UpdateFunctionCode|UpdateFunctionConfiguration|PublishLayerVersion)')
ORDER BY eventTime, eventID;
