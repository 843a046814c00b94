-- title: Roles taken on from roles
-- purpose: Asked to see how far a foothold reaches. A hit is a role from whose session another role was taken on;
--   roles that differ much in power are the finding. Deployment and inventory tools chain roles by design.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: fromRole, toRole, uses, refused, sessions, firstUse, lastUse
-- tags: privilege escalation, lateral movement

SELECT
  userIdentity.sessionContext.sessionIssuer.arn AS fromRole,
  coalesce(
    element_at(requestParameters, 'roleArn'),
    regexp_extract(errorMessage, 'on resource: (\S+)', 1)
  ) AS toRole,
  count_if(errorCode IS NULL) AS uses,
  count_if(errorCode IS NOT NULL) AS refused,
  approx_distinct(userIdentity.arn) AS sessions,
  min(eventTime) AS firstUse,
  max(eventTime) AS lastUse
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 'sts.amazonaws.com'
  AND eventName = 'AssumeRole'
  AND userIdentity.type = 'AssumedRole'
GROUP BY 1, 2
ORDER BY firstUse, fromRole, toRole;
