-- title: Resource tags and their values
-- purpose: Which tags the touched resources have, so that activity can be told by team, stage or cost centre.
-- store: trail
-- view: BarChart label=tag value=events
-- columns: tag, tagValue, events

WITH tagged AS (
  SELECT eventID, resource.tags AS tags
  FROM trail
  CROSS JOIN UNNEST(eventContext.tagContext.resourceTags) AS t(resource)
  WHERE eventTime >= '$StartTime$'
    AND eventTime < '$EndTime$'
)
SELECT tag, tagValue, count(DISTINCT eventID) AS events
FROM tagged
CROSS JOIN UNNEST(tags) AS p(tag, tagValue)
GROUP BY tag, tagValue
ORDER BY events DESC, tag, tagValue
LIMIT 20;
