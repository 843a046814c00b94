-- title: Roles that trust other accounts
-- purpose: Asked to find back doors. A hit is a role whose trust policy was made or changed and names accounts
--   other than its own, or everybody; others lists them. Vendors and a deployment account are expected.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, roleName, others, everybody, accountId, eventID
-- tags: persistence, identity, exposure

WITH trusts AS (
  SELECT
    eventTime,
    coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
    eventName,
    element_at(requestParameters, 'roleName') AS roleName,
    coalesce(
      element_at(requestParameters, 'assumeRolePolicyDocument'),
      element_at(requestParameters, 'policyDocument')
    ) AS document,
    recipientAccountId AS accountId,
    eventID
  FROM trail
  WHERE eventTime >= :since
    AND eventTime < :until
    AND eventSource = 'iam.amazonaws.com'
    AND eventName IN ('CreateRole', 'UpdateAssumeRolePolicy')
    AND errorCode IS NULL
), named AS (
  SELECT
    eventTime,
    principal,
    eventName,
    roleName,
    array_remove(array_distinct(regexp_extract_all(document, '\b[0-9]{12}\b')), accountId) AS others,
    coalesce(regexp_like(document, '"(AWS|Principal)"\s*:\s*\[?\s*"\*"'), false) AS everybody,
    accountId,
    eventID
  FROM trusts
)
SELECT
  eventTime,
  principal,
  eventName,
  roleName,
  array_join(others, ', ') AS others,
  everybody,
  accountId,
  eventID
FROM named
WHERE cardinality(others) > 0
  OR everybody
ORDER BY eventTime, eventID;
