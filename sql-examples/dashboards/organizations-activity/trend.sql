-- title: Events over time by account
-- purpose: Which accounts of the organization are loud, and when. An account whose line ends may have lost its
--   trail.
-- store: trail
-- view: LineChart x=period y=events series=accountId
-- columns: period, accountId, events

SELECT
  date_trunc('$Period$', eventTime) AS period,
  recipientAccountId AS accountId,
  count(*) AS events
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
GROUP BY 1, 2
ORDER BY period, accountId;
