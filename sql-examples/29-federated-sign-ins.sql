-- title: Sessions through identity providers
-- purpose: Asked to see who comes in through SAML and web identity, and by which provider. A hit is one provider,
--   role and subject; a provider that nobody set up, or a repository that is not yours, is the alarm. Pipelines and
--   the staff directory are expected.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: provider, roleArn, subject, sessions, refused, addresses, firstSeen, lastSeen
-- tags: initial access, identity

SELECT
  coalesce(
    -- STS names the SAML provider as a principal in the request, that of web identity in its answer.
    element_at(requestParameters, 'principalArn'),
    element_at(responseElements, 'provider'),
    userIdentity.identityProvider
  ) AS provider,
  element_at(requestParameters, 'roleArn') AS roleArn,
  coalesce(
    element_at(responseElements, 'subjectFromWebIdentityToken'),
    element_at(responseElements, 'subject'),
    userIdentity.userName
  ) AS subject,
  count_if(errorCode IS NULL) AS sessions,
  count_if(errorCode IS NOT NULL) AS refused,
  approx_distinct(sourceIPAddress) AS addresses,
  min(eventTime) AS firstSeen,
  max(eventTime) AS lastSeen
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 'sts.amazonaws.com'
  AND eventName IN ('AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity')
GROUP BY 1, 2, 3
ORDER BY firstSeen, roleArn, subject;
