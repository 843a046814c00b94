-- title: Callers that are throttled
-- purpose: Asked when programs fail at random. A hit is a caller and call that came too fast; peak is his worst
--   minute. One loop without a pause slows down all others of the account.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: principal, eventSource, eventName, throttled, peak, firstCall, lastCall
-- tags: operations, throttling

WITH minutes AS (
  SELECT
    coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
    eventSource,
    eventName,
    date_trunc('minute', eventTime) AS minute,
    count(*) AS throttled,
    min(eventTime) AS firstCall,
    max(eventTime) AS lastCall
  FROM trail
  WHERE eventTime >= :since
    AND eventTime < :until
    AND regexp_like(errorCode, '(?i)throttl|requestlimitexceeded|toomanyrequests|slowdown|throughputexceeded')
  GROUP BY 1, 2, 3, 4
)
SELECT
  principal,
  eventSource,
  eventName,
  sum(throttled) AS throttled,
  max(throttled) AS peak,
  min(firstCall) AS firstCall,
  max(lastCall) AS lastCall
FROM minutes
GROUP BY principal, eventSource, eventName
ORDER BY throttled DESC, principal, eventSource, eventName;
