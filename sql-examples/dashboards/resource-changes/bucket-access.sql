-- title: Changes of who may reach buckets
-- purpose: Policies, access lists and public access blocks of S3 buckets that changed.
-- store: trail
-- view: Table
-- columns: eventTime, principal, eventName, bucketName, errorCode, eventID

SELECT
  eventTime,
  coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
  eventName,
  element_at(requestParameters, 'bucketName') AS bucketName,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventSource = 's3.amazonaws.com'
  AND regexp_like(eventName, '^(Put|Delete).*(Policy|Acl|PublicAccessBlock|OwnershipControls|Cors|Website)$')
ORDER BY eventTime DESC, eventID
LIMIT 50;
