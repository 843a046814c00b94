-- title: Changes outside of CloudFormation
-- purpose: Resources that were made, changed or deleted past the templates, so that the templates no longer tell
--   the truth.
-- store: trail
-- view: Table
-- columns: principal, eventSource, eventName, changes, lastChange

SELECT
  coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
  eventSource,
  eventName,
  count(*) AS changes,
  max(eventTime) AS lastChange
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND errorCode IS NULL
  AND readOnly = false
  AND (eventCategory IS DISTINCT FROM 'Data')
  AND coalesce(userIdentity.invokedBy, '') <> 'cloudformation.amazonaws.com'
  AND coalesce(sourceIPAddress, '') <> 'cloudformation.amazonaws.com'
  AND eventSource NOT IN ('cloudformation.amazonaws.com', 'signin.amazonaws.com', 'sts.amazonaws.com')
GROUP BY 1, 2, 3
ORDER BY changes DESC, principal, eventSource, eventName
LIMIT 20;
