-- title: Actions on objects
-- purpose: What is done with objects: read, written, deleted, listed.
-- store: trail
-- view: PieChart label=eventName value=calls
-- columns: eventName, calls, refused

SELECT
  eventName,
  count(*) AS calls,
  count_if(regexp_like(errorCode, '(?i)accessdenied|unauthorized|notauthorized|forbidden')) AS refused
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND eventCategory = 'Data'
  AND eventSource = 's3.amazonaws.com'
GROUP BY eventName
ORDER BY calls DESC, eventName
LIMIT 10;
