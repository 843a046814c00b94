-- title: Principals that list many buckets
-- purpose: Asked to find who looks for data worth taking. A hit is a principal who listed or asked about at least
--   so many buckets in a day. Scanners for public buckets and inventory tools are the false positives.
-- store: trail
-- param: buckets number 3 From so many different buckets on
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: day, principal, buckets, calls, refused, sourceIPAddress
-- tags: collection, discovery, s3

SELECT
  CAST(eventTime AS date) AS day,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  count(DISTINCT element_at(requestParameters, 'bucketName')) AS buckets,
  count(*) AS calls,
  count_if(errorCode IS NOT NULL) AS refused,
  max(sourceIPAddress) AS sourceIPAddress
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 's3.amazonaws.com'
  AND eventName IN (
    'ListObjects',
    'ListObjectsV2',
    'ListObjectVersions',
    'HeadBucket',
    'GetBucketAcl',
    'GetBucketPolicy'
  )
  AND userIdentity.type IS DISTINCT FROM 'AWSService'
GROUP BY 1, 2
HAVING count(DISTINCT element_at(requestParameters, 'bucketName')) >= :buckets
ORDER BY day, principal;
