-- title: Errors of calls on items
-- purpose: Which errors come, by call.
-- store: trail
-- view: BarChart label=errorCode value=errors
-- columns: errorCode, eventName, errors

SELECT errorCode, eventName, count(*) AS errors
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventCategory = 'Data'
  AND eventSource = 'dynamodb.amazonaws.com'
  AND errorCode IS NOT NULL
GROUP BY errorCode, eventName
ORDER BY errors DESC, errorCode, eventName
LIMIT 20;
