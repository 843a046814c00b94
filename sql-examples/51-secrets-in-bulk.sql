-- title: Many secrets read at once
-- purpose: Asked when a vault may have been emptied. A hit is a principal who read, or tried to read, at least so
--   many different secrets within an hour. Rotation and deployments read many, always the same ones.
-- store: trail
-- param: secrets number 3 From so many different secrets on
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: hour, principal, secrets, refused, batches, sourceIPAddresses
-- tags: credential access, secrets

SELECT
  date_trunc('hour', eventTime) AS hour,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  count(DISTINCT element_at(requestParameters, 'secretId')) AS secrets,
  count_if(errorCode IS NOT NULL) AS refused,
  count_if(eventName = 'BatchGetSecretValue') AS batches,
  array_join(array_sort(array_agg(DISTINCT sourceIPAddress)), ', ') AS sourceIPAddresses
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 'secretsmanager.amazonaws.com'
  AND eventName IN ('GetSecretValue', 'BatchGetSecretValue')
GROUP BY 1, 2
HAVING count(DISTINCT element_at(requestParameters, 'secretId')) >= :secrets
  OR count_if(eventName = 'BatchGetSecretValue') > 0
ORDER BY hour, principal;
