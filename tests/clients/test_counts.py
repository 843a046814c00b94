"""SQL answers equal plain counting in Python."""

from __future__ import annotations

from collections import Counter

import pytest

from auditlake import Auditlake, binary
from cloudtrail import distinct_events, files_of, member, text


GROUPINGS = {
    "eventName": lambda event: member(event, "eventName"),
    "eventSource": lambda event: member(event, "eventSource"),
    "errorCode": lambda event: member(event, "errorCode"),
    "awsRegion": lambda event: member(event, "awsRegion"),
    "userIdentity.type": lambda event: member(event, "userIdentity", "type"),
    "userIdentity.sessionContext.sessionIssuer.userName": lambda event: member(
        event, "userIdentity", "sessionContext", "sessionIssuer", "userName"
    ),
    "element_at(requestParameters, 'bucketName')": lambda event: member(event, "requestParameters", "bucketName"),
    "requestParameters.roleArn": lambda event: member(event, "requestParameters", "roleArn"),
    "date_trunc('day', eventTime)": lambda event: (member(event, "eventTime") or "")[:10] or None,
}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory, logs):
    """A store that holds the logs, and the events that it must hold."""
    folder = tmp_path_factory.mktemp("counts")
    auditlake = Auditlake(binary(), home=folder / "home", lake=str(folder / "lake"))
    auditlake.create_store()
    auditlake.load(*logs)
    return auditlake, distinct_events(logs)


@pytest.mark.parametrize("grouping", GROUPINGS)
def test_a_grouping_counts_as_python_does(loaded, grouping):
    auditlake, events = loaded
    rows = auditlake.sql(f"SELECT {grouping} AS k, count(*) AS n FROM trail GROUP BY 1")
    counted = {row["k"] if "date" not in grouping else row["k"] and row["k"][:10]: row["n"] for row in rows}
    assert counted == Counter(map(GROUPINGS[grouping], events))


def test_the_top_denied_calls_of_the_readme(loaded):
    auditlake, events = loaded
    rows = auditlake.sql(
        "SELECT eventName, count(*) AS n FROM trail WHERE errorCode IS NOT NULL "
        "GROUP BY eventName ORDER BY n DESC LIMIT 10"
    )
    failed = Counter(event["eventName"] for event in events if member(event, "errorCode") is not None)
    assert [row["n"] for row in rows] == [n for _, n in failed.most_common(10)]
    assert all(failed[row["eventName"]] == row["n"] for row in rows)


def test_distinct_addresses_and_time_bounds(loaded):
    auditlake, events = loaded
    times = sorted(event["eventTime"] for event in events if isinstance(event.get("eventTime"), str))
    middle = times[len(times) // 2]
    (row,) = auditlake.sql(
        "SELECT count(*) AS n, count(DISTINCT sourceIPAddress) AS addresses, "
        f"count(*) FILTER (WHERE eventTime >= '{middle[:10]} {middle[11:19]}') AS later FROM trail"
    )
    assert row["n"] == len(events)
    assert row["addresses"] == len({text(event.get("sourceIPAddress")) for event in events} - {None})
    assert row["later"] == sum(1 for time in times if time >= middle)


def test_a_second_import_stores_nothing(loaded, logs):
    auditlake, events = loaded
    for source in logs:
        summary = auditlake.load(source)
        assert summary["eventsStored"] == 0
        assert summary["filesSkipped"] == len(files_of(source))
    assert auditlake.sql("SELECT count(*) AS n FROM trail") == [{"n": len(events)}]
