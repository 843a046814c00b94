-- title: What an access key did
-- purpose: Asked as soon as a key is found in the wrong place. Shows each kind of call with the key, and with
--   every key that was made by it: sessions from STS, and new access keys of users, however long the chain. What
--   was done in a console session that was made from the key has keys of its own that CloudTrail does not link.
-- store: trail
-- param: access_key_id text 'AKIAIOSFODNN7EXAMPLE' Id of the access key, AKIA... or ASIA...
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: accessKeyId, principal, eventSource, eventName, awsRegion, sourceIPAddress, calls, failed,
--   firstCall, lastCall
-- tags: credentials, incident

WITH RECURSIVE keys_made AS (
  SELECT DISTINCT
    userIdentity.accessKeyId AS maker,
    coalesce(responseElements.credentials.accessKeyId, responseElements.accessKey.accessKeyId) AS made
  FROM trail
  -- Not only in the window: a session or key that was made before it is used in it.
  WHERE eventTime < :until
    AND eventSource IN ('sts.amazonaws.com', 'iam.amazonaws.com')
    AND userIdentity.accessKeyId IS NOT NULL
), chain AS (
  SELECT :access_key_id AS accessKeyId
  UNION
  SELECT keys_made.made AS accessKeyId
  FROM keys_made
  JOIN chain ON keys_made.maker = chain.accessKeyId
  WHERE keys_made.made IS NOT NULL
)
SELECT
  userIdentity.accessKeyId AS accessKeyId,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.userName) AS principal,
  eventSource,
  eventName,
  awsRegion,
  sourceIPAddress,
  count(*) AS calls,
  count_if(errorCode IS NOT NULL OR errorMessage IS NOT NULL) AS failed,
  min(eventTime) AS firstCall,
  max(eventTime) AS lastCall
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND userIdentity.accessKeyId IN (SELECT accessKeyId FROM chain)
GROUP BY 1, 2, 3, 4, 5, 6
ORDER BY firstCall, eventSource, eventName, awsRegion, sourceIPAddress;
