-- title: Accounts by service
-- purpose: Which account uses which service most.
-- store: trail
-- view: Table
-- columns: eventSource, accountId, events, rankInService

WITH used AS (
  SELECT
    eventSource,
    recipientAccountId AS accountId,
    count(*) AS events
  FROM trail
  WHERE eventTime >= '$StartTime$'
    AND eventTime < '$EndTime$'
  GROUP BY eventSource, recipientAccountId
), ranked AS (
  SELECT
    eventSource,
    accountId,
    events,
    rank() OVER (PARTITION BY eventSource ORDER BY events DESC) AS rankInService
  FROM used
)
SELECT eventSource, accountId, events, rankInService
FROM ranked
WHERE rankInService <= 3
ORDER BY eventSource, rankInService, accountId
LIMIT 50;
