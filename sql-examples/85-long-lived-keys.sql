-- title: Long-lived access keys in use
-- purpose: Asked to replace keys by roles. A hit is an access key of a user that was used, with its programs and
--   addresses; created tells when, if the window shows it. Keys of programs outside of AWS are the ones that remain.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: accessKeyId, userName, accountId, calls, programs, addresses, created, lastUse
-- tags: access review, credentials

WITH made AS (
  SELECT
    json_extract_scalar(element_at(responseElements, 'accessKey'), '$.accessKeyId') AS accessKeyId,
    min(eventTime) AS created
  FROM trail
  WHERE eventTime < :until
    AND eventSource = 'iam.amazonaws.com'
    AND eventName = 'CreateAccessKey'
    AND errorCode IS NULL
  GROUP BY 1
)
SELECT
  userIdentity.accessKeyId AS accessKeyId,
  max(userIdentity.userName) AS userName,
  max(userIdentity.accountId) AS accountId,
  count(*) AS calls,
  array_join(array_sort(array_agg(DISTINCT split_part(userAgent, ' ', 1))), ', ') AS programs,
  count(DISTINCT sourceIPAddress) AS addresses,
  max(made.created) AS created,
  max(eventTime) AS lastUse
FROM trail
LEFT JOIN made ON made.accessKeyId = userIdentity.accessKeyId
WHERE eventTime >= :since
  AND eventTime < :until
  AND userIdentity.type = 'IAMUser'
  AND userIdentity.accessKeyId LIKE 'AKIA%'
GROUP BY userIdentity.accessKeyId
ORDER BY calls DESC, accessKeyId;
