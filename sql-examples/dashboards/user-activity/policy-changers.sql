-- title: Who changes policies
-- purpose: Principals that give or take permissions, with the calls by which they do. It should be few, and known.
-- store: trail
-- view: Table
-- columns: principal, changes, calls, firstChange, lastChange

SELECT
  userIdentity.arn AS principal,
  count(*) AS changes,
  array_join(array_sort(array_agg(DISTINCT eventName)), ', ') AS calls,
  min(eventTime) AS firstChange,
  max(eventTime) AS lastChange
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND userIdentity.arn IS NOT NULL
  AND eventSource = 'iam.amazonaws.com'
  AND regexp_like(eventName, '^(Attach|Detach|Put|Delete|Create|Set|Update).*Polic(y|yVersion)$|PermissionsBoundary$')
GROUP BY userIdentity.arn
ORDER BY changes DESC, principal
LIMIT 20;
