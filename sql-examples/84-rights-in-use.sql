-- title: What a role really uses
-- purpose: Asked when a policy is to be narrowed. A hit is a service with the actions that the role called and how
--   often each; what is not listed can be taken away. Calls without record, such as most data events, are missing
--   here.
-- store: trail
-- param: principal text 'arn:aws:iam::111122223333:role/Deploy' ARN of the role, or of a user
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventSource, actions, calls, refused, lastCall
-- tags: access review, permissions, least privilege

WITH used AS (
  SELECT
    eventSource,
    -- Lambda and others write the version of the API behind the name.
    regexp_replace(eventName, '[0-9]{8}(v[0-9]+)?$') AS action,
    count(*) AS calls,
    count_if(errorCode IS NOT NULL) AS refused,
    max(eventTime) AS lastCall
  FROM trail
  WHERE eventTime >= :since
    AND eventTime < :until
    AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, userIdentity.arn) = :principal
  GROUP BY 1, 2
)
SELECT
  eventSource,
  json_format(CAST(map_agg(action, calls) AS json)) AS actions,
  sum(calls) AS calls,
  sum(refused) AS refused,
  max(lastCall) AS lastCall
FROM used
GROUP BY eventSource
ORDER BY eventSource;
