-- title: Functions that others may invoke
-- purpose: Asked to find code that strangers can run. A hit is a permission of a Lambda function that names another
--   account or everybody, or a function URL without authentication. Services that invoke for this account are not
--   shown.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, functionName, invoker, authType, accountId, eventID
-- tags: persistence, exposure, lambda

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventName,
  regexp_replace(element_at(requestParameters, 'functionName'), '^arn:.*:function:') AS functionName,
  element_at(requestParameters, 'principal') AS invoker,
  coalesce(
    element_at(requestParameters, 'authType'),
    element_at(requestParameters, 'functionUrlAuthType')
  ) AS authType,
  recipientAccountId AS accountId,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 'lambda.amazonaws.com'
  AND errorCode IS NULL
  AND (
    (
      eventName LIKE 'AddPermission%'
      AND element_at(requestParameters, 'principal') NOT LIKE '%.amazonaws.com'
      AND coalesce(
        arn_account(element_at(requestParameters, 'principal')),
        element_at(requestParameters, 'principal')
      ) <> recipientAccountId
    )
    OR (
      regexp_like(eventName, '^(Create|Update)FunctionUrlConfig')
      AND element_at(requestParameters, 'authType') = 'NONE'
    )
  )
ORDER BY eventTime, eventID;
