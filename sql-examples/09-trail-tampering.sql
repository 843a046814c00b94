-- title: Tampering with the trail
-- purpose: Asked when an intruder may have covered his tracks. A hit is a change of a trail, of CloudTrail Lake, or
--   of the bucket that holds the log files, tried or done. Deployments that update trails are the usual false
--   positive. Events after a StopLogging are missing from the log, not from the account.
-- store: trail
-- param: log_bucket text 'example-trail-logs' Bucket that the trail delivers to
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, target, change, sourceIPAddress, awsRegion, accountId, errorCode,
--   eventID
-- tags: defense evasion, cloudtrail, cis 4.5

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventName,
  coalesce(
    requestParameters.name,
    requestParameters.trailName,
    requestParameters.eventDataStore,
    requestParameters.bucketName,
    requestParameters.resourceId,
    requestParameters.resourceArn
  ) AS target,
  requestParameters AS change,
  sourceIPAddress,
  awsRegion,
  recipientAccountId AS accountId,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND (
    (
      eventSource = 'cloudtrail.amazonaws.com'
      AND (
        eventName LIKE 'Stop%'
        OR eventName LIKE 'Delete%'
        OR eventName LIKE 'Update%'
        OR eventName LIKE 'Put%'
        OR eventName LIKE 'Remove%'
        OR eventName LIKE 'Deregister%'
        OR eventName LIKE 'Disable%'
      )
    )
    OR (
      eventSource = 's3.amazonaws.com'
      AND requestParameters.bucketName = :log_bucket
      AND (readOnly IS DISTINCT FROM true)
      AND eventName NOT LIKE 'Get%'
      AND eventName NOT LIKE 'List%'
      AND eventName NOT LIKE 'Head%'
      -- CloudTrail itself writes the log files.
      AND (userIdentity.type IS DISTINCT FROM 'AWSService')
    )
  )
ORDER BY eventTime, eventID;
