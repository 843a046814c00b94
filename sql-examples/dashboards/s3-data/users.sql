-- title: Who works on objects
-- purpose: Principals by calls on objects, with the bytes that they took and brought.
-- store: trail
-- view: BarChart label=principal value=calls
-- columns: principal, calls, objects, bytesOut, bytesIn

SELECT
  coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
  count(*) AS calls,
  approx_distinct(element_at(requestParameters, 'key')) AS objects,
  sum(try_cast(element_at(additionalEventData, 'bytesTransferredOut') AS double)) AS bytesOut,
  sum(try_cast(element_at(additionalEventData, 'bytesTransferredIn') AS double)) AS bytesIn
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventCategory = 'Data'
  AND eventSource = 's3.amazonaws.com'
GROUP BY 1
ORDER BY calls DESC, principal
LIMIT 10;
