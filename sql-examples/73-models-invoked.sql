-- title: Who uses foundation models, and who is new to it
-- purpose: Asked when the bill of Bedrock rises: stolen keys are sold for it. A hit is a principal who invoked
--   models in the window; isNew marks those who never did since the baseline. Programs that were just released are
--   new, too.
-- store: trail
-- param: baseline timestamp '2025-10-01' Start of the history that tells what is known
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: principal, isNew, calls, refused, models, addresses, firstCall, lastCall
-- tags: impact, bedrock, cost

WITH invoked AS (
  SELECT
    eventTime,
    coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
    element_at(requestParameters, 'modelId') AS modelId,
    errorCode,
    sourceIPAddress
  FROM trail
  WHERE eventTime >= :baseline
    AND eventTime < :until
    AND eventSource = 'bedrock.amazonaws.com'
    AND regexp_like(eventName, '^(Invoke|Converse)')
)
SELECT
  principal,
  count_if(eventTime < :since) = 0 AS isNew,
  count_if(eventTime >= :since) AS calls,
  count_if(eventTime >= :since AND errorCode IS NOT NULL) AS refused,
  array_join(array_sort(array_agg(DISTINCT modelId) FILTER (WHERE modelId IS NOT NULL)), ', ') AS models,
  count(DISTINCT sourceIPAddress) AS addresses,
  min(eventTime) AS firstCall,
  max(eventTime) AS lastCall
FROM invoked
GROUP BY principal
HAVING count_if(eventTime >= :since) > 0
ORDER BY isNew DESC, calls DESC, principal;
