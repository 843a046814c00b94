-- title: Changes of users, groups and credentials
-- purpose: People and keys that came, went or changed. New access keys and console passwords are how an intruder
--   stays.
-- store: trail
-- view: Table
-- columns: eventTime, principal, eventName, userName, errorCode, eventID

SELECT
  eventTime,
  coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
  eventName,
  element_at(requestParameters, 'userName') AS userName,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventSource = 'iam.amazonaws.com'
  AND readOnly = false
  AND regexp_like(eventName, '(User|Group|LoginProfile|AccessKey|Password|MFADevice)$')
ORDER BY eventTime DESC, eventID
LIMIT 50;
