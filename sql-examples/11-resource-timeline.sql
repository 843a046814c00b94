-- title: Timeline of a resource
-- purpose: Asked when one thing is the matter: who made it, changed it, read it, tried to. Finds the ARN wherever
--   an event names it, and the bare name or id in requests to the resource's own service, since most requests
--   have no ARN. A name that several kinds of things share (a user and a policy `deploy`) brings events of the
--   others. What a role or user did itself is not here.
-- store: trail
-- param: arn text 'arn:aws:ec2:us-east-1:111122223333:instance/i-0123456789abcdef0' ARN of the resource
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventSource, eventName, readOnly, sourceIPAddress, accountId, errorCode,
--   request, eventID
-- tags: resources, incident

WITH named AS (
  SELECT
    :arn AS arn,
    split_part(:arn, ':', 3) AS service,
    split_part(:arn, ':', 4) AS region,
    split_part(:arn, ':', 5) AS account,
    CASE
      -- The key of an object is no name; its events have the ARN.
      WHEN :arn LIKE 'arn:%:s3:::%/%' THEN :arn
      -- Secrets Manager adds six characters to the name.
      WHEN :arn LIKE 'arn:%:secretsmanager:%' THEN regexp_replace(:arn, '^([^:]*:){5}secret:(.*)-[A-Za-z0-9]{6}$', '$2')
      -- instance/NAME, function:NAME, log-group:NAME:*, or NAME.
      ELSE regexp_replace(regexp_replace(:arn, ':[*]$', ''), '^([^:]*:){5}([a-z-]+[:/])?', '')
    END AS name
), wanted AS (
  SELECT
    *,
    -- IAM names have no path in requests.
    regexp_replace(name, '^.*/', '') AS lastName,
    CASE service WHEN 'cloudwatch' THEN 'monitoring' ELSE service END || '.amazonaws.com' AS source,
    -- Ids such as i-0123456789abcdef0 and UUIDs are found in the requests to every service.
    regexp_like(name, '^([a-z]+-)+[0-9a-f]{8,17}$')
      OR regexp_like(name, '^(mrk-)?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$') AS isUnique
  FROM named
), listed AS (
  SELECT DISTINCT eventID
  FROM (
    SELECT eventID, unnest(resources) AS resource
    FROM trail
    WHERE eventTime >= :since
      AND eventTime < :until
  ) AS pairs
  WHERE resource.ARN = :arn
), events AS (
  SELECT
    eventTime,
    coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
    eventSource,
    eventName,
    readOnly,
    sourceIPAddress,
    recipientAccountId AS accountId,
    awsRegion,
    errorCode,
    requestParameters AS request,
    eventID,
    concat(
      coalesce(requestParameters, ''), ' ',
      coalesce(responseElements, ''), ' ',
      coalesce(serviceEventDetails, ''), ' ',
      -- Without the caller, whom a refusal names first.
      coalesce(regexp_replace(errorMessage, '^User: [^ ]+', ''), ''), ' '
    ) AS text
  FROM trail
  WHERE eventTime >= :since
    AND eventTime < :until
)
SELECT
  events.eventTime,
  principal,
  eventSource,
  eventName,
  readOnly,
  sourceIPAddress,
  accountId,
  errorCode,
  request,
  events.eventID
FROM events
CROSS JOIN wanted
LEFT JOIN listed ON listed.eventID = events.eventID
WHERE listed.eventID IS NOT NULL
  -- The ARN and no longer one: role/Admin is not role/Administrator.
  OR strpos(text, arn || '"') > 0
  OR strpos(text, arn || ' ') > 0
  OR strpos(text, arn || '\') > 0
  OR strpos(text, arn || '/') > 0
  OR strpos(text, arn || ':') > 0
  OR (
    (isUnique OR (
      eventSource = source
      AND (account = '' OR accountId = account)
      AND (region = '' OR awsRegion = region)
    ))
    AND (
      strpos(text, '"' || name || '"') > 0
      OR strpos(text, '"' || lastName || '"') > 0
      OR strpos(text, '"/' || name || '"') > 0
      -- The URL of a queue.
      OR strpos(text, '/' || account || '/' || name || '"') > 0
    )
  )
ORDER BY events.eventTime, events.eventID;
