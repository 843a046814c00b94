-- title: Alarms and rules taken away
-- purpose: Asked when an alert should have come and did not. A hit is a CloudWatch alarm or EventBridge rule that
--   was deleted, switched off or lost its targets, tried or done. Deployments replace alarms, mostly within a minute
--   by the same role.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, names, sourceIPAddress, accountId, errorCode, eventID
-- tags: defense evasion, monitoring

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventName,
  coalesce(
    element_at(requestParameters, 'alarmNames'),
    element_at(requestParameters, 'alarmName'),
    element_at(requestParameters, 'name'),
    element_at(requestParameters, 'rule'),
    element_at(requestParameters, 'filterName')
  ) AS names,
  sourceIPAddress,
  recipientAccountId AS accountId,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND (eventSource, eventName) IN (
    ('monitoring.amazonaws.com', 'DeleteAlarms'),
    ('monitoring.amazonaws.com', 'DisableAlarmActions'),
    ('events.amazonaws.com', 'DeleteRule'),
    ('events.amazonaws.com', 'DisableRule'),
    ('events.amazonaws.com', 'RemoveTargets'),
    ('logs.amazonaws.com', 'DeleteMetricFilter')
  )
ORDER BY eventTime, eventID;
