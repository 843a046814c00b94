-- title: Identity providers set up or changed
-- purpose: Asked because a provider lets in everybody whom it vouches for. A hit is a SAML or OIDC provider that
--   was made or changed, or the identity source of IAM Identity Center. It happens a few times in the life of an
--   account.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, provider, sourceIPAddress, accountId, errorCode, eventID
-- tags: persistence, identity, sso

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventName,
  coalesce(
    element_at(requestParameters, 'url'),
    element_at(requestParameters, 'name'),
    element_at(requestParameters, 'sAMLProviderArn'),
    element_at(requestParameters, 'openIDConnectProviderArn'),
    element_at(requestParameters, 'instanceArn')
  ) AS provider,
  sourceIPAddress,
  recipientAccountId AS accountId,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND (
    (
      eventSource = 'iam.amazonaws.com'
      AND regexp_like(eventName, '^(Create|Update|Delete|Add).*(SAMLProvider|OpenIDConnectProvider)')
    )
    OR (
      eventSource IN ('sso.amazonaws.com', 'sso-directory.amazonaws.com')
      AND regexp_like(
        eventName,
        '(?i)^(Create|Update|Enable|Associate|Disassociate).*(IdentityProvider|Directory|TrustedTokenIssuer)'
      )
    )
  )
ORDER BY eventTime, eventID;
