-- title: Console logins without MFA
-- purpose: Asked when a password may be stolen, and for audits. A hit is a person, root, or a session made from
--   access keys, who is in the console without a second factor. Logins through SAML and IAM Identity Center are
--   left out: their MFA happens at the identity provider and CloudTrail says "No" for all of them. A login broker
--   of your own, which makes sign-in tokens, is a false positive.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, identityType, accountId, sourceIPAddress, userAgent, mfaUsed, eventID
-- tags: identity, mfa, cis 4.2

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), userIdentity.userName, userIdentity.principalId) AS principal,
  userIdentity.type AS identityType,
  coalesce(userIdentity.accountId, recipientAccountId) AS accountId,
  sourceIPAddress,
  userAgent,
  additionalEventData.MFAUsed AS mfaUsed,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 'signin.amazonaws.com'
  AND eventName = 'ConsoleLogin'
  AND responseElements.ConsoleLogin = 'Success'
  AND (additionalEventData.MFAUsed IS DISTINCT FROM 'Yes')
  AND (
    coalesce(userIdentity.type, '') NOT IN ('AssumedRole', 'FederatedUser')
    OR (
      additionalEventData.SamlProviderArn IS NULL
      AND strpos(coalesce(userIdentity.sessionContext.sessionIssuer.arn, userIdentity.arn, ''), 'AWSReservedSSO_') = 0
      AND (userIdentity.sessionContext.attributes.mfaAuthenticated IS DISTINCT FROM 'true')
    )
  )
ORDER BY eventTime, eventID;
