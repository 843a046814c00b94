-- title: Console login failures
-- purpose: Asked when somebody guesses passwords. A hit is one user name tried from one address; look first where
--   logins succeeded from the same address. AWS hides the name when it fits no user, so many names can stand in
--   one row. A few failures followed by a success are mostly somebody who mistyped.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: userName, accountId, sourceIPAddress, failures, successesFromAddress, reasons, firstFailure,
--   lastFailure
-- tags: identity, brute force, cis 4.6

WITH sign_ins AS (
  SELECT
    eventTime,
    coalesce(
      nullif(userIdentity.userName, ''),
      nullif(additionalEventData.UserName, ''),
      nullif(userIdentity.arn, ''),
      userIdentity.principalId,
      userIdentity.type
    ) AS userName,
    coalesce(userIdentity.accountId, recipientAccountId) AS accountId,
    sourceIPAddress,
    coalesce(errorMessage, errorCode, eventName) AS reason,
    eventName = 'ConsoleLogin' AND coalesce(responseElements.ConsoleLogin = 'Success', false) AS succeeded,
    -- Failed logins have an errorMessage but no errorCode; IAM Identity Center reports in serviceEventDetails.
    (eventName = 'ConsoleLogin' AND responseElements.ConsoleLogin IS DISTINCT FROM 'Success')
      OR errorMessage IS NOT NULL
      OR errorCode IS NOT NULL
      OR coalesce(strpos(responseElements, '"Failure"') > 0, false)
      OR coalesce(strpos(serviceEventDetails, '"Failure"') > 0, false) AS failed
  FROM trail
  WHERE eventTime >= :since
    AND eventTime < :until
    AND eventSource = 'signin.amazonaws.com'
), successes AS (
  SELECT sourceIPAddress, count(*) AS logins
  FROM sign_ins
  WHERE succeeded
  GROUP BY sourceIPAddress
)
SELECT
  failures.userName,
  failures.accountId,
  failures.sourceIPAddress,
  count(*) AS failures,
  coalesce(max(successes.logins), 0) AS successesFromAddress,
  string_agg(DISTINCT failures.reason, '; ' ORDER BY failures.reason) AS reasons,
  min(failures.eventTime) AS firstFailure,
  max(failures.eventTime) AS lastFailure
FROM sign_ins AS failures
LEFT JOIN successes ON successes.sourceIPAddress = failures.sourceIPAddress
WHERE failures.failed
GROUP BY failures.userName, failures.accountId, failures.sourceIPAddress
ORDER BY failures DESC, firstFailure;
