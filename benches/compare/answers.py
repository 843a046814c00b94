"""Answers in one form for all engines, and their comparison.

Types differ where SQL leaves it open: instants are texts in ISO form and UTC, structs and JSON are dicts without
empty members (ClickHouse's JSON type forgets nulls and empty objects), floats are rounded.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import json
import re

import pyarrow

from queries import Query

INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?")
DIGITS = 9
SHOWN, WIDTH = 5, 600


@dataclasses.dataclass
class Answer:
    """Rows in the one form, with the names of their columns."""

    columns: list[str]
    rows: list[tuple]

    @classmethod
    def of(cls, table: pyarrow.Table) -> Answer:
        """Returns a table in the one form."""
        columns = [[plain(value) for value in column.to_pylist()] for column in table.columns]
        return cls([name.lower() for name in table.column_names], list(zip(*columns, strict=True)))

    def narrowed(self, columns: list[str]) -> list[tuple]:
        """Returns only some columns."""
        indices = [self.columns.index(name) for name in columns]
        return [tuple(row[index] for index in indices) for row in self.rows]


def plain(value):
    """Returns a value in the one form."""
    match value:
        case bool() | None | int():
            return value
        case float() | decimal.Decimal():
            return shortened(float(value))
        case datetime.datetime():
            return instant(value)
        case str():
            return text(value)
        case dict():
            return frozen({name: plain(member) for name, member in value.items()})
        case list():
            return listed(value)
        case _:
            return str(value)


def shortened(value: float) -> float | int:
    """Returns a number rounded to the digits that count; whole numbers as such."""
    rounded = float(f"{value:.{DIGITS}g}")
    return int(rounded) if rounded.is_integer() else rounded


def instant(value: datetime.datetime) -> str:
    """Returns an instant as text; one without a zone is UTC."""
    utc = value.astimezone(datetime.UTC) if value.tzinfo else value
    return utc.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def text(value: str):
    """Returns a text, which may be an instant or JSON."""
    if INSTANT.fullmatch(value):
        return instant(datetime.datetime.fromisoformat(value))
    if value[:1] in ("{", "["):
        try:
            return plain(json.loads(value))
        except ValueError:
            return value
    return value


def listed(values: list):
    """Returns a list, or nothing for an empty one; a list of pairs is a map."""
    if not values:
        return None
    if all(isinstance(value, tuple) and len(value) == 2 for value in values):
        return frozen({name: plain(member) for name, member in values})
    return tuple(plain(value) for value in values)


def frozen(members: dict):
    """Returns members as something that sorts and compares, or nothing when all are empty."""
    kept = tuple(sorted((name, value) for name, value in members.items() if value is not None))
    return kept or None


def difference(query: Query, ours: Answer, theirs: Answer, limit: int | None, error: float = 0) -> str | None:
    """Returns what is different between two answers, or nothing; estimates of the first may have an error."""
    columns = [name for name in ours.columns if name in theirs.columns]
    if len(columns) < min(len(ours.columns), len(theirs.columns), 30):
        return f"columns {ours.columns} and {theirs.columns}"
    if query.about:
        return rough_difference(query, columns, ours, theirs, error)
    first, second = settled(query, ours, limit), settled(query, theirs, limit)
    left, right = first.narrowed(columns), second.narrowed(columns)
    if len(ours.rows) != len(theirs.rows):
        return f"{len(ours.rows)} and {len(theirs.rows)} rows\n" + shown(columns, left, right)
    if query.rows == "ordered":
        return None if left == right else shown(columns, left, right)
    if query.rows != "all" and first.narrowed([query.rows.lower()]) != second.narrowed([query.rows.lower()]):
        return f"another order of {query.rows}\n" + shown(columns, left, right)
    return None if collections.Counter(left) == collections.Counter(right) else shown(columns, left, right)


def settled(query: Query, answer: Answer, limit: int | None) -> Answer:
    """Returns the rows that are fixed: when the limit cuts rows that tie, not these."""
    if query.rows in ("all", "ordered") or limit is None or len(answer.rows) < limit:
        return answer
    key = answer.columns.index(query.rows.lower())
    last = answer.rows[-1][key]
    return Answer(answer.columns, [row for row in answer.rows if row[key] != last])


def rough_difference(query: Query, columns: list[str], ours: Answer, theirs: Answer, error: float) -> str | None:
    """Compares an answer of which some columns are estimates with the exact one."""
    keys = [name for name in columns if name not in query.about]
    left = dict(zip(ours.narrowed(keys), ours.narrowed(list(query.about)), strict=True))
    right = dict(zip(theirs.narrowed(keys), theirs.narrowed(list(query.about)), strict=True))
    if left.keys() != right.keys():
        return shown(columns, ours.narrowed(columns), theirs.narrowed(columns))
    far = [
        f"{key}: {left[key]} and {right[key]}"
        for key in left
        if any(abs(a - b) > max(2, error * b) for a, b in zip(left[key], right[key], strict=True))
    ]
    return "\n".join(far[:SHOWN]) or None


def shown(columns: list[str], left: list[tuple], right: list[tuple]) -> str:
    """Returns rows that only one side has, side by side: of rows with many columns the values that differ."""
    only_left = sorted((collections.Counter(left) - collections.Counter(right)).elements(), key=repr)
    only_right = sorted((collections.Counter(right) - collections.Counter(left)).elements(), key=repr)
    if not only_left and not only_right:
        return "the same rows in another order"
    lines = [f"{len(only_left)} rows only in the first, {len(only_right)} only in the second"]
    for one, other in list(zip(only_left, only_right, strict=False))[:SHOWN]:
        parts = [unlike(name, a, b) for name, a, b in zip(columns, one, other, strict=True) if a != b]
        lines.append("; ".join(parts))
    for side, rows in (("first", only_left[len(only_right) :]), ("second", only_right[len(only_left) :])):
        lines.extend(f"{side}: {row!r}"[:WIDTH] for row in rows[:SHOWN])
    return "\n".join(lines)


def unlike(name: str, one, other) -> str:
    """Returns where two values differ: the members, if both have some."""
    if is_frozen(one) and is_frozen(other):
        left, right = dict(one), dict(other)
        names = sorted(key for key in {*left, *right} if left.get(key) != right.get(key))
        return "; ".join(unlike(f"{name}.{key}", left.get(key), right.get(key)) for key in names)
    return f"{name}: {repr(one)[:WIDTH]} | {repr(other)[:WIDTH]}"


def is_frozen(value) -> bool:
    """Tells whether a value is what `frozen` made."""
    return isinstance(value, tuple) and all(
        isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str) for item in value
    )
