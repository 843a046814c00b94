"""What a row of an event data store must hold for an event: written down a second time, in Python.

# Source
CloudTrail Lake's schema of CloudTrail events; the hidden columns are Auditlake's own.
"""

from __future__ import annotations

import datetime

import polars

from cloudtrail import Number, parse

STRINGS = """eventVersion eventSource eventName awsRegion sourceIPAddress userAgent errorCode errorMessage requestID
    eventID eventType apiVersion recipientAccountId sharedEventID annotation vpcEndpointId vpcEndpointAccountId
    eventCategory sessionCredentialFromConsole""".split()
BOOLEANS = ["readOnly", "managementEvent"]
FREE_FORM = """requestParameters responseElements additionalEventData serviceEventDetails addendum edgeDeviceDetails
    insightDetails""".split()

S3_DATA_EVENTS = """AbortMultipartUpload CompleteMultipartUpload CopyObject CreateMultipartUpload DeleteObject
    DeleteObjectTagging DeleteObjects GetObject GetObjectAcl GetObjectAttributes GetObjectTagging GetObjectTorrent
    HeadObject ListMultipartUploads ListObjectVersions ListObjects ListParts PutObject PutObjectAcl PutObjectTagging
    RestoreObject SelectObjectContent UploadPart UploadPartCopy""".split()

# A struct is a dict, a list of structs a list with one dict; leaves name their type.
ISSUER = {name: "string" for name in ("type", "principalId", "arn", "accountId", "userName")}
NESTED = {
    "userIdentity": {
        **{name: "string" for name in ("type", "principalId", "arn", "accountId", "accessKeyId", "userName")},
        "sessionContext": {
            "attributes": {"creationDate": "timestamp", "mfaAuthenticated": "string"},
            "sessionIssuer": ISSUER,
            "webIdFederationData": {"federatedProvider": "string", "attributes": "json"},
            "sourceIdentity": "string",
            "ec2RoleDelivery": "string",
            "ec2IssuedInVpc": "string",
        },
        "onBehalfOf": {"userId": "string", "identityStoreArn": "string"},
        "inScopeOf": {n: "string" for n in ("sourceArn", "sourceAccount", "issuerType", "credentialsIssuedTo")},
        "invokedBy": "string",
        "identityProvider": "string",
    },
    "resources": [{name: "string" for name in ("accountId", "type", "ARN", "ARNPrefix")}],
    "tlsDetails": {name: "string" for name in ("tlsVersion", "cipherSuite", "clientProvidedHostHeader")},
    "eventContext": {
        "requestContext": "json",
        "tagContext": {"resourceTags": [{"arn": "string", "tags": "json"}], "principalTags": "json"},
    },
}
COLUMNS = {
    **{name: "string" for name in STRINGS},
    **{name: "boolean" for name in BOOLEANS},
    **{name: "json" for name in FREE_FORM},
    **NESTED,
    "eventTime": "timestamp",
}
HIDDEN = {
    "_remainder": "string",
    "_derived": "string",
    "_sourceObject": "string",
    "_sourcePosition": "long",
    "_importId": "string",
    "_ingestVersion": "long",
}
DELTA_TYPES = {"string": "string", "json": "string", "boolean": "boolean", "timestamp": "timestamp", "long": "long"}
POLARS_TYPES = {
    "string": polars.String(),
    "json": polars.String(),
    "boolean": polars.Boolean(),
    "timestamp": polars.Datetime("us", "UTC"),
    "long": polars.Int64(),
    "date": polars.Date(),
}


def polars_type(kind):
    """Returns the Polars type of a kind."""
    if isinstance(kind, dict):
        return polars.Struct({name: polars_type(inner) for name, inner in kind.items()})
    if isinstance(kind, list):
        return polars.List(polars_type(kind[0]))
    return POLARS_TYPES[kind]


def timestamp(text: str) -> datetime.datetime:
    """Parses an instant as CloudTrail writes it."""
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z")


def value(kind, source):
    """Returns what a typed place holds for a JSON value: the value, or nothing when it does not fit."""
    if isinstance(kind, dict):
        return (
            {name: value(inner, source.get(name)) for name, inner in kind.items()} if isinstance(source, dict) else None
        )
    if isinstance(kind, list):
        return [value(kind[0], item) for item in source] if isinstance(source, list) else None
    if kind == "json":
        return source if isinstance(source, dict) else None
    if kind == "boolean":
        return source if isinstance(source, bool) else None
    if not isinstance(source, str):
        return None
    return timestamp(source) if kind == "timestamp" else source


def stored(kind, cell):
    """Returns a stored value in the form in which `value` gives it: JSON text is parsed."""
    if cell is None:
        return None
    if isinstance(kind, dict):
        return {name: stored(inner, cell[name]) for name, inner in kind.items()}
    if isinstance(kind, list):
        return [stored(kind[0], item) for item in cell]
    return parse(cell) if kind == "json" else cell


def row(event: dict) -> dict:
    """Returns the visible columns for an event."""
    columns = {name: value(kind, event.get(name)) for name, kind in COLUMNS.items()}
    if columns["eventCategory"] is None:
        columns["eventCategory"] = category(event)
    return columns


def category(event: dict) -> str:
    """Derives the category of an event that does not tell it, as those before version 1.07."""
    told = event.get("managementEvent")
    if isinstance(told, bool):
        return "Management" if told else "Data"
    if event.get("eventType") == "AwsVpceEvent":
        return "NetworkActivity"
    call = (event.get("eventSource"), event.get("eventName"))
    on_data = call[0] == "s3.amazonaws.com" and call[1] in S3_DATA_EVENTS
    return "Data" if on_data or call == ("lambda.amazonaws.com", "Invoke") else "Management"


def promoted(event: dict, path: list[str]) -> str | None:
    """Returns what the hidden column of a promoted path holds: scalars as text, nested JSON as JSON."""
    found = event
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    if isinstance(found, Number):
        return found.digits
    if isinstance(found, bool):
        return str(found).lower()
    return found


def promoted_names(columns) -> list[str]:
    """Returns the columns of promoted paths."""
    return [name for name in columns if name.startswith("_") and name not in HIDDEN]


def rebuilt(cells: dict) -> dict:
    """Returns the event that the columns of a row tell, remainder included."""
    derived = (cells["_derived"] or "").split(",")
    event = {}
    for name, kind in COLUMNS.items():
        if name not in derived and cells[name] is not None:
            event[name] = as_json(kind, cells[name])
    return merged(event, parse(cells["_remainder"] or "{}"))


def as_json(kind, cell):
    """Returns the JSON value of a stored one, without what is missing."""
    if cell is None:
        return None
    if isinstance(kind, dict):
        return {name: as_json(inner, cell[name]) for name, inner in kind.items() if cell[name] is not None}
    if isinstance(kind, list):
        return [as_json(kind[0], item) for item in cell]
    if kind == "json":
        return parse(cell)
    return cell.strftime("%Y-%m-%dT%H:%M:%SZ") if kind == "timestamp" else cell


def merged(base, over):
    """Lays one JSON value over another: objects member by member, everything else as a whole."""
    if isinstance(base, dict) and isinstance(over, dict):
        return {**base, **{name: merged(base.get(name), item) for name, item in over.items()}}
    return over
