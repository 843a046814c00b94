-- title: Changes of policies
-- purpose: Permissions that were given, widened or taken away. A policy that a principal attaches to himself is the
--   classic way up.
-- store: trail
-- view: Table
-- columns: eventTime, principal, eventName, target, policy, errorCode, eventID

SELECT
  eventTime,
  coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
  eventName,
  coalesce(
    element_at(requestParameters, 'userName'),
    element_at(requestParameters, 'roleName'),
    element_at(requestParameters, 'groupName')
  ) AS target,
  coalesce(
    element_at(requestParameters, 'policyArn'),
    element_at(requestParameters, 'policyName')
  ) AS policy,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventSource = 'iam.amazonaws.com'
  AND regexp_like(eventName, '^(Attach|Detach|Put|Delete|Create|Set|Update).*Polic(y|yVersion)$|PermissionsBoundary$')
ORDER BY eventTime DESC, eventID
LIMIT 50;
