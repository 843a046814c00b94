-- title: Accounts with the most refused calls
-- purpose: In which accounts calls are refused, and how many of them by a policy of the organization.
-- store: trail
-- view: BarChart label=accountId value=refusals
-- columns: accountId, refusals, byServiceControlPolicy, principals

SELECT
  recipientAccountId AS accountId,
  count(*) AS refusals,
  count_if(errorMessage LIKE '%service control policy%') AS byServiceControlPolicy,
  count(DISTINCT coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy)) AS principals
FROM trail
WHERE eventTime >= '$StartTime$'
  AND eventTime < '$EndTime$'
  AND regexp_like(errorCode, '(?i)accessdenied|unauthorized|notauthorized|forbidden')
GROUP BY recipientAccountId
ORDER BY refusals DESC, accountId
LIMIT 10;
