-- title: Unusual call rates by service and API
-- purpose: Which calls came more often, or less often, than usual, and how many times the usual rate.
-- store: insights
-- view: BarChart label=insightEventName value=insights
-- columns: insightEventSource, insightEventName, insights, highestRate, timesUsual

SELECT
  insightEventSource,
  insightEventName,
  count(DISTINCT sharedEventID) AS insights,
  max(insightContext.insightAverage) AS highestRate,
  round(max(insightContext.insightAverage / nullif(insightContext.baselineAverage, 0)), 1) AS timesUsual
FROM insights
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND insightType = 'ApiCallRateInsight'
GROUP BY insightEventSource, insightEventName
ORDER BY insights DESC, highestRate DESC, insightEventName
LIMIT 20;
