-- title: Most called APIs of IAM
-- purpose: What IAM is mostly asked for. Calls that only list users, roles and policies, much more often than
--   usual, are somebody who maps the account.
-- store: trail
-- view: BarChart label=eventName value=calls
-- columns: eventName, calls, principals

SELECT
  eventName,
  count(*) AS calls,
  count(DISTINCT coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy)) AS principals
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventSource = 'iam.amazonaws.com'
GROUP BY eventName
ORDER BY calls DESC, eventName
LIMIT 10;
