-- title: Access from other accounts
-- purpose: Which accounts called into which. An account that nobody knows is the finding; vendors and a deployment
--   account are expected.
-- store: trail
-- view: Table
-- columns: callerAccount, accountId, calls, refused, services, lastCall

SELECT
  userIdentity.accountId AS callerAccount,
  recipientAccountId AS accountId,
  count(*) AS calls,
  count_if(regexp_like(errorCode, '(?i)accessdenied|unauthorized|notauthorized|forbidden')) AS refused,
  array_join(array_sort(array_agg(DISTINCT eventSource)), ', ') AS services,
  max(eventTime) AS lastCall
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND userIdentity.accountId <> recipientAccountId
GROUP BY userIdentity.accountId, recipientAccountId
ORDER BY calls DESC, callerAccount, accountId
LIMIT 20;
