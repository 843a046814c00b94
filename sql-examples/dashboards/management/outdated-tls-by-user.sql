-- title: Callers with an outdated TLS
-- purpose: Whose programs still speak TLS 1.0 or 1.1, and which programs these are.
-- store: trail
-- view: Table
-- columns: principal, tlsVersion, userAgent, calls, lastCall

SELECT
  coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
  tlsDetails.tlsVersion AS tlsVersion,
  userAgent,
  count(*) AS calls,
  max(eventTime) AS lastCall
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND tlsDetails.tlsVersion IN ('TLSv1', 'TLSv1.0', 'TLSv1.1')
GROUP BY 1, 2, 3
ORDER BY calls DESC, principal, userAgent
LIMIT 20;
