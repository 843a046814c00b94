-- title: Web and network firewalls taken away
-- purpose: Asked when a service is attacked past its shield. A hit is a web ACL, rule group, firewall or shield
--   protection that was deleted, loosened or taken off its resource, tried or done.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventSource, eventName, resource, sourceIPAddress, accountId, errorCode, eventID
-- tags: defense evasion, network, waf

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventSource,
  eventName,
  coalesce(
    element_at(requestParameters, 'resourceArn'),
    element_at(requestParameters, 'name'),
    element_at(requestParameters, 'firewallName'),
    element_at(requestParameters, 'protectionId')
  ) AS resource,
  sourceIPAddress,
  recipientAccountId AS accountId,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource IN (
    'wafv2.amazonaws.com',
    'waf.amazonaws.com',
    'waf-regional.amazonaws.com',
    'network-firewall.amazonaws.com',
    'shield.amazonaws.com',
    'route53resolver.amazonaws.com'
  )
  AND regexp_like(eventName, '^(Delete|Disassociate|Disable)')
  AND eventName NOT LIKE '%Tag%'
ORDER BY eventTime, eventID;
