-- title: Latest insights
-- purpose: Each insight with its start, its end when it has one, and its rates.
-- store: insights
-- view: Table
-- columns: sharedEventID, insightType, insightEventSource, insightEventName, awsRegion, startedAt, endedAt,
--   usualRate, unusualRate

SELECT
  sharedEventID,
  insightType,
  insightEventSource,
  insightEventName,
  awsRegion,
  min(eventTime) AS startedAt,
  max(eventTime) FILTER (WHERE insightState = 'End') AS endedAt,
  max(insightContext.baselineAverage) AS usualRate,
  max(insightContext.insightAverage) AS unusualRate
FROM insights
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
GROUP BY sharedEventID, insightType, insightEventSource, insightEventName, awsRegion
ORDER BY startedAt DESC, sharedEventID
LIMIT 50;
