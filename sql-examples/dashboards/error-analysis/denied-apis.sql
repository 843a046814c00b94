-- title: Refused calls by service and API
-- purpose: Which calls are refused in which service.
-- store: trail
-- view: BarChart label=eventName value=refusals
-- columns: eventSource, eventName, refusals, principals

SELECT
  eventSource,
  eventName,
  count(*) AS refusals,
  count(DISTINCT coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy)) AS principals
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND regexp_like(errorCode, '(?i)accessdenied|unauthorized|notauthorized|forbidden')
GROUP BY eventSource, eventName
ORDER BY refusals DESC, eventSource, eventName
LIMIT 10;
