-- title: Principal tags and their values
-- purpose: Which tags the callers have. Calls without the tag that everybody must have are made by identities
--   outside of the process.
-- store: trail
-- view: BarChart label=tag value=events
-- columns: tag, tagValue, events, principals

WITH tagged AS (
  SELECT
    coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
    eventContext.tagContext.principalTags AS tags
  FROM trail
  WHERE eventTime >= '$StartTime$'
    AND eventTime < '$EndTime$'
    AND eventContext.tagContext.principalTags IS NOT NULL
)
SELECT
  tag,
  tagValue,
  count(*) AS events,
  count(DISTINCT principal) AS principals
FROM tagged
CROSS JOIN UNNEST(tags) AS p(tag, tagValue)
GROUP BY tag, tagValue
ORDER BY events DESC, tag, tagValue
LIMIT 20;
