-- title: Most active callers of IAM and STS
-- purpose: Who works with identities. A principal that never did before is worth a question.
-- store: trail
-- view: BarChart label=principal value=calls
-- columns: principal, calls, changes, differentCalls, lastCall

SELECT
  coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
  count(*) AS calls,
  count_if(readOnly = false) AS changes,
  count(DISTINCT eventName) AS differentCalls,
  max(eventTime) AS lastCall
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventSource IN ('iam.amazonaws.com', 'sts.amazonaws.com')
GROUP BY 1
ORDER BY calls DESC, principal
LIMIT 10;
