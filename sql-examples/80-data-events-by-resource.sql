-- title: What the data events are about
-- purpose: Asked when the record itself costs too much. A hit is a bucket, function or table with its number of
--   data events, its share and its busiest caller; the first rows tell which selector to narrow.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventSource, resource, events, share, busiestPrincipal
-- tags: cost, data

WITH touched AS (
  SELECT
    eventSource,
    coalesce(
      -- Of an object and its bucket, the bucket.
      element_at(transform(filter(resources, r -> r.type <> 'AWS::S3::Object'), r -> r.ARN), 1),
      'arn:aws:s3:::' || element_at(requestParameters, 'bucketName'),
      'not told'
    ) AS resource,
    coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
    count(*) AS events
  FROM trail
  WHERE eventTime >= :since
    AND eventTime < :until
    AND eventCategory = 'Data'
  GROUP BY 1, 2, 3
)
SELECT
  eventSource,
  resource,
  sum(events) AS events,
  round(100.0 * sum(events) / sum(sum(events)) OVER (), 1) AS share,
  max_by(principal, events) AS busiestPrincipal
FROM touched
GROUP BY eventSource, resource
ORDER BY events DESC, eventSource, resource
LIMIT 50;
