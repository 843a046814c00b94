-- title: Calls on items by API
-- purpose: Which calls are made on items, and on how many tables.
-- store: trail
-- view: BarChart label=eventName value=calls
-- columns: eventName, calls, tables

SELECT
  eventName,
  count(*) AS calls,
  count(DISTINCT element_at(requestParameters, 'tableName')) AS tables
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventCategory = 'Data'
  AND eventSource = 'dynamodb.amazonaws.com'
GROUP BY eventName
ORDER BY calls DESC, eventName
LIMIT 10;
