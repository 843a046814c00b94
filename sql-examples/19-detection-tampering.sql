-- title: Tampering with GuardDuty, Config and other detection
-- purpose: Asked when an intruder may have put out the lights. A hit is a change, tried or done, that can blind
--   GuardDuty, Config, Security Hub, Macie, Inspector, Detective or Access Analyzer, or that takes away flow logs
--   or log groups. Deployments and accounts that leave the organization are the usual false positives.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventSource, eventName, change, sourceIPAddress, awsRegion, accountId,
--   errorCode, eventID
-- tags: defense evasion, guardduty, config, cis 4.9

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventSource,
  eventName,
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
      eventSource IN (
        'guardduty.amazonaws.com',
        'config.amazonaws.com',
        'securityhub.amazonaws.com',
        'macie2.amazonaws.com',
        'inspector2.amazonaws.com',
        'detective.amazonaws.com',
        'access-analyzer.amazonaws.com'
      )
      AND (
        eventName LIKE 'Delete%'
        OR eventName LIKE 'Disable%'
        OR eventName LIKE 'Disassociate%'
        OR eventName LIKE 'BatchDisable%'
        OR eventName LIKE 'Stop%'
        OR eventName LIKE 'Update%'
        -- Filters and lists of trusted addresses silence findings.
        OR eventName LIKE 'Archive%'
        OR eventName IN ('CreateFilter', 'CreateIPSet', 'CreateTrustedEntitySet', 'CreateAutomationRule')
        OR eventName IN ('CreateFindingsFilter', 'CreateAllowList', 'CreateArchiveRule', 'ApplyArchiveRule')
        -- Config: what is recorded, where it goes and how long it stays.
        OR eventName IN ('PutConfigurationRecorder', 'PutDeliveryChannel', 'PutRetentionConfiguration')
      )
    )
    OR (eventSource = 'ec2.amazonaws.com' AND eventName = 'DeleteFlowLogs')
    OR (
      eventSource = 'logs.amazonaws.com'
      AND eventName IN ('DeleteLogGroup', 'DeleteLogStream', 'DeleteSubscriptionFilter', 'PutRetentionPolicy')
    )
  )
ORDER BY eventTime, eventID;
