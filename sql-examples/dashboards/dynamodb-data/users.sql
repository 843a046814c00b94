-- title: Who works on items
-- purpose: Principals by calls on items. A person beside the programs is what one looks for.
-- store: trail
-- view: BarChart label=principal value=calls
-- columns: principal, calls, reads, writes, tables

SELECT
  coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
  count(*) AS calls,
  count_if(readOnly) AS reads,
  count_if(NOT readOnly) AS writes,
  count(DISTINCT element_at(requestParameters, 'tableName')) AS tables
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventCategory = 'Data'
  AND eventSource = 'dynamodb.amazonaws.com'
GROUP BY 1
ORDER BY calls DESC, principal
LIMIT 10;
