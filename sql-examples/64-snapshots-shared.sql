-- title: Snapshots and images shared outside
-- purpose: Asked when a copy of a disk or database may be in other hands. A hit is a snapshot or image that was
--   opened to an account or to everybody; sharedWith tells to whom. Accounts of one organization share images by
--   design.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, resource, sharedWith, sourceIPAddress, accountId, eventID
-- tags: exfiltration, data, exposure

WITH shared AS (
  SELECT
    eventTime,
    coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
    eventName,
    coalesce(
      element_at(requestParameters, 'snapshotId'),
      element_at(requestParameters, 'imageId'),
      element_at(requestParameters, 'dBSnapshotIdentifier'),
      element_at(requestParameters, 'dBClusterSnapshotIdentifier')
    ) AS resource,
    -- EC2 writes objects with userId or group, RDS plain text.
    coalesce(
      json_format(json_extract(
        coalesce(
          element_at(requestParameters, 'createVolumePermission'),
          element_at(requestParameters, 'launchPermission')
        ),
        '$.add.items'
      )),
      element_at(requestParameters, 'valuesToAdd')
    ) AS added,
    sourceIPAddress,
    recipientAccountId AS accountId,
    eventID
  FROM trail
  WHERE eventTime >= :since
    AND eventTime < :until
    AND eventSource IN ('ec2.amazonaws.com', 'rds.amazonaws.com')
    AND eventName IN (
      'ModifySnapshotAttribute',
      'ModifyImageAttribute',
      'ModifyDBSnapshotAttribute',
      'ModifyDBClusterSnapshotAttribute'
    )
    AND errorCode IS NULL
)
SELECT
  eventTime,
  principal,
  eventName,
  resource,
  -- Accounts and groups are the only values in it.
  array_join(regexp_extract_all(added, '"(all|[0-9]{12})"', 1), ', ') AS sharedWith,
  sourceIPAddress,
  accountId,
  eventID
FROM shared
WHERE json_array_length(added) > 0
ORDER BY eventTime, eventID;
