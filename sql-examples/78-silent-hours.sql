-- title: Gaps in which nothing was recorded
-- purpose: Asked before one trusts a quiet period. A hit is a stretch longer than so many minutes without any event
--   of an account and region that has events before and after. A region that is hardly used has gaps by nature.
-- store: trail
-- param: minutes number 120 Longer than so many minutes
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: accountId, awsRegion, lastBefore, firstAfter, gap, minutes
-- tags: operations, completeness

WITH steps AS (
  SELECT
    recipientAccountId AS accountId,
    awsRegion,
    eventTime AS firstAfter,
    lag(eventTime) OVER (PARTITION BY recipientAccountId, awsRegion ORDER BY eventTime) AS lastBefore
  FROM trail
  WHERE eventTime >= :since
    AND eventTime < :until
)
SELECT
  accountId,
  awsRegion,
  lastBefore,
  firstAfter,
  human_readable_seconds(date_diff('second', lastBefore, firstAfter)) AS gap,
  date_diff('minute', lastBefore, firstAfter) AS minutes
FROM steps
WHERE date_diff('minute', lastBefore, firstAfter) > :minutes
ORDER BY minutes DESC, accountId, awsRegion, lastBefore;
