-- title: Access to the objects of an S3 bucket
-- purpose: Asked when data of a bucket may have left. Each row is one principal, address and kind of call, with
--   the number of objects and bytes; copies out of the bucket into another one count too. Without S3 data events
--   in the trail there are no rows, which proves nothing.
-- store: trail
-- param: bucket text 'example-payroll' Name of the bucket
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: principal, sourceIPAddress, eventName, calls, failed, objects, bytesOut, bytesIn, firstCall,
--   lastCall
-- tags: s3, data, exfiltration

SELECT
  coalesce(
    nullif(userIdentity.arn, ''),
    nullif(userIdentity.principalId, ''),
    userIdentity.invokedBy,
    userIdentity.accountId,
    'anonymous'
  ) AS principal,
  sourceIPAddress,
  eventName,
  count(*) AS calls,
  count_if(errorCode IS NOT NULL) AS failed,
  count(DISTINCT requestParameters.key) AS objects,
  CAST(sum(try_cast(additionalEventData.bytesTransferredOut AS double)) AS bigint) AS bytesOut,
  CAST(sum(try_cast(additionalEventData.bytesTransferredIn AS double)) AS bigint) AS bytesIn,
  min(eventTime) AS firstCall,
  max(eventTime) AS lastCall
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource IN ('s3.amazonaws.com', 's3express.amazonaws.com')
  AND (eventCategory IS DISTINCT FROM 'Management')
  AND (
    requestParameters.bucketName = :bucket
    -- Through an access point, and of a copy, the bucket stands among the resources: arn:aws:s3:::BUCKET/KEY.
    OR split_part(split_part(element_at(resources, 1).ARN, ':::', 2), '/', 1) = :bucket
    OR split_part(split_part(element_at(resources, 2).ARN, ':::', 2), '/', 1) = :bucket
    OR split_part(split_part(element_at(resources, 3).ARN, ':::', 2), '/', 1) = :bucket
    OR split_part(split_part(element_at(resources, 4).ARN, ':::', 2), '/', 1) = :bucket
    OR split_part(ltrim(replace(requestParameters['x-amz-copy-source'], '%2F', '/'), '/'), '/', 1) = :bucket
  )
GROUP BY 1, 2, 3
ORDER BY calls DESC, principal, sourceIPAddress, eventName;
