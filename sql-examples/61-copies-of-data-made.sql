-- title: Copies made of databases and disks
-- purpose: Asked when data may have been packed up before it left. A hit is a snapshot, image, backup or export
--   that a person or role made by hand; services that make backups are left out.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: principal, eventSource, eventName, copies, sources, accountId, firstCopy, lastCopy
-- tags: collection, data

SELECT
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventSource,
  eventName,
  count(*) AS copies,
  array_join(array_sort(array_agg(DISTINCT coalesce(
    element_at(requestParameters, 'dBInstanceIdentifier'),
    element_at(requestParameters, 'dBClusterIdentifier'),
    element_at(requestParameters, 'volumeId'),
    element_at(requestParameters, 'instanceId'),
    element_at(requestParameters, 'tableArn'),
    element_at(requestParameters, 'sourceArn'),
    'not told'
  ))), ', ') AS sources,
  recipientAccountId AS accountId,
  min(eventTime) AS firstCopy,
  max(eventTime) AS lastCopy
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND errorCode IS NULL
  AND userIdentity.invokedBy IS NULL
  AND (eventSource, eventName) IN (
    ('rds.amazonaws.com', 'CreateDBSnapshot'),
    ('rds.amazonaws.com', 'CreateDBClusterSnapshot'),
    ('rds.amazonaws.com', 'StartExportTask'),
    ('ec2.amazonaws.com', 'CreateSnapshot'),
    ('ec2.amazonaws.com', 'CreateSnapshots'),
    ('ec2.amazonaws.com', 'CreateImage'),
    ('ec2.amazonaws.com', 'CreateInstanceExportTask'),
    ('dynamodb.amazonaws.com', 'ExportTableToPointInTime'),
    ('redshift.amazonaws.com', 'CreateClusterSnapshot')
  )
GROUP BY 1, 2, 3, recipientAccountId
ORDER BY firstCopy, principal, eventName;
