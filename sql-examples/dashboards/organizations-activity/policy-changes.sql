-- title: Changes of service control policies and other policies of the organization
-- purpose: Guard rails that were put up, changed, taken off or switched off.
-- store: trail
-- view: Table
-- columns: eventTime, principal, eventName, policyId, targetId, errorCode, eventID

SELECT
  eventTime,
  coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
  eventName,
  coalesce(
    element_at(requestParameters, 'policyId'),
    json_extract_scalar(element_at(responseElements, 'policy'), '$.policySummary.id')
  ) AS policyId,
  coalesce(element_at(requestParameters, 'targetId'), element_at(requestParameters, 'rootId')) AS targetId,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventSource = 'organizations.amazonaws.com'
  AND eventName IN (
    'CreatePolicy',
    'UpdatePolicy',
    'DeletePolicy',
    'AttachPolicy',
    'DetachPolicy',
    'EnablePolicyType',
    'DisablePolicyType'
  )
ORDER BY eventTime DESC, eventID
LIMIT 50;
