-- title: Data events by region
-- purpose: Where data is touched.
-- store: trail
-- view: PieChart label=awsRegion value=events
-- columns: awsRegion, events

SELECT awsRegion, count(*) AS events
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventCategory = 'Data'
GROUP BY awsRegion
ORDER BY events DESC, awsRegion;
