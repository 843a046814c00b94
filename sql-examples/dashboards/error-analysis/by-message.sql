-- title: Errors by message
-- purpose: What the errors say, with ids and accounts taken out so that equal ones stand together.
-- store: trail
-- view: Table
-- columns: message, errors, principals, lastError

SELECT
  regexp_replace(errorMessage, '(i|ami|sg|vpc|subnet|vol)-[0-9a-f]{8,17}|[0-9]{12}', '*') AS message,
  count(*) AS errors,
  count(DISTINCT coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy)) AS principals,
  max(eventTime) AS lastError
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND errorMessage IS NOT NULL
GROUP BY 1
ORDER BY errors DESC, message
LIMIT 20;
