-- title: Policy versions made or brought back
-- purpose: Asked when a policy that looked right is not in force. A hit is a new default version of a managed
--   policy, or an old one that was made default again, which can bring back rights that were taken away.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, policyArn, versionId, allowsAll, accountId, errorCode, eventID
-- tags: privilege escalation, permissions

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventName,
  element_at(requestParameters, 'policyArn') AS policyArn,
  coalesce(
    element_at(requestParameters, 'versionId'),
    json_extract_scalar(element_at(responseElements, 'policyVersion'), '$.versionId')
  ) AS versionId,
  -- The document is text inside of JSON: parse it, then look at its statements.
  coalesce(
    any_match(
      CAST(json_extract(json_parse(element_at(requestParameters, 'policyDocument')), '$.Statement') AS array(json)),
      s -> json_extract_scalar(s, '$.Effect') = 'Allow' AND json_extract_scalar(s, '$.Action') = '*'
    ),
    false
  ) AS allowsAll,
  recipientAccountId AS accountId,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 'iam.amazonaws.com'
  AND (
    eventName = 'SetDefaultPolicyVersion'
    OR (eventName = 'CreatePolicyVersion' AND element_at(requestParameters, 'setAsDefault') = true)
  )
ORDER BY eventTime, eventID;
