-- title: What is created, day by day
-- purpose: Asked when the bill grows and nobody knows from what. A hit is a day and a kind of call that creates;
--   running tells the sum up to that day. Deletions are not taken off: see the deletions for them.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: day, eventSource, eventName, created, running, creators
-- tags: cost, resources

WITH daily AS (
  SELECT
    date(eventTime) AS day,
    eventSource,
    eventName,
    count(*) AS created,
    approx_distinct(userIdentity.arn) AS creators
  FROM trail
  WHERE eventTime >= :since
    AND eventTime < :until
    AND regexp_like(eventName, '^(Create|Run|Allocate|Register|Restore|Purchase)')
    AND eventName NOT LIKE '%Tags%'
    AND eventCategory = 'Management'
    AND errorCode IS NULL
  GROUP BY 1, 2, 3
)
SELECT
  day,
  eventSource,
  eventName,
  created,
  sum(created) OVER (PARTITION BY eventSource, eventName ORDER BY day) AS running,
  creators
FROM daily
ORDER BY day, eventSource, eventName;
