-- title: Secret parameters read in the clear
-- purpose: Asked after a break-in, since parameters hold passwords. A hit is a principal who read parameters of
--   Systems Manager decrypted, by path or by name. Programs read their own path; a person who reads the root path
--   reads all.
-- store: trail
-- param: since timestamp '2026-01-01' Start of the time window
-- param: until timestamp '2026-02-01' End of the time window, itself outside
-- columns: principal, path, calls, parameters, refused, firstCall, lastCall
-- tags: credential access, ssm

SELECT
  coalesce(nullif(userIdentity.arn, ''), nullif(userIdentity.principalId, ''), userIdentity.invokedBy) AS principal,
  -- The path, or the folder in which the one parameter stands.
  coalesce(
    element_at(requestParameters, 'path'),
    regexp_extract(element_at(requestParameters, 'name'), '^(.*/)[^/]*$', 1),
    regexp_extract(json_extract_scalar(element_at(requestParameters, 'names'), '$[0]'), '^(.*/)[^/]*$', 1)
  ) AS path,
  count(*) AS calls,
  sum(cardinality(resources)) AS parameters,
  count_if(errorCode IS NOT NULL) AS refused,
  min(eventTime) AS firstCall,
  max(eventTime) AS lastCall
FROM trail
WHERE eventTime >= :since
  AND eventTime < :until
  AND eventSource = 'ssm.amazonaws.com'
  AND eventName IN ('GetParameter', 'GetParameters', 'GetParametersByPath', 'GetParameterHistory')
  AND element_at(requestParameters, 'withDecryption') = 'true'
GROUP BY 1, 2
ORDER BY calls DESC, principal, path;
