"""The audit query set: what people ask of a trail, by class.

`rows` says what of an answer is fixed: "all" in any order, "ordered", or the name of the column that the query
orders by, when rows that tie at the limit may be any of them. `about` names columns that are estimates; `exact` is
the query whose answer they are held against.
"""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Query:
    """One question in all dialects."""

    group: str
    name: str
    sql: str
    rows: str = "ordered"
    about: tuple[str, ...] = ()
    exact: str | None = None

    @property
    def full_name(self) -> str:
        """Class and name."""
        return f"{self.group}/{self.name}"


ROW = "eventTime, eventID, eventName, sourceIPAddress, userIdentity.arn AS arn, errorCode"

QUERIES = [
    Query(
        "count",
        "by_name",
        "SELECT eventName, count(*) AS n FROM {trail} GROUP BY eventName ORDER BY n DESC, eventName LIMIT {raw:limit}",
    ),
    Query(
        "count",
        "error_rate",
        "SELECT eventSource, date_trunc('hour', eventTime) AS hour, count(*) AS n, count(errorCode) AS failed, "
        "count(errorCode) * 100.0 / count(*) AS rate FROM {trail} GROUP BY eventSource, date_trunc('hour', eventTime) "
        "ORDER BY failed DESC, eventSource, hour LIMIT {raw:limit}",
    ),
    Query(
        "count",
        "top_talkers",
        "SELECT sourceIPAddress, count(*) AS n, count(errorCode) AS failed FROM {trail} GROUP BY sourceIPAddress "
        "ORDER BY n DESC, sourceIPAddress LIMIT {raw:limit}",
    ),
    Query(
        "count",
        "errors_of_source",
        "SELECT eventName, errorCode, count(*) AS n FROM {trail} WHERE eventSource = {text:source} "
        "AND errorCode IS NOT NULL GROUP BY eventName, errorCode",
        rows="all",
    ),
    Query(
        "count",
        "top_principals",
        "SELECT recipientAccountId, userIdentity.arn AS arn, count(*) AS n FROM {trail} WHERE readOnly = false "
        "GROUP BY recipientAccountId, userIdentity.arn ORDER BY n DESC, recipientAccountId, arn LIMIT {raw:limit}",
    ),
    Query(
        "window",
        "one_hour",
        "SELECT eventName, count(*) AS n FROM {trail} WHERE eventTime >= {ts:hour_start} AND eventTime < {ts:hour_end} "
        "GROUP BY eventName",
        rows="all",
    ),
    Query(
        "window",
        "one_day",
        "SELECT date_trunc('hour', eventTime) AS hour, awsRegion, count(*) AS n, count(errorCode) AS failed "
        "FROM {trail} WHERE eventTime >= {ts:day_start} AND eventTime < {ts:day_end} "
        "GROUP BY date_trunc('hour', eventTime), awsRegion",
        rows="all",
    ),
    Query(
        "window",
        "half_day",
        "SELECT count(*) AS n FROM {trail} WHERE eventTime >= {ts:half_day_start} AND eventTime < {ts:half_day_end}",
    ),
    Query(
        "latest",
        "any",
        f"SELECT {ROW} FROM {{trail}} ORDER BY eventTime DESC LIMIT {{raw:hundred}}",
        rows="eventTime",
    ),
    Query(
        "latest",
        "of_name",
        f"SELECT {ROW} FROM {{trail}} WHERE eventName = {{text:name}} ORDER BY eventTime DESC LIMIT 100",
        rows="eventTime",
    ),
    Query(
        "latest",
        "of_error",
        f"SELECT {ROW}, errorMessage FROM {{trail}} WHERE errorCode = {{text:error_code}} "
        "ORDER BY eventTime DESC LIMIT 100",
        rows="eventTime",
    ),
    Query("needle", "event_id", f"SELECT {ROW} FROM {{trail}} WHERE eventID = {{text:event_id}}", rows="all"),
    Query(
        "needle",
        "access_key",
        f"SELECT {ROW} FROM {{trail}} WHERE userIdentity.accessKeyId = {{text:access_key}}",
        rows="all",
    ),
    Query("needle", "source_ip", f"SELECT {ROW} FROM {{trail}} WHERE sourceIPAddress = {{text:ip}}", rows="all"),
    Query("needle", "principal", f"SELECT {ROW} FROM {{trail}} WHERE userIdentity.arn = {{text:arn}}", rows="all"),
    Query(
        "parameter",
        "bucket",
        "SELECT eventName, count(*) AS n, max(eventTime) AS latest FROM {trail} "
        "WHERE {member:requestParameters.bucketName} = {text:bucket} GROUP BY eventName",
        rows="all",
    ),
    Query(
        "parameter",
        "by_bucket",
        "SELECT {member:requestParameters.bucketName} AS bucket, count(*) AS n, count(errorCode) AS failed "
        "FROM {trail} WHERE {member:requestParameters.bucketName} IS NOT NULL "
        "GROUP BY {member:requestParameters.bucketName} ORDER BY n DESC, bucket LIMIT {raw:limit}",
    ),
    Query(
        "parameter",
        "role",
        "SELECT userIdentity.arn AS arn, userIdentity.invokedBy AS service, count(*) AS n FROM {trail} "
        "WHERE {member:requestParameters.roleArn} = {text:role} GROUP BY userIdentity.arn, userIdentity.invokedBy",
        rows="all",
    ),
    Query(
        "parameter",
        "by_role",
        "SELECT {member:requestParameters.roleArn} AS role, count(*) AS n, count(DISTINCT sourceIPAddress) AS sources "
        "FROM {trail} WHERE eventName = 'AssumeRole' GROUP BY {member:requestParameters.roleArn} "
        "ORDER BY n DESC, role LIMIT {raw:limit}",
    ),
    Query(
        "parameter",
        "instance",
        f"SELECT {ROW} FROM {{trail}} WHERE {{member:requestParameters.instanceId}} = {{text:instance}}",
        rows="all",
    ),
    Query(
        "text",
        "error_like",
        "SELECT errorCode, count(*) AS n FROM {trail} WHERE {contains:errorMessage|error_word} GROUP BY errorCode",
        rows="all",
    ),
    Query(
        "text",
        "error_regexp",
        "SELECT errorCode, eventName, count(*) AS n FROM {trail} WHERE {matches:errorMessage|error_word} "
        "GROUP BY errorCode, eventName",
        rows="all",
    ),
    Query(
        "text",
        "parameters_like",
        "SELECT eventName, count(*) AS n FROM {trail} WHERE {params_contain:text} GROUP BY eventName",
        rows="all",
    ),
    Query(
        "text",
        "mentions",
        "SELECT eventTime, eventID, eventName FROM {trail} WHERE {mentions:mentioned}",
        rows="all",
    ),
    Query(
        "wide",
        "principal_day",
        "SELECT * FROM {trail} WHERE userIdentity.arn = {text:busy_arn} AND eventTime >= {ts:day_start} "
        "AND eventTime < {ts:day_end}",
        rows="all",
    ),
    Query(
        "join",
        "first_seen",
        "SELECT userIdentity.arn AS arn, sourceIPAddress, min(eventTime) AS seen, count(*) AS n FROM {trail} "
        "WHERE userIdentity.arn IS NOT NULL GROUP BY userIdentity.arn, sourceIPAddress "
        "ORDER BY seen DESC, arn, sourceIPAddress LIMIT {raw:limit}",
    ),
    Query(
        "join",
        "sessions",
        "SELECT arn, count(*) AS sessions, sum(events) AS total FROM ("
        "SELECT arn, session, count(*) AS events FROM ("
        "SELECT arn, sum(begins) OVER (PARTITION BY arn ORDER BY eventTime "
        "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS session FROM ("
        "SELECT arn, eventTime, CASE WHEN {minutes:eventTime|before} < 30 THEN 0 ELSE 1 END AS begins FROM ("
        "SELECT userIdentity.arn AS arn, eventTime, lag(eventTime) OVER (PARTITION BY userIdentity.arn "
        "ORDER BY eventTime) AS before FROM {trail} WHERE eventTime >= {ts:day_start} AND eventTime < {ts:day_end} "
        "AND userIdentity.arn IS NOT NULL) AS a) AS b) AS c GROUP BY arn, session) AS d GROUP BY arn",
        rows="all",
    ),
    Query(
        "join",
        "role_chain",
        "SELECT granted.caller AS caller, used.eventName AS eventName, count(*) AS n FROM ("
        "SELECT DISTINCT userIdentity.accessKeyId AS caller, {member:responseElements.assumedRoleUser.arn} AS session "
        "FROM {trail} WHERE eventName = 'AssumeRole' AND eventTime >= {ts:day_start} AND eventTime < {ts:day_end}"
        ") AS granted JOIN (SELECT eventName, userIdentity.arn AS arn FROM {trail} "
        "WHERE eventTime >= {ts:day_start} AND eventTime < {ts:day_end}) AS used "
        "ON used.arn = granted.session GROUP BY granted.caller, used.eventName",
        rows="all",
    ),
    Query(
        "distinct",
        "exact",
        "SELECT recipientAccountId, count(DISTINCT sourceIPAddress) AS addresses, count(DISTINCT userAgent) AS agents "
        "FROM {trail} WHERE eventName <> {text:name} GROUP BY recipientAccountId",
        rows="all",
    ),
    Query(
        "distinct",
        "approximate",
        "SELECT recipientAccountId, {approx:sourceIPAddress} AS addresses, {approx:eventID} AS events "
        "FROM {trail} WHERE eventName <> {text:name} GROUP BY recipientAccountId",
        rows="all",
        about=("addresses", "events"),
        exact="SELECT recipientAccountId, count(DISTINCT sourceIPAddress) AS addresses, "
        "count(DISTINCT eventID) AS events FROM {trail} WHERE eventName <> {text:name} GROUP BY recipientAccountId",
    ),
]
