-- title: Roles that were assumed
-- purpose: Which roles are taken on, and by how many. A role of administrators that a workload takes on is wrong.
-- store: trail
-- view: BarChart label=roleArn value=sessions
-- columns: roleArn, sessions, callers, refused, lastUse

SELECT
  coalesce(
    element_at(requestParameters, 'roleArn'),
    regexp_extract(errorMessage, 'on resource: (\S+)', 1)
  ) AS roleArn,
  count_if(errorCode IS NULL) AS sessions,
  count(DISTINCT coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy)) AS callers,
  count_if(errorCode IS NOT NULL) AS refused,
  max(eventTime) AS lastUse
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventSource = 'sts.amazonaws.com'
  AND eventName LIKE 'AssumeRole%'
GROUP BY 1
ORDER BY sessions DESC, roleArn
LIMIT 10;
