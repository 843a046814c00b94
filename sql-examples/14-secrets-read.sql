-- title: Secrets that were read
-- purpose: Asked to know which secrets must be changed now. Each row is one principal and one secret or encrypted
--   parameter; many secrets read by one principal in a few minutes are the alarm, a service that reads its own
--   one is not. One secret stands in two rows where it is asked for by name and by ARN.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: principal, secret, reads, refused, addresses, exampleAddress, firstRead, lastRead
-- tags: secrets, credentials, exfiltration

SELECT
  coalesce(
    nullif(userIdentity.sessionContext.sessionIssuer.arn, ''),
    nullif(userIdentity.arn, ''),
    nullif(userIdentity.principalId, ''),
    userIdentity.invokedBy,
    'unknown'
  ) AS principal,
  coalesce(
    requestParameters.secretId,
    requestParameters.secretIdList,
    requestParameters.filters,
    requestParameters.name,
    requestParameters.names,
    requestParameters.path,
    -- A refused call can come without requestParameters.
    nullif(split_part(split_part(errorMessage, 'on resource: ', 2), ' ', 1), ''),
    'not told'
  ) AS secret,
  count_if(errorCode IS NULL) AS reads,
  count_if(errorCode IS NOT NULL) AS refused,
  count(DISTINCT sourceIPAddress) AS addresses,
  max(sourceIPAddress) AS exampleAddress,
  min(eventTime) AS firstRead,
  max(eventTime) AS lastRead
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND (
    (eventSource = 'secretsmanager.amazonaws.com' AND eventName IN ('GetSecretValue', 'BatchGetSecretValue'))
    OR (
      eventSource = 'ssm.amazonaws.com'
      AND eventName IN ('GetParameter', 'GetParameters', 'GetParametersByPath', 'GetParameterHistory')
      -- Without decryption nothing secret is given.
      AND (requestParameters.withDecryption = 'true' OR requestParameters IS NULL)
    )
  )
GROUP BY 1, 2
ORDER BY firstRead, principal, secret;
