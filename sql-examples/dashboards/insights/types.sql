-- title: Insights by type
-- purpose: How many unusual rates of calls and of errors there were.
-- store: insights
-- view: PieChart label=insightType value=insights
-- columns: insightType, insights

SELECT insightType, count(DISTINCT sharedEventID) AS insights
FROM insights
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
GROUP BY insightType
ORDER BY insights DESC, insightType;
