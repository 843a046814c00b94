-- title: S3 bucket policy and public access changes
-- purpose: Asked when data may be open to everybody. Shows every change of who may reach a bucket, tried or done;
--   mayBePublic marks those that name everyone or lift a block. It does not weigh conditions or Deny, so a policy
--   that denies everyone without TLS is marked too: read the change.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, bucket, mayBePublic, change, sourceIPAddress, accountId,
--   errorCode, eventID
-- tags: s3, exposure, cis 4.8

WITH changes AS (
  SELECT
    eventTime,
    coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
    eventName,
    coalesce(requestParameters.bucketName, requestParameters.bucket, requestParameters.name) AS bucket,
    requestParameters AS change,
    -- Without blanks; some policies are JSON inside of text, with line ends and quotes that are escaped.
    replace(
      replace(replace(replace(json_extract(requestParameters, '$'), ' ', ''), '\n', ''), '\t', ''),
      '\',
      ''
    ) AS flat,
    sourceIPAddress,
    recipientAccountId AS accountId,
    errorCode,
    eventID
  FROM trail
  WHERE eventTime >= :since
    AND eventTime < :until
    AND eventSource IN ('s3.amazonaws.com', 's3express.amazonaws.com')
    AND eventName NOT LIKE 'Get%'
    AND (
      eventName LIKE '%BucketPolicy'
      OR eventName LIKE '%BucketAcl'
      OR eventName LIKE '%ObjectAcl'
      OR eventName LIKE '%PublicAccessBlock'
      OR eventName LIKE '%OwnershipControls'
      OR eventName LIKE '%AccessPointPolicy%'
      OR eventName LIKE '%BucketWebsite'
      OR eventName LIKE '%BucketCors'
      OR eventName = 'CreateAccessPoint'
    )
)
SELECT
  eventTime,
  principal,
  eventName,
  bucket,
  coalesce(
    eventName IN ('DeletePublicAccessBlock', 'DeleteBucketPublicAccessBlock', 'DeleteAccountPublicAccessBlock')
      OR flat LIKE '%"Principal":"*"%'
      OR flat LIKE '%"AWS":"*"%'
      OR flat LIKE '%"AWS":["*"%'
      OR flat LIKE '%/global/AllUsers%'
      OR flat LIKE '%/global/AuthenticatedUsers%'
      OR flat LIKE '%public-read%'
      OR flat LIKE '%"authenticated-read"%'
      OR (eventName LIKE '%PublicAccessBlock' AND flat LIKE '%:false%'),
    false
  ) AS mayBePublic,
  change,
  sourceIPAddress,
  accountId,
  errorCode,
  eventID
FROM changes
ORDER BY eventTime, eventID;
