-- title: Activity in regions that are not in use
-- purpose: Asked when guard rails may have holes. A hit is a region outside of the given list in which somebody
--   called something; changes weigh more than reads. Global services write us-east-1 and are left out by name.
-- store: trail
-- param: regions text 'us-east-1,eu-central-1' Regions in use, with commas and no blanks
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: awsRegion, principal, calls, changes, refused, services, firstCall, lastCall
-- tags: defense evasion, cryptomining

SELECT
  awsRegion,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  count(*) AS calls,
  count_if(readOnly = false) AS changes,
  count_if(errorCode IS NOT NULL) AS refused,
  array_join(array_sort(array_agg(DISTINCT eventSource)), ', ') AS services,
  min(eventTime) AS firstCall,
  max(eventTime) AS lastCall
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND NOT contains(split(:regions, ','), awsRegion)
  AND eventSource NOT IN (
    'iam.amazonaws.com',
    'sts.amazonaws.com',
    'signin.amazonaws.com',
    'organizations.amazonaws.com',
    'cloudfront.amazonaws.com',
    'route53.amazonaws.com'
  )
  AND userIdentity.type IS DISTINCT FROM 'AWSService'
GROUP BY 1, 2
ORDER BY changes DESC, awsRegion, principal;
