-- title: Use of the root user
-- purpose: Asked first in every review, since nobody should work as root. A hit is a sign-in, a call or a
--   password reset as root, or a privileged root session (AssumeRoot) that an organization administrator took in
--   a member account. What services do on root's behalf, such as scaling a group that root once made, is left out.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, accountId, eventName, eventSource, sourceIPAddress, userAgent, mfa, errorCode,
--   errorMessage, eventID
-- tags: identity, root, cis 4.3

SELECT
  eventTime,
  -- AssumeRoot is logged where the administrator is and names the member account it goes to.
  coalesce(requestParameters.targetPrincipal, userIdentity.accountId, recipientAccountId) AS accountId,
  eventName,
  eventSource,
  sourceIPAddress,
  userAgent,
  coalesce(additionalEventData.MFAUsed, userIdentity.sessionContext.attributes.mfaAuthenticated) AS mfa,
  errorCode,
  errorMessage,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND (
    (
      userIdentity.type = 'Root'
      AND (eventType IS DISTINCT FROM 'AwsServiceEvent')
      -- The console and some of its pages name themselves here although a person clicked.
      AND coalesce(userIdentity.invokedBy, '') IN ('', 'signin.amazonaws.com', 'AWS Internal')
    )
    OR (eventSource = 'sts.amazonaws.com' AND eventName = 'AssumeRoot')
  )
ORDER BY eventTime, eventID;
