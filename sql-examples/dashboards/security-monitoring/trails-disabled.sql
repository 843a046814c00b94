-- title: Actions against trails and stores of events
-- purpose: Calls that stop, narrow or delete the record itself. Each one outside of a planned change is an alarm.
-- store: trail
-- view: Table
-- columns: eventTime, principal, eventName, target, errorCode, eventID

SELECT
  eventTime,
  coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
  eventName,
  coalesce(
    element_at(requestParameters, 'name'),
    element_at(requestParameters, 'trailName'),
    element_at(requestParameters, 'eventDataStore')
  ) AS target,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventSource = 'cloudtrail.amazonaws.com'
  AND eventName IN (
    'StopLogging',
    'DeleteTrail',
    'UpdateTrail',
    'PutEventSelectors',
    'PutInsightSelectors',
    'DeleteEventDataStore',
    'UpdateEventDataStore',
    'StopEventDataStoreIngestion'
  )
ORDER BY eventTime DESC, eventID
LIMIT 50;
