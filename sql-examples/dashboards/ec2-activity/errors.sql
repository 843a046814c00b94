-- title: Errors of EC2
-- purpose: Which errors EC2 gives, and to which call. InstanceLimitExceeded after a night of launches is a miner's
--   mark.
-- store: trail
-- view: BarChart label=errorCode value=errors
-- columns: errorCode, eventName, errors, exampleMessage

SELECT
  errorCode,
  eventName,
  count(*) AS errors,
  max(errorMessage) AS exampleMessage
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventSource = 'ec2.amazonaws.com'
  AND errorCode IS NOT NULL
GROUP BY errorCode, eventName
ORDER BY errors DESC, errorCode, eventName
LIMIT 20;
