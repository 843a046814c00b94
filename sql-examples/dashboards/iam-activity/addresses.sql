-- title: Addresses that call IAM
-- purpose: Where identity calls come from. Names of services stand for calls that a service makes; an address
--   outside of the known networks is the one to look up.
-- store: trail
-- view: Table
-- columns: sourceIPAddress, calls, principals, changes, lastCall

SELECT
  sourceIPAddress,
  count(*) AS calls,
  count(DISTINCT coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy)) AS principals,
  count_if(readOnly = false) AS changes,
  max(eventTime) AS lastCall
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventSource = 'iam.amazonaws.com'
GROUP BY sourceIPAddress
ORDER BY calls DESC, sourceIPAddress
LIMIT 20;
