-- title: One address that tries many names
-- purpose: Asked when accounts are locked or logins fail in waves. A hit is an address from which logins of several
--   users failed; logins that succeeded from there are the ones to act on. An office behind one address has failures
--   too, but few in an hour.
-- store: trail
-- param: names number 3 From so many different names on
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: hour, sourceIPAddress, failures, names, succeeded, exampleNames
-- tags: credential access, brute force

SELECT
  date_trunc('hour', eventTime) AS hour,
  sourceIPAddress,
  count_if(errorMessage IS NOT NULL) AS failures,
  count(DISTINCT userIdentity.userName) FILTER (WHERE errorMessage IS NOT NULL) AS names,
  count_if(element_at(responseElements, 'ConsoleLogin') = 'Success') AS succeeded,
  array_join(array_sort(array_agg(DISTINCT userIdentity.userName)), ', ') AS exampleNames
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 'signin.amazonaws.com'
  AND eventName = 'ConsoleLogin'
GROUP BY 1, 2
HAVING count(DISTINCT userIdentity.userName) FILTER (WHERE errorMessage IS NOT NULL) >= :names
ORDER BY hour, sourceIPAddress;
