-- title: Databases opened to the Internet
-- purpose: Asked when a database shows up in a scan. A hit is an instance or cluster that was made, restored or
--   changed to be publicly accessible, tried or done.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, database, engine, sourceIPAddress, accountId, errorCode, eventID
-- tags: exfiltration, exposure, rds

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventName,
  coalesce(
    element_at(requestParameters, 'dBInstanceIdentifier'),
    element_at(requestParameters, 'dBClusterIdentifier'),
    element_at(requestParameters, 'clusterIdentifier')
  ) AS database,
  coalesce(element_at(requestParameters, 'engine'), element_at(responseElements, 'engine')) AS engine,
  sourceIPAddress,
  recipientAccountId AS accountId,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource IN ('rds.amazonaws.com', 'redshift.amazonaws.com')
  AND element_at(requestParameters, 'publiclyAccessible') = 'true'
ORDER BY eventTime, eventID;
