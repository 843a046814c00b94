-- title: Roles passed to services
-- purpose: Asked because who may pass a role can act with it. A hit is a role that a principal handed to a
--   function, instance, stack, job or notebook. A role of administrators among them is the way around the rights of
--   the person.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: passedRole, principal, eventNames, uses, firstUse, lastUse
-- tags: privilege escalation, identity

WITH passed AS (
  SELECT
    eventTime,
    coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
    eventName,
    coalesce(
      element_at(requestParameters, 'role'),
      element_at(requestParameters, 'roleArn'),
      element_at(requestParameters, 'roleARN'),
      element_at(requestParameters, 'serviceRole'),
      json_extract_scalar(element_at(requestParameters, 'iamInstanceProfile'), '$.arn'),
      json_extract_scalar(element_at(requestParameters, 'iamInstanceProfile'), '$.name')
    ) AS passedRole
  FROM trail
  WHERE eventTime >= :since
    AND eventTime < :until
    AND errorCode IS NULL
    AND regexp_like(
      eventName,
      '^(RunInstances|AssociateIamInstanceProfile|CreateFunction|UpdateFunctionConfiguration|CreateStack|UpdateStack'
        || '|CreateJob|CreateNotebookInstance|CreateProject|CreateStateMachine|CreatePipeline|CreateDevEndpoint)'
    )
)
SELECT
  passedRole,
  principal,
  array_join(array_sort(array_agg(DISTINCT eventName)), ', ') AS eventNames,
  count(*) AS uses,
  min(eventTime) AS firstUse,
  max(eventTime) AS lastUse
FROM passed
WHERE passedRole IS NOT NULL
GROUP BY passedRole, principal
ORDER BY passedRole, principal;
