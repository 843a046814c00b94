-- title: Refused calls by principal tag
-- purpose: Which teams or stages are refused. Rules that use tags show here whether they bite.
-- store: trail
-- view: BarChart label=tag value=refusals
-- columns: tag, tagValue, refusals, differentCalls

WITH refused AS (
  SELECT
    eventName,
    eventContext.tagContext.principalTags AS tags
  FROM trail
  WHERE eventTime >= '$StartTime$'
    AND eventTime < '$EndTime$'
    AND eventContext.tagContext.principalTags IS NOT NULL
    AND regexp_like(errorCode, '(?i)accessdenied|unauthorized|notauthorized|forbidden')
)
SELECT
  tag,
  tagValue,
  count(*) AS refusals,
  count(DISTINCT eventName) AS differentCalls
FROM refused
CROSS JOIN UNNEST(tags) AS p(tag, tagValue)
GROUP BY tag, tagValue
ORDER BY refusals DESC, tag, tagValue
LIMIT 20;
