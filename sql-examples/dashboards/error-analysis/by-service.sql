-- title: Errors by service
-- purpose: Which services answer with errors. A service that leads today and not yesterday has a problem, or a
--   visitor.
-- store: trail
-- view: BarChart label=eventSource value=errors
-- columns: eventSource, errors, share

SELECT
  eventSource,
  count(*) AS errors,
  round(100.0 * count(*) / sum(count(*)) OVER (), 1) AS share
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND errorCode IS NOT NULL
GROUP BY eventSource
ORDER BY errors DESC, eventSource
LIMIT 10;
