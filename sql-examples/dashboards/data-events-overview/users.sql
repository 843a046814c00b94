-- title: Principals with the most data events
-- purpose: Who touches data, how much and how many kinds of it.
-- store: trail
-- view: BarChart label=principal value=events
-- columns: principal, events, services, resourcesTouched, refused

SELECT
  coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
  count(*) AS events,
  count(DISTINCT eventSource) AS services,
  approx_distinct(element_at(resources, 1).ARN) AS resourcesTouched,
  count_if(regexp_like(errorCode, '(?i)accessdenied|unauthorized|notauthorized|forbidden')) AS refused
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventCategory = 'Data'
GROUP BY 1
ORDER BY events DESC, principal
LIMIT 10;
