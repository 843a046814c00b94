-- title: Most touched objects
-- purpose: Objects by calls. A file of secrets among them is the finding.
-- store: trail
-- view: Table
-- columns: bucketName, objectKey, calls, principals, lastCall

SELECT
  element_at(requestParameters, 'bucketName') AS bucketName,
  element_at(requestParameters, 'key') AS objectKey,
  count(*) AS calls,
  count(DISTINCT coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy)) AS principals,
  max(eventTime) AS lastCall
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventCategory = 'Data'
  AND eventSource = 's3.amazonaws.com'
  AND element_at(requestParameters, 'key') IS NOT NULL
GROUP BY 1, 2
ORDER BY calls DESC, bucketName, objectKey
LIMIT 20;
