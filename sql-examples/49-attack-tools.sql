-- title: Calls that name an attack tool
-- purpose: Asked in every hunt, since many do not bother to hide. A hit is a program or system of penetration
--   testers in the user agent. A test that was ordered is the false positive; ask for its addresses.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: principal, userAgent, sourceIPAddress, calls, differentCalls, refused, firstCall, lastCall
-- tags: defense evasion, discovery, tools

SELECT
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  userAgent,
  sourceIPAddress,
  count(*) AS calls,
  count(DISTINCT concat(eventSource, ' ', eventName)) AS differentCalls,
  count_if(errorCode IS NOT NULL) AS refused,
  min(eventTime) AS firstCall,
  max(eventTime) AS lastCall
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  -- Not within a word: kernels of Kali are called 6.5.0-1kali1.
  AND regexp_like(
    userAgent,
    '(?i)(^|[^a-z])(kali|parrot|pentoo|pacu|cloudfox|scoutsuite|prowler|enumerate-iam|trufflehog|stratus-red-team)'
  )
GROUP BY 1, 2, 3
ORDER BY firstCall, principal, sourceIPAddress;
