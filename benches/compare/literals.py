"""The values that queries ask for: taken from a sample of the log files, the same at every run.

Each pool has one value for a warm-up and one for each counted run; the last one is in no event, where a class
of queries cares for absent values.
"""

from __future__ import annotations

import collections
import datetime
import re

RUNS = 5
NEEDED = RUNS + 1

Pools = dict[str, list[str]]

WORD = re.compile(r"[A-Za-z]{6,}")
ABSENT = {
    "event_id": "00000000-0000-4000-8000-000000000000",
    "access_key": "AKIAABSENT0ABSENT000",
    "ip": "240.0.0.1",
    "arn": "arn:aws:iam::000000000000:user/absent",
    "bucket": "absent-bucket-000",
    "role": "arn:aws:iam::000000000000:role/absent",
    "instance": "i-00000000000000000",
    "error_word": "Xylophone",
    "text": "zz-absent-text-zz",
}


def pools(events: list[dict]) -> Pools:
    """Returns the values of every pool."""
    return {**times(events), **needles(events), **frequent(events), **words(events), **counters()}


def counters() -> Pools:
    """Limits that differ from run to run, for queries that ask for nothing else."""
    return {"limit": [str(20 + run) for run in range(NEEDED)], "hundred": [str(100 + run) for run in range(NEEDED)]}


def times(events: list[dict]) -> Pools:
    """Days and hours within the time of the events, evenly spread."""
    instants = sorted(event["eventTime"] for event in events)
    first, last = (datetime.datetime.fromisoformat(at).replace(tzinfo=None) for at in (instants[0], instants[-1]))
    # The edges of a corpus are thinner than its middle.
    starts = [first + (last - first) * (run + 1) / (NEEDED + 1) for run in range(NEEDED)]
    days = [start.replace(hour=0, minute=0, second=0, microsecond=0) for start in starts]
    hours = [start.replace(minute=0, second=0, microsecond=0) for start in starts]
    spans = {
        "day": (days, datetime.timedelta(days=1)),
        "half_day": (days, datetime.timedelta(hours=12)),
        "hour": (hours, datetime.timedelta(hours=1)),
    }
    named = {}
    for name, (begins, length) in spans.items():
        named[f"{name}_start"] = [str(begin) for begin in begins]
        named[f"{name}_end"] = [str(begin + length) for begin in begins]
    return named


def needles(events: list[dict]) -> Pools:
    """Values that few events hold."""
    return {
        "event_id": rare((event["eventID"] for event in events), "event_id"),
        "access_key": rare((identity(event).get("accessKeyId") for event in events), "access_key"),
        "ip": rare((event.get("sourceIPAddress") for event in events), "ip"),
        "arn": rare((identity(event).get("arn") for event in events), "arn"),
    }


def frequent(events: list[dict]) -> Pools:
    """Values that many events hold."""
    return {
        "name": common(event["eventName"] for event in events),
        "source": common(event["eventSource"] for event in events),
        "error_code": common(event.get("errorCode") for event in events),
        "busy_arn": common(identity(event).get("arn") for event in events),
        "bucket": common((parameters(event).get("bucketName") for event in events), "bucket"),
        "role": common((parameters(event).get("roleArn") for event in events), "role"),
        "instance": common((parameters(event).get("instanceId") for event in events), "instance"),
    }


def words(events: list[dict]) -> Pools:
    """Parts of texts."""
    messages = (word for event in events for word in set(WORD.findall(event.get("errorMessage") or "")))
    keys = (str(parameters(event).get("key"))[:24] for event in events if isinstance(parameters(event).get("key"), str))
    mentioned = [value for event in events for value in (identity(event).get("accessKeyId"), role_session(event))]
    return {
        "error_word": common(messages, "error_word"),
        "text": common((key for key in keys if plain(key)), "text"),
        "mentioned": [*rare(mentioned, "access_key")],
    }


def rare(values, absent: str | None = None) -> list[str]:
    """Returns values from the rarest tenth, evenly spread over their order."""
    counted = sorted(collections.Counter(filter(None, values)).items(), key=lambda item: (item[1], item[0]))
    return spread([value for value, _ in counted[: max(NEEDED, len(counted) // 10)]], absent)


def common(values, absent: str | None = None) -> list[str]:
    """Returns the most frequent values."""
    counted = sorted(collections.Counter(filter(None, values)).items(), key=lambda item: (-item[1], item[0]))
    return spread([value for value, _ in counted[:NEEDED]], absent)


def spread(values: list[str], absent: str | None) -> list[str]:
    """Picks as many as are needed; the absent one is the last."""
    wanted = NEEDED - bool(absent)
    chosen = [values[index * len(values) // wanted] for index in range(wanted)] if values else ["none"] * wanted
    return [*chosen, ABSENT[absent]] if absent else chosen


def identity(event: dict) -> dict:
    """Returns who did it."""
    return event.get("userIdentity") or {}


def parameters(event: dict) -> dict:
    """Returns the request's parameters."""
    return event.get("requestParameters") or {}


def role_session(event: dict) -> str | None:
    """Returns the name of a session that a role was assumed for."""
    name = parameters(event).get("roleSessionName")
    return name if isinstance(name, str) and plain(name) else None


def plain(text: str) -> bool:
    """Tells whether a text is the same in JSON, in LIKE and in quotes."""
    return bool(text) and not re.search(r"""["'\\%_<>&\x00-\x1f]|[^\x00-\x7f]""", text)
