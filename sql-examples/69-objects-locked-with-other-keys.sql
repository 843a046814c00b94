-- title: Objects of S3 encrypted with keys of others
-- purpose: Asked when files can no longer be read: the newer kind of ransom encrypts objects in place. A hit is a
--   write with a key that the caller brings (SSE-C), or with a KMS key of another account. Few programs use either by
--   design.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: principal, bucketName, method, keyAccount, objects, calls, firstCall, lastCall
-- tags: impact, s3, ransom

WITH writes AS (
  SELECT
    eventTime,
    coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
    element_at(requestParameters, 'bucketName') AS bucketName,
    element_at(requestParameters, 'key') AS key,
    IF(
      element_at(requestParameters, 'x-amz-server-side-encryption-customer-algorithm') IS NOT NULL,
      'SSE-C',
      'KMS'
    ) AS method,
    arn_account(element_at(requestParameters, 'x-amz-server-side-encryption-aws-kms-key-id')) AS keyAccount,
    recipientAccountId
  FROM trail
  WHERE eventTime >= :since
    AND eventTime < :until
    AND eventSource = 's3.amazonaws.com'
    AND eventName IN ('PutObject', 'CopyObject', 'CreateMultipartUpload', 'UploadPart')
    AND errorCode IS NULL
)
SELECT
  principal,
  bucketName,
  method,
  keyAccount,
  approx_distinct(key) AS objects,
  count(*) AS calls,
  min(eventTime) AS firstCall,
  max(eventTime) AS lastCall
FROM writes
WHERE method = 'SSE-C'
  OR keyAccount <> recipientAccountId
GROUP BY principal, bucketName, method, keyAccount
ORDER BY calls DESC, principal, bucketName;
