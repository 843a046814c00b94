-- title: Most used services of the organization
-- purpose: Which services are called, and in how many accounts. A service in one account alone is an experiment, or
--   a guest.
-- store: trail
-- view: BarChart label=eventSource value=events
-- columns: eventSource, events, accounts

SELECT
  eventSource,
  count(*) AS events,
  count(DISTINCT recipientAccountId) AS accounts
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
GROUP BY eventSource
ORDER BY events DESC, eventSource
LIMIT 10;
