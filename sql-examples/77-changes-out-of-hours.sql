-- title: Changes at night and on weekends
-- purpose: Asked in reviews of change windows. A hit is a change that a person or role made outside of the working
--   hours of Monday to Friday, in UTC. Scheduled work shows up; name its roles once they are known.
-- store: trail
-- param: first_hour number 7 First hour of work, UTC
-- param: last_hour number 18 Last hour of work, UTC
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: principal, changes, weekendChanges, differentCalls, exampleCall, firstChange, lastChange
-- tags: operations, changes

WITH changes AS (
  SELECT
    coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
    eventTime,
    eventName,
    day_of_week(eventTime) >= 6 AS onWeekend,
    -- Monday is 1.
    day_of_week(eventTime) >= 6 OR hour(eventTime) NOT BETWEEN :first_hour AND :last_hour AS outside
  FROM trail
  WHERE eventTime >= :since
    AND eventTime < :until
    AND readOnly = false
    AND managementEvent = true
    AND errorCode IS NULL
    AND userIdentity.invokedBy IS NULL
    AND eventSource NOT IN ('signin.amazonaws.com', 'sts.amazonaws.com')
)
SELECT
  principal,
  count_if(outside) AS changes,
  count_if(onWeekend) AS weekendChanges,
  count(DISTINCT eventName) FILTER (WHERE outside) AS differentCalls,
  min_by(eventName, eventTime) FILTER (WHERE outside) AS exampleCall,
  min(eventTime) FILTER (WHERE outside) AS firstChange,
  max(eventTime) FILTER (WHERE outside) AS lastChange
FROM changes
GROUP BY principal
HAVING count_if(outside) > 0
ORDER BY changes DESC, principal;
