-- title: Condition keys of the session
-- purpose: Values of the keys that tell of the session: its second factor, its age, who stood behind it.
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
  'federatedprovider',
  'tokenissuetime',
  'multifactorauthage',
  'multifactorauthpresent',
  'sourceidentity'
)
GROUP BY conditionKey, conditionValue
ORDER BY events DESC, conditionKey, conditionValue
LIMIT 20;
