-- title: Calls on items over time by table
-- purpose: When tables are read and written. A table that is read from end to end shows as a hill of Scan calls.
-- store: trail
-- view: LineChart x=period y=calls series=tableName
-- columns: period, tableName, calls

SELECT
  date_trunc('$Period$', eventTime) AS period,
  element_at(requestParameters, 'tableName') AS tableName,
  count(*) AS calls
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventCategory = 'Data'
  AND eventSource = 'dynamodb.amazonaws.com'
GROUP BY 1, 2
ORDER BY period, tableName;
