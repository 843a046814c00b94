-- title: Insights over time
-- purpose: When insights began.
-- store: insights
-- view: LineChart x=period y=insights series=insightType
-- columns: period, insightType, insights

SELECT
  date_trunc('$Period$', eventTime) AS period,
  insightType,
  count(*) AS insights
FROM insights
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND insightState = 'Start'
GROUP BY 1, 2
ORDER BY period, insightType;
