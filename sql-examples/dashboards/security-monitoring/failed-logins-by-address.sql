-- title: Failed console logins by address
-- purpose: Addresses from which logins fail, and how many names were tried there. One name is mostly somebody who
--   forgot his password, many names are a list being tried.
-- store: trail
-- view: Table
-- columns: sourceIPAddress, failures, names, firstFailure, lastFailure

SELECT
  sourceIPAddress,
  count(*) AS failures,
  count(DISTINCT userIdentity.userName) AS names,
  min(eventTime) AS firstFailure,
  max(eventTime) AS lastFailure
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventSource = 'signin.amazonaws.com'
  AND eventName = 'ConsoleLogin'
  AND element_at(responseElements, 'ConsoleLogin') = 'Failure'
GROUP BY sourceIPAddress
ORDER BY failures DESC, sourceIPAddress
LIMIT 20;
