-- title: Principals behind insights
-- purpose: Who made the calls that were unusual, by the share that CloudTrail gives them.
-- store: insights
-- view: Table
-- columns: userIdentityArn, insights, highestAverage

WITH attributed AS (
  SELECT sharedEventID, attribution.insight AS shares
  FROM insights
  CROSS JOIN UNNEST(insightContext.attributions) AS t(attribution)
  WHERE eventTime >= '$StartTime$'
    AND eventTime < '$EndTime$'
    AND attribution.attribute = 'userIdentityArn'
)
SELECT
  share.value AS userIdentityArn,
  count(DISTINCT sharedEventID) AS insights,
  max(share.average) AS highestAverage
FROM attributed
CROSS JOIN UNNEST(shares) AS t(share)
GROUP BY share.value
ORDER BY insights DESC, userIdentityArn
LIMIT 20;
