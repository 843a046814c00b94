-- title: Changes of the bucket that holds the logs
-- purpose: Asked when the record itself may have been thinned out. A hit is a deletion in the bucket of the logs,
--   or a change of its policy, life cycle, versions, lock or replication. Life cycle rules of the owner are the one
--   expected change.
-- store: trail
-- param: bucket text 'example-logs' Bucket to which the trail delivers
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, key, detail, sourceIPAddress, accountId, errorCode, eventID
-- tags: defense evasion, s3

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventName,
  element_at(requestParameters, 'key') AS key,
  coalesce(
    element_at(requestParameters, 'LifecycleConfiguration'),
    element_at(requestParameters, 'VersioningConfiguration'),
    element_at(requestParameters, 'bucketPolicy')
  ) AS detail,
  sourceIPAddress,
  recipientAccountId AS accountId,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 's3.amazonaws.com'
  AND element_at(requestParameters, 'bucketName') = :bucket
  AND regexp_like(eventName, '^(Put|Delete)')
  -- What CloudTrail itself puts there.
  AND NOT (eventName = 'PutObject' AND coalesce(userIdentity.invokedBy, '') = 'cloudtrail.amazonaws.com')
ORDER BY eventTime, eventID;
