-- title: One user in the console from two networks at once
-- purpose: Asked to find shared or stolen passwords. A hit is a user whose login follows another one from a
--   different address within so many minutes. Telephones that change between home and mobile network are the usual
--   false positive; two countries are not.
-- store: trail
-- param: minutes number 60 Two logins within so many minutes count
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: principal, accountId, firstLogin, firstAddress, secondLogin, secondAddress, minutesBetween, eventID
-- tags: initial access, identity, mfa

WITH logins AS (
  SELECT
    eventTime,
    coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
    recipientAccountId AS accountId,
    sourceIPAddress,
    eventID
  FROM trail
  WHERE eventTime >= :since
    AND eventTime < :until
    AND eventSource = 'signin.amazonaws.com'
    AND eventName = 'ConsoleLogin'
    AND element_at(responseElements, 'ConsoleLogin') = 'Success'
), pairs AS (
  SELECT
    principal,
    accountId,
    lag(eventTime) OVER (PARTITION BY principal ORDER BY eventTime) AS firstLogin,
    lag(sourceIPAddress) OVER (PARTITION BY principal ORDER BY eventTime) AS firstAddress,
    eventTime AS secondLogin,
    sourceIPAddress AS secondAddress,
    eventID
  FROM logins
)
SELECT
  principal,
  accountId,
  firstLogin,
  firstAddress,
  secondLogin,
  secondAddress,
  date_diff('minute', firstLogin, secondLogin) AS minutesBetween,
  eventID
FROM pairs
WHERE secondAddress <> firstAddress
  AND date_diff('minute', firstLogin, secondLogin) <= :minutes
ORDER BY secondLogin, eventID;
