-- title: Commands and sessions on instances
-- purpose: Asked when something ran on a machine and nobody logged in. A hit is a command, session or automation
--   that Systems Manager or ECS Exec carried to an instance or container. Patching by a maintenance window is
--   expected; what a person sends is to be read.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, document, targets, sourceIPAddress, accountId, errorCode, eventID
-- tags: execution, ssm

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventName,
  coalesce(
    element_at(requestParameters, 'documentName'),
    element_at(requestParameters, 'command')
  ) AS document,
  coalesce(
    element_at(requestParameters, 'instanceIds'),
    element_at(requestParameters, 'targets'),
    element_at(requestParameters, 'target'),
    element_at(requestParameters, 'task')
  ) AS targets,
  sourceIPAddress,
  recipientAccountId AS accountId,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND (eventSource, eventName) IN (
    ('ssm.amazonaws.com', 'SendCommand'),
    ('ssm.amazonaws.com', 'StartSession'),
    ('ssm.amazonaws.com', 'StartAutomationExecution'),
    ('ssm.amazonaws.com', 'CreateAssociation'),
    ('ecs.amazonaws.com', 'ExecuteCommand')
  )
ORDER BY eventTime, eventID;
