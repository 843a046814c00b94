-- title: Errors by code
-- purpose: Which kinds of errors there are. Refusals, throttling and mistakes have different owners.
-- store: trail
-- view: PieChart label=errorCode value=errors
-- columns: errorCode, errors

SELECT
  -- EC2 writes "Client." before what others write alone.
  regexp_replace(errorCode, '^(Client|Server)\.', '') AS errorCode,
  count(*) AS errors
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND errorCode IS NOT NULL
GROUP BY 1
ORDER BY errors DESC, 1
LIMIT 10;
