-- title: Keys that ask who they are and are then refused
-- purpose: Asked to find stolen keys in their first minutes: the finder asks whose key it is and then tries doors.
--   A hit is such a call followed by refusals of the same key within so many minutes. Programs ask at each start, but
--   are not refused.
-- store: trail
-- param: minutes number 30 Refusals within so many minutes count
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: accessKeyId, principal, askedAt, sourceIPAddress, refusals, differentCalls, eventID
-- tags: discovery, credentials

WITH asked AS (
  SELECT
    eventTime AS askedAt,
    userIdentity.accessKeyId AS accessKeyId,
    coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
    sourceIPAddress,
    eventID
  FROM trail
  WHERE eventTime >= :since
    AND eventTime < :until
    AND eventSource = 'sts.amazonaws.com'
    AND eventName = 'GetCallerIdentity'
), refused AS (
  SELECT
    eventTime AS refusedAt,
    userIdentity.accessKeyId AS accessKeyId,
    eventName
  FROM trail
  WHERE eventTime >= :since
    AND eventTime < date_add('minute', :minutes, :until)
    AND regexp_like(errorCode, '(?i)accessdenied|unauthorized')
)
SELECT
  asked.accessKeyId,
  asked.principal,
  asked.askedAt,
  asked.sourceIPAddress,
  count(*) AS refusals,
  count(DISTINCT refused.eventName) AS differentCalls,
  asked.eventID
FROM asked
JOIN refused ON refused.accessKeyId = asked.accessKeyId
WHERE refused.refusedAt >= asked.askedAt
  AND date_diff('minute', asked.askedAt, refused.refusedAt) < :minutes
GROUP BY asked.accessKeyId, asked.principal, asked.askedAt, asked.sourceIPAddress, asked.eventID
ORDER BY asked.askedAt, asked.eventID;
