-- title: Changes of Security Hub
-- purpose: Asked because Security Hub is where findings meet. A hit is a hub, standard, control or product that was
--   switched off, or a finding that was set aside, tried or done. Controls that do not fit are switched off by
--   design; the list shows by whom.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, subject, sourceIPAddress, awsRegion, accountId, errorCode, eventID
-- tags: security hub, defense evasion, cis 4.16

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventName,
  coalesce(
    element_at(requestParameters, 'StandardsControlArn'),
    element_at(requestParameters, 'ProductSubscriptionArn'),
    element_at(requestParameters, 'StandardsSubscriptionArns'),
    element_at(requestParameters, 'Workflow')
  ) AS subject,
  sourceIPAddress,
  awsRegion,
  recipientAccountId AS accountId,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 'securityhub.amazonaws.com'
  AND (
    regexp_like(eventName, '^(Disable|BatchDisable|Disassociate|Delete|Update)')
    -- What sets findings aside without switching anything off.
    OR (
      eventName = 'BatchUpdateFindings'
      AND json_extract_scalar(element_at(requestParameters, 'Workflow'), '$.Status') IN ('SUPPRESSED', 'RESOLVED')
    )
  )
ORDER BY eventTime, eventID;
