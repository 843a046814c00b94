-- title: Refused calls of EC2
-- purpose: Who is refused at EC2, and in which regions. Refusals in a region that is not used are worth more than
--   their number.
-- store: trail
-- view: Table
-- columns: principal, eventName, refusals, regions, lastRefusal

SELECT
  coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS principal,
  eventName,
  count(*) AS refusals,
  array_join(array_sort(array_agg(DISTINCT awsRegion)), ', ') AS regions,
  max(eventTime) AS lastRefusal
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventSource = 'ec2.amazonaws.com'
  AND regexp_like(errorCode, '(?i)accessdenied|unauthorized|notauthorized|forbidden')
GROUP BY 1, 2
ORDER BY refusals DESC, principal, eventName
LIMIT 20;
