-- title: Limits, quotas and prices looked up
-- purpose: Asked to find who prices his abuse: spammers ask for the sending quota, miners for instance quotas and
--   regions. A hit is a principal who asked for such, or was refused. People of finance and operations are expected,
--   program users are not.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: principal, calls, questions, refused, firstCall, lastCall
-- tags: discovery, cryptomining, cost

SELECT
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  count(*) AS calls,
  array_join(array_sort(array_agg(DISTINCT eventName)), ', ') AS questions,
  count_if(errorCode IS NOT NULL) AS refused,
  min(eventTime) AS firstCall,
  max(eventTime) AS lastCall
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND (
    (eventSource = 'ses.amazonaws.com' AND eventName IN ('GetSendQuota', 'GetAccount', 'GetAccountSendingEnabled'))
    OR (eventSource = 'servicequotas.amazonaws.com' AND regexp_like(eventName, '^(List|Get|Request)'))
    OR (eventSource = 'ce.amazonaws.com' AND eventName LIKE 'GetCost%')
    OR (eventSource = 'account.amazonaws.com' AND eventName IN ('ListRegions', 'GetRegionOptStatus'))
    OR (
      eventSource = 'bedrock.amazonaws.com'
      AND eventName IN ('ListFoundationModels', 'GetFoundationModelAvailability')
    )
  )
GROUP BY 1
ORDER BY firstCall, principal;
