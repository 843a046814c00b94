-- title: Refused calls by API
-- purpose: Which calls are refused most. Many calls of one deployment are a missing permission; many different
--   calls of one principal are somebody who feels his way around.
-- store: trail
-- view: BarChart label=api value=refusals
-- columns: api, refusals, principals, lastRefusal

SELECT
  concat(eventSource, ' ', eventName) AS api,
  count(*) AS refusals,
  count(DISTINCT coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy)) AS principals,
  max(eventTime) AS lastRefusal
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND regexp_like(errorCode, '(?i)accessdenied|unauthorized|notauthorized|forbidden')
GROUP BY 1
ORDER BY refusals DESC, api
LIMIT 10;
