-- title: Console logins as root
-- purpose: Every login of a root user, failed ones too. There should be none outside of a planned task.
-- store: trail
-- view: Table
-- columns: eventTime, accountId, result, mfaUsed, sourceIPAddress, userAgent, eventID

SELECT
  eventTime,
  coalesce(userIdentity.accountId, recipientAccountId) AS accountId,
  element_at(responseElements, 'ConsoleLogin') AS result,
  element_at(additionalEventData, 'MFAUsed') AS mfaUsed,
  sourceIPAddress,
  userAgent,
  eventID
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventSource = 'signin.amazonaws.com'
  AND eventName = 'ConsoleLogin'
  AND userIdentity.type = 'Root'
ORDER BY eventTime DESC, eventID
LIMIT 50;
