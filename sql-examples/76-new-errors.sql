-- title: Errors that are new
-- purpose: Asked after a release: what fails now that did not before. A hit is a call of a principal with an error
--   code that he did not get since the baseline. Sessions of a role are counted together.
-- store: trail
-- param: baseline timestamp '2025-12-01' Start of the history that tells what is known
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: principal, eventSource, eventName, errorCode, errors, exampleMessage, firstError, lastError
-- tags: operations, errors

WITH errors AS (
  SELECT
    coalesce(
      userIdentity.sessionContext.sessionIssuer.arn,
      coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy)
    ) AS principal,
    eventSource,
    eventName,
    errorCode,
    errorMessage,
    eventTime
  FROM trail
  WHERE eventTime >= :baseline
    AND eventTime < :until
    AND errorCode IS NOT NULL
)
SELECT
  principal,
  eventSource,
  eventName,
  errorCode,
  count(*) AS errors,
  max_by(errorMessage, eventTime) AS exampleMessage,
  min(eventTime) AS firstError,
  max(eventTime) AS lastError
FROM errors
GROUP BY principal, eventSource, eventName, errorCode
HAVING min(eventTime) >= :since
ORDER BY errors DESC, principal, eventSource, eventName, errorCode;
