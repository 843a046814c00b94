-- title: Reservations and savings plans bought
-- purpose: Asked because one call can bind for three years. A hit is a reservation, savings plan, dedicated host,
--   capacity or domain that was bought, tried or done.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: eventTime, principal, eventSource, eventName, offer, quantity, sourceIPAddress, accountId, errorCode,
--   eventID
-- tags: cost, purchases

SELECT
  eventTime,
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  eventSource,
  eventName,
  coalesce(
    element_at(requestParameters, 'reservedInstancesOfferingId'),
    element_at(requestParameters, 'reservedDBInstancesOfferingId'),
    element_at(requestParameters, 'savingsPlanOfferingId'),
    element_at(requestParameters, 'domainName')
  ) AS offer,
  coalesce(
    element_at(requestParameters, 'instanceCount'),
    element_at(requestParameters, 'dBInstanceCount'),
    element_at(requestParameters, 'commitment')
  ) AS quantity,
  sourceIPAddress,
  recipientAccountId AS accountId,
  errorCode,
  eventID
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND (
    regexp_like(eventName, '^Purchase')
    OR eventName IN ('CreateSavingsPlan', 'AllocateHosts', 'CreateCapacityReservation', 'RegisterDomain')
  )
ORDER BY eventTime, eventID;
