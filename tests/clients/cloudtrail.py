"""Reads CloudTrail logs with nothing but Python's own JSON: what the tests believe.

Numbers become `Number`, with the digits they were written with, so that 1.0, 1 and "1" all differ.
"""

from __future__ import annotations

import gzip
import json
import pathlib
from typing import NamedTuple


class Number(NamedTuple):
    """A JSON number by its digits."""

    digits: str


def parse(text: str):
    """Parses JSON and keeps the digits of its numbers."""
    return json.loads(text, parse_float=Number, parse_int=Number)


def canonical(value) -> str:
    """Returns a text that is equal for equal JSON values, whatever the order of their keys."""
    return json.dumps(value, sort_keys=True)


def records_of(path: pathlib.Path) -> list[dict]:
    """Returns the events of a log file, by their position in it."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        text = file.read()
    if ".ndjson" in path.name:
        return [parse(line) for line in text.splitlines() if line.strip()]
    return parse(text)["Records"]


def files_of(source: pathlib.Path) -> list[pathlib.Path]:
    """Returns the log files of a folder, or the one file."""
    return sorted(path for path in source.rglob("*.gz")) if source.is_dir() else [source]


def distinct_events(sources: list[pathlib.Path]) -> list[dict]:
    """Returns each event of the sources once: an event delivered twice has equal id and content."""
    events = {}
    for source in sources:
        for path in files_of(source):
            for event in records_of(path):
                events.setdefault((event.get("eventID"), canonical(event)), event)
    return list(events.values())


def text(value) -> str | None:
    """Returns a JSON scalar as SQL sees it."""
    if isinstance(value, Number):
        return value.digits
    return value if isinstance(value, str) else None


def member(event: dict, *path: str) -> str | None:
    """Returns a member of an event as SQL sees it."""
    for name in path:
        event = event.get(name) if isinstance(event, dict) else None
    return text(event)
