-- title: Data sent or shared to other accounts
-- purpose: Asked when data may flow out all the time. A hit is bucket replication, a resource share or a catalogue
--   permission that names an account other than one's own. Central backup and data platforms are expected; list their
--   accounts.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventName, resource, otherAccounts, accountId, eventID
-- tags: exfiltration, s3, exposure

WITH sent AS (
  SELECT
    eventTime,
    coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
    eventName,
    coalesce(element_at(requestParameters, 'bucketName'), element_at(requestParameters, 'name')) AS resource,
    -- Accounts stand in different places; twelve digits in quotes, or in an ARN, are always one.
    array_distinct(regexp_extract_all(
      coalesce(
        element_at(requestParameters, 'ReplicationConfiguration'),
        element_at(requestParameters, 'principals')
      ),
      '[":]([0-9]{12})[":]',
      1
    )) AS accounts,
    recipientAccountId AS accountId,
    eventID
  FROM trail
  WHERE eventTime >= :since
    AND eventTime < :until
    AND (eventSource, eventName) IN (
      ('s3.amazonaws.com', 'PutBucketReplication'),
      ('ram.amazonaws.com', 'CreateResourceShare'),
      ('ram.amazonaws.com', 'AssociateResourceShare')
    )
    AND errorCode IS NULL
)
SELECT
  eventTime,
  principal,
  eventName,
  resource,
  array_join(array_sort(array_except(accounts, ARRAY[accountId])), ', ') AS otherAccounts,
  accountId,
  eventID
FROM sent
WHERE cardinality(array_except(accounts, ARRAY[accountId])) > 0
ORDER BY eventTime, eventID;
