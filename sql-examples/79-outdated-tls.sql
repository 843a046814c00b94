-- title: Callers that speak an outdated TLS
-- purpose: Asked before old protocols are switched off. A hit is a program that still uses TLS 1.0 or 1.1, where it
--   runs and what it calls. Everything listed will stop to work.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: principal, tlsVersion, program, services, calls, sourceIPAddresses, lastCall
-- tags: operations, tls

SELECT
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  tlsDetails.tlsVersion AS tlsVersion,
  -- The first word of the user agent tells the program and its version.
  split_part(userAgent, ' ', 1) AS program,
  array_join(array_sort(array_agg(DISTINCT eventSource)), ', ') AS services,
  count(*) AS calls,
  array_join(array_sort(array_agg(DISTINCT sourceIPAddress)), ', ') AS sourceIPAddresses,
  max(eventTime) AS lastCall
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND tlsDetails.tlsVersion IN ('TLSv1', 'TLSv1.0', 'TLSv1.1')
GROUP BY 1, 2, 3
ORDER BY calls DESC, principal, program;
