-- title: Refused calls by principal
-- purpose: Asked to see who feels his way around: stolen credentials show by many different calls being refused
--   in a short time. Few different calls, refused again and again for weeks, are mostly a broken deployment.
--   Sessions of a role are counted together, under the role.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: principal, refusals, differentCalls, services, sessions, addresses, firstRefusal, lastRefusal
-- tags: access, discovery, cis 4.1

SELECT
  coalesce(
    nullif(userIdentity.sessionContext.sessionIssuer.arn, ''),
    nullif(userIdentity.arn, ''),
    nullif(userIdentity.principalId, ''),
    userIdentity.onBehalfOf.userId,
    nullif(userIdentity.userName, ''),
    userIdentity.invokedBy,
    userIdentity.accountId,
    'unknown'
  ) AS principal,
  count(*) AS refusals,
  count(DISTINCT concat(eventSource, ' ', eventName)) AS differentCalls,
  count(DISTINCT eventSource) AS services,
  count(DISTINCT userIdentity.arn) AS sessions,
  count(DISTINCT sourceIPAddress) AS addresses,
  min(eventTime) AS firstRefusal,
  max(eventTime) AS lastRefusal
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND (
    -- Each service has its own word: AccessDenied, AccessDeniedException, Client.UnauthorizedOperation,
    -- VpceAccessDenied, NotAuthorizedException, AuthorizationError, ForbiddenException, Client.AuthFailure, ...
    lower(errorCode) LIKE '%accessdenied%'
    OR lower(errorCode) LIKE '%unauthorized%'
    OR lower(errorCode) LIKE '%notauthorized%'
    OR lower(errorCode) LIKE '%authorizationerror%'
    OR lower(errorCode) LIKE '%forbidden%'
    OR lower(errorCode) LIKE '%authfailure%'
    -- Some say it in the message alone, under a code of their own.
    OR lower(errorMessage) LIKE '%not authorized to perform%'
    OR lower(errorMessage) LIKE 'access denied%'
  )
GROUP BY 1
ORDER BY differentCalls DESC, refusals DESC, principal;
