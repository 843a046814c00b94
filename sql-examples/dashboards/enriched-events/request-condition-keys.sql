-- title: Condition keys of the request
-- purpose: Values of the keys that tell how the call came: encrypted or not, through a service, to which region.
-- store: trail
-- view: Table
-- columns: conditionKey, conditionValue, events

WITH keyed AS (
  SELECT eventID, eventContext.requestContext AS context
  FROM trail
  WHERE eventTime >= '$StartTime$'
    AND eventTime < '$EndTime$'
    AND eventContext.requestContext IS NOT NULL
)
SELECT conditionKey, conditionValue, count(*) AS events
FROM keyed
CROSS JOIN UNNEST(context) AS p(conditionKey, conditionValue)
-- Global keys stand as aws:Key, in any case.
WHERE lower(replace(conditionKey, 'aws:')) IN (
  'requestedregion',
  'securetransport',
  'viaawsservice',
  'sourceaccount',
  'sourceorgid',
  'currenttime',
  'epochtime'
)
GROUP BY conditionKey, conditionValue
ORDER BY events DESC, conditionKey, conditionValue
LIMIT 20;
