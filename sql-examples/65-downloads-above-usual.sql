-- title: More data read from S3 than usual
-- purpose: Asked when data may have left in bulk. A hit is a day on which a principal read at least so many times
--   the bytes of his usual day from a bucket. A first backup or migration looks the same; ask its owner.
-- store: trail
-- param: baseline timestamp '2025-12-01' Start of the history that tells what is usual
-- param: times number 10 From so many times the usual on
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: day, principal, bucketName, gigabytes, usualGigabytes, timesUsual, objects
-- tags: exfiltration, s3, data

WITH daily AS (
  SELECT
    CAST(eventTime AS date) AS day,
    coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
    element_at(requestParameters, 'bucketName') AS bucketName,
    sum(try_cast(element_at(additionalEventData, 'bytesTransferredOut') AS double)) / 1e9 AS gigabytes,
    approx_distinct(element_at(requestParameters, 'key')) AS objects
  FROM trail
  WHERE eventTime >= :baseline
    AND eventTime < :until
    AND eventSource = 's3.amazonaws.com'
    AND eventCategory = 'Data'
    AND eventName = 'GetObject'
    AND errorCode IS NULL
  GROUP BY 1, 2, 3
), compared AS (
  SELECT
    day,
    principal,
    bucketName,
    gigabytes,
    avg(gigabytes) OVER (
      PARTITION BY principal, bucketName
      ORDER BY day
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS usualGigabytes,
    objects
  FROM daily
)
SELECT
  day,
  principal,
  bucketName,
  gigabytes,
  usualGigabytes,
  round(gigabytes / nullif(usualGigabytes, 0), 1) AS timesUsual,
  objects
FROM compared
WHERE day >= CAST(:since AS date)
  AND gigabytes >= :times * usualGigabytes
ORDER BY timesUsual DESC, day, principal;
