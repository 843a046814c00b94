-- title: Member accounts by activity
-- purpose: How busy each account is, who works in it and how much of it fails.
-- store: trail
-- view: Table
-- columns: accountId, events, changes, errors, principals, lastEvent

SELECT
  recipientAccountId AS accountId,
  count(*) AS events,
  count_if(readOnly = false) AS changes,
  count_if(errorCode IS NOT NULL) AS errors,
  approx_distinct(coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy)) AS principals,
  max(eventTime) AS lastEvent
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
GROUP BY recipientAccountId
ORDER BY events DESC, accountId
LIMIT 50;
