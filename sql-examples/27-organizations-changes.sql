-- title: Changes of the organization
-- purpose: Asked because who rules the organization rules every account. A hit is an account, unit, policy, trusted
--   service or delegated administrator that changed, tried or done. Landing zones create and move accounts, which is
--   expected; taking off a policy or leaving is not.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, target, policyId, sourceIPAddress, accountId, errorCode, eventID
-- tags: organizations, cis 4.15

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventName,
  coalesce(
    element_at(requestParameters, 'accountId'),
    element_at(requestParameters, 'targetId'),
    element_at(requestParameters, 'accountName'),
    element_at(requestParameters, 'servicePrincipal'),
    element_at(requestParameters, 'organizationalUnitId'),
    json_extract_scalar(element_at(requestParameters, 'target'), '$.id')
  ) AS target,
  element_at(requestParameters, 'policyId') AS policyId,
  sourceIPAddress,
  recipientAccountId AS accountId,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 'organizations.amazonaws.com'
  -- Events before version 1.05 have no readOnly, so names decide.
  AND NOT regexp_like(eventName, '^(List|Describe)')
ORDER BY eventTime, eventID;
