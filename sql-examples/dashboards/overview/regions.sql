-- title: Most active regions
-- purpose: Where things happen. A region that nobody uses should not be here.
-- store: trail
-- view: PieChart label=awsRegion value=events
-- columns: awsRegion, events, changes

SELECT
  awsRegion,
  count(*) AS events,
  count_if(readOnly = false) AS changes
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
GROUP BY awsRegion
ORDER BY events DESC, awsRegion
LIMIT 10;
