-- title: Condition keys of the principal
-- purpose: Values of the keys that tell who the caller is: organization, account, type.
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
  'principalarn',
  'principalaccount',
  'principalorgid',
  'principalorgpaths',
  'principaltype',
  'principalisawsservice',
  'principalservicename',
  'principalservicenameslist',
  'userid',
  'username'
)
GROUP BY conditionKey, conditionValue
ORDER BY events DESC, conditionKey, conditionValue
LIMIT 20;
