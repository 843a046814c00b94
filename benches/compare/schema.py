"""The columns of a CloudTrail record, as every peer's table has them."""

from __future__ import annotations

import dataclasses

# Kinds of a column: plain text, text of few values, an instant, a boolean, JSON of no fixed shape.
TEXT, FEW, TIME, FLAG, JSON = "text", "few", "time", "flag", "json"


@dataclasses.dataclass(frozen=True)
class Struct:
    """Members by name; each is a kind or another struct."""

    members: dict[str, object]


@dataclasses.dataclass(frozen=True)
class ListOf:
    """A list of structs."""

    item: Struct


ISSUER = Struct({"type": FEW, "principalId": TEXT, "arn": TEXT, "accountId": FEW, "userName": TEXT})
SESSION = Struct(
    {
        "attributes": Struct({"creationDate": TEXT, "mfaAuthenticated": FEW}),
        "sessionIssuer": ISSUER,
        "webIdFederationData": Struct({"federatedProvider": TEXT, "attributes": JSON}),
        "sourceIdentity": TEXT,
        "ec2RoleDelivery": FEW,
        "ec2IssuedInVpc": FEW,
    }
)
IDENTITY = Struct(
    {
        "type": FEW,
        "principalId": TEXT,
        "arn": TEXT,
        "accountId": FEW,
        "accessKeyId": TEXT,
        "userName": TEXT,
        "sessionContext": SESSION,
        "onBehalfOf": Struct({"userId": TEXT, "identityStoreArn": TEXT}),
        "inScopeOf": Struct({"sourceArn": TEXT, "sourceAccount": FEW, "issuerType": FEW, "credentialsIssuedTo": TEXT}),
        "invokedBy": FEW,
        "identityProvider": FEW,
    }
)
RESOURCE = Struct({"accountId": FEW, "type": FEW, "ARN": TEXT, "ARNPrefix": TEXT})
TLS = Struct({"tlsVersion": FEW, "cipherSuite": FEW, "clientProvidedHostHeader": TEXT})

COLUMNS: dict[str, object] = {
    "eventVersion": FEW,
    "userIdentity": IDENTITY,
    "eventTime": TIME,
    "eventSource": FEW,
    "eventName": FEW,
    "awsRegion": FEW,
    "sourceIPAddress": TEXT,
    "userAgent": TEXT,
    "errorCode": FEW,
    "errorMessage": TEXT,
    "requestParameters": JSON,
    "responseElements": JSON,
    "additionalEventData": JSON,
    "requestID": TEXT,
    "eventID": TEXT,
    "readOnly": FLAG,
    "resources": ListOf(RESOURCE),
    "eventType": FEW,
    "apiVersion": FEW,
    "managementEvent": FLAG,
    "recipientAccountId": FEW,
    "sharedEventID": TEXT,
    "vpcEndpointId": FEW,
    "vpcEndpointAccountId": FEW,
    "serviceEventDetails": JSON,
    "addendum": JSON,
    "edgeDeviceDetails": JSON,
    "insightDetails": JSON,
    "eventCategory": FEW,
    "tlsDetails": TLS,
    "sessionCredentialFromConsole": FEW,
    "eventContext": JSON,
}


def text_leaves() -> list[tuple[str, object]]:
    """Returns the path and kind of every column and struct member that holds text; lists and JSON whole."""
    found = []

    def walk(path: str, kind: object) -> None:
        if isinstance(kind, Struct):
            for name, member in kind.members.items():
                walk(f"{path}.{name}", member)
        elif kind not in (TIME, FLAG):
            found.append((path, kind))

    for name, kind in COLUMNS.items():
        walk(name, kind)
    return found
