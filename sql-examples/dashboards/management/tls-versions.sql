-- title: TLS versions of management calls
-- purpose: Which TLS versions callers use. What is not TLS 1.2 or 1.3 will stop to work, and is no longer safe.
-- store: trail
-- view: PieChart label=tlsVersion value=calls
-- columns: tlsVersion, calls, principals

SELECT
  tlsDetails.tlsVersion AS tlsVersion,
  count(*) AS calls,
  count(DISTINCT coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy)) AS principals
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND managementEvent = true
  AND tlsDetails.tlsVersion IS NOT NULL
GROUP BY tlsDetails.tlsVersion
ORDER BY calls DESC, tlsVersion;
