-- title: Failed console logins over time, with and without MFA
-- purpose: A line that jumps is somebody who guesses passwords. Failures with MFA mean that a password may be known
--   already.
-- store: trail
-- view: LineChart x=period y=failures series=mfaUsed
-- columns: period, mfaUsed, failures

SELECT
  date_trunc('$Period$', eventTime) AS period,
  coalesce(element_at(additionalEventData, 'MFAUsed'), 'not told') AS mfaUsed,
  count(*) AS failures
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventSource = 'signin.amazonaws.com'
  AND eventName = 'ConsoleLogin'
  AND element_at(responseElements, 'ConsoleLogin') = 'Failure'
GROUP BY 1, 2
ORDER BY period, mfaUsed;
