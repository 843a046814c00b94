-- title: Calls on objects over time by bucket
-- purpose: When buckets are read and written, with the bytes that left.
-- store: trail
-- view: LineChart x=period y=calls series=bucketName
-- columns: period, bucketName, calls, bytesOut

SELECT
  date_trunc('$Period$', eventTime) AS period,
  element_at(requestParameters, 'bucketName') AS bucketName,
  count(*) AS calls,
  sum(try_cast(element_at(additionalEventData, 'bytesTransferredOut') AS double)) AS bytesOut
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventCategory = 'Data'
  AND eventSource = 's3.amazonaws.com'
GROUP BY 1, 2
ORDER BY period, bucketName;
