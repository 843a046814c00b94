-- title: When principals were last active
-- purpose: Asked in every access review: who can go. A hit is a user or role with its last call and the days since;
--   sessions of a role count together. Who is not listed at all did nothing since the start of the window.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: principal, identityType, calls, services, firstCall, lastCall, idleDays
-- tags: access review, identity

SELECT
  coalesce(
    userIdentity.sessionContext.sessionIssuer.arn,
    userIdentity.arn
  ) AS principal,
  min(userIdentity.type) AS identityType,
  count(*) AS calls,
  count(DISTINCT eventSource) AS services,
  min(eventTime) AS firstCall,
  max(eventTime) AS lastCall,
  date_diff('day', max(eventTime), :until) AS idleDays
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND userIdentity.arn <> ''
GROUP BY 1
ORDER BY idleDays DESC, principal;
