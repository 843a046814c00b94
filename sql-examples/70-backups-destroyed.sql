-- title: Backups and versions taken away
-- purpose: Asked when damage may be meant to last. A hit is a backup, snapshot, vault or plan that was deleted, or
--   versioning and deletion protection switched off, tried or done. Retention rules delete backups through their
--   service, which is left out.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventSource, eventName, resource, sourceIPAddress, accountId, errorCode, eventID
-- tags: impact, backup

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventSource,
  eventName,
  coalesce(
    element_at(requestParameters, 'recoveryPointArn'),
    element_at(requestParameters, 'backupVaultName'),
    element_at(requestParameters, 'snapshotId'),
    element_at(requestParameters, 'dBSnapshotIdentifier'),
    element_at(requestParameters, 'dBInstanceIdentifier'),
    element_at(requestParameters, 'bucketName')
  ) AS resource,
  sourceIPAddress,
  recipientAccountId AS accountId,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND userIdentity.invokedBy IS NULL
  AND (
    (eventSource = 'backup.amazonaws.com' AND regexp_like(eventName, '^(Delete|Disassociate|StopBackup)'))
    OR (eventSource = 'ec2.amazonaws.com' AND eventName = 'DeleteSnapshot')
    OR (eventSource = 'rds.amazonaws.com' AND regexp_like(eventName, '^Delete.*(Snapshot|AutomatedBackup)$'))
    OR (
      eventSource = 'rds.amazonaws.com'
      AND eventName LIKE 'ModifyDB%'
      AND (
        element_at(requestParameters, 'deletionProtection') = 'false'
        OR element_at(requestParameters, 'backupRetentionPeriod') = '0'
      )
    )
    OR (
      eventSource = 's3.amazonaws.com'
      AND eventName = 'PutBucketVersioning'
      AND requestParameters.VersioningConfiguration.Status = 'Suspended'
    )
  )
ORDER BY eventTime, eventID;
