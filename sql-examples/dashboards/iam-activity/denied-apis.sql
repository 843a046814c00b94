-- title: Refused calls of IAM and STS
-- purpose: Which identity calls are refused. Attempts to create keys or attach policies weigh more than a list
--   call.
-- store: trail
-- view: BarChart label=eventName value=refusals
-- columns: eventName, refusals, principals

SELECT
  eventName,
  count(*) AS refusals,
  count(DISTINCT coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy)) AS principals
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventSource IN ('iam.amazonaws.com', 'sts.amazonaws.com')
  AND regexp_like(errorCode, '(?i)accessdenied|unauthorized|notauthorized|forbidden')
GROUP BY eventName
ORDER BY refusals DESC, eventName
LIMIT 10;
