"""The few messages of Flight SQL that pyarrow has no words for, written byte by byte."""

from __future__ import annotations

import uuid

PREFIX = "type.googleapis.com/arrow.flight.protocol.sql."


def varint(number: int) -> bytes:
    """Encodes a number as protobuf does."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def field(number: int, value: bytes | str | int) -> bytes:
    """Encodes one field of a message: bytes, text, or a number."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def fields(message: bytes) -> dict[int, bytes | int]:
    """Decodes the fields of a message that come once."""
    decoded, at = {}, 0

    def number() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        key = number()
        value = number()
        if key & 7 == 2:
            value, at = message[at : at + value], at + value
        decoded[key >> 3] = value
    return decoded


def command(name: str, *parts: bytes) -> bytes:
    """Encodes a command of Flight SQL in the wrapper that tells its type."""
    return field(1, PREFIX + name) + field(2, b"".join(parts))


def statement(sql: str) -> bytes:
    """Encodes the command that asks for a query."""
    return command("CommandStatementQuery", field(1, sql))


# Every command that asks for metadata, with what it must be given.
METADATA = {
    "CommandGetCatalogs": [],
    "CommandGetDbSchemas": [],
    "CommandGetTables": [field(5, 1)],
    "CommandGetTableTypes": [],
    "CommandGetSqlInfo": [],
    "CommandGetXdbcTypeInfo": [],
    "CommandGetPrimaryKeys": [field(3, "trail")],
    "CommandGetExportedKeys": [field(3, "trail")],
    "CommandGetImportedKeys": [field(3, "trail")],
    "CommandGetCrossReference": [field(3, "trail"), field(6, "trail")],
}


def unique(sql: str) -> tuple[str, str]:
    """Returns a query that can be told from all others in the history, and the mark that tells it."""
    mark = uuid.uuid4().hex
    return f"{sql} /* {mark} */", mark


def pruned(value):
    """Returns a JSON value without members that are null: absent and null are one in a column."""
    if isinstance(value, dict):
        kept = {name: pruned(inner) for name, inner in value.items()}
        return {name: inner for name, inner in kept.items() if inner is not None} or None
    if isinstance(value, list):
        return [pruned(inner) for inner in value]
    return value
