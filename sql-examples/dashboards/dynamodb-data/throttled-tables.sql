-- title: Throttled calls on items by table
-- purpose: Which tables are too small for what is asked of them.
-- store: trail
-- view: BarChart label=tableName value=throttled
-- columns: tableName, throttled, principals

SELECT
  element_at(requestParameters, 'tableName') AS tableName,
  count(*) AS throttled,
  count(DISTINCT coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy)) AS principals
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventCategory = 'Data'
  AND eventSource = 'dynamodb.amazonaws.com'
  AND regexp_like(errorCode, '(?i)throttl|requestlimitexceeded|throughputexceeded|toomanyrequests|slowdown')
GROUP BY 1
ORDER BY throttled DESC, tableName
LIMIT 10;
