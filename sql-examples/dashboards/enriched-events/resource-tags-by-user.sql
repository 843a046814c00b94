-- title: Resource tags by resource and user
-- purpose: Who touched which tagged resource. A developer at a resource of production is what one looks for.
-- store: trail
-- view: Table
-- columns: principal, resourceArn, tag, tagValue, events

WITH tagged AS (
  SELECT
    eventID,
    coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
    resource.arn AS resourceArn,
    resource.tags AS tags
  FROM trail
  CROSS JOIN UNNEST(eventContext.tagContext.resourceTags) AS t(resource)
  WHERE eventTime >= '$StartTime$'
    AND eventTime < '$EndTime$'
)
SELECT principal, resourceArn, tag, tagValue, count(DISTINCT eventID) AS events
FROM tagged
CROSS JOIN UNNEST(tags) AS p(tag, tagValue)
GROUP BY principal, resourceArn, tag, tagValue
ORDER BY events DESC, principal, resourceArn, tag
LIMIT 20;
