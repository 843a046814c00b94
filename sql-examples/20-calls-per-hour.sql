-- title: Calls per hour
-- purpose: Asked to see when it began and when it was loudest: hours in which changes or failures stand out of
--   their neighbours. Hours without any event have no row, which can itself be the finding.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: hour, calls, changes, failed, refused, principals, addresses
-- tags: overview

SELECT
  date_trunc('hour', eventTime) AS hour,
  count(*) AS calls,
  count_if(readOnly = false) AS changes,
  -- Failed logins have an errorMessage only.
  count_if(errorCode IS NOT NULL OR errorMessage IS NOT NULL) AS failed,
  count_if(lower(errorCode) LIKE '%accessdenied%' OR lower(errorCode) LIKE '%unauthorized%') AS refused,
  count(DISTINCT coalesce(
    nullif(userIdentity.arn, ''),
    nullif(userIdentity.principalId, ''),
    userIdentity.invokedBy
  )) AS principals,
  count(DISTINCT sourceIPAddress) AS addresses
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
GROUP BY 1
ORDER BY hour;
