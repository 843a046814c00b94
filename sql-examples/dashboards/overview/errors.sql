-- title: Most frequent errors
-- purpose: Which errors lead in everything that happened.
-- store: trail
-- view: BarChart label=errorCode value=errors
-- columns: errorCode, errors, services

SELECT
  errorCode,
  count(*) AS errors,
  count(DISTINCT eventSource) AS services
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND errorCode IS NOT NULL
GROUP BY errorCode
ORDER BY errors DESC, errorCode
LIMIT 10;
