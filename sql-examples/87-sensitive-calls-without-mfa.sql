-- title: Sensitive calls without a second factor
-- purpose: Asked to see where rules that demand MFA have holes. A hit is a call over identities, keys or the trail
--   that a person made in a session without MFA. Programs have no second factor: their keys stand here until they
--   become roles.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: principal, sessionType, calls, exampleCalls, firstCall, lastCall
-- tags: access review, mfa

SELECT
  userIdentity.arn AS principal,
  IF(userIdentity.accessKeyId LIKE 'AKIA%', 'long-lived key', 'session') AS sessionType,
  count(*) AS calls,
  array_join(slice(array_sort(array_agg(DISTINCT eventName)), 1, 10), ', ') AS exampleCalls,
  min(eventTime) AS firstCall,
  max(eventTime) AS lastCall
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND userIdentity.type IN ('IAMUser', 'Root')
  AND coalesce(userIdentity.sessionContext.attributes.mfaAuthenticated, 'false') <> 'true'
  AND readOnly = false
  AND errorCode IS NULL
  AND eventSource IN (
    'iam.amazonaws.com',
    'kms.amazonaws.com',
    'cloudtrail.amazonaws.com',
    'organizations.amazonaws.com',
    'sso.amazonaws.com'
  )
GROUP BY 1, 2
ORDER BY calls DESC, principal;
