-- title: Errors of IAM and STS
-- purpose: Which errors come back, and from which call. NoSuchEntity in numbers can be somebody who guesses names.
-- store: trail
-- view: Table
-- columns: errorCode, eventName, calls, principals, exampleMessage

SELECT
  errorCode,
  eventName,
  count(*) AS calls,
  count(DISTINCT coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy)) AS principals,
  max(errorMessage) AS exampleMessage
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventSource IN ('iam.amazonaws.com', 'sts.amazonaws.com')
  AND errorCode IS NOT NULL
GROUP BY errorCode, eventName
ORDER BY calls DESC, errorCode, eventName
LIMIT 20;
