"""flightsql-dbapi and its SQLAlchemy 1.4 dialect: how Superset connects."""

from __future__ import annotations

import json
import pathlib
import subprocess
import urllib.parse
from collections import Counter

import pytest

import expectation
from cloudtrail import member
from serving import PASSWORD, USER

PROBE = pathlib.Path(__file__).parent / "probe_flightsql_dbapi.py"


@pytest.fixture
def ask(flightsql_dbapi, service):
    """Asks the probe a question and returns its answer; where it `fails`, its error as a pair."""

    def asked(question: str, fails: bool = False, **arguments):
        command = [str(flightsql_dbapi), str(PROBE), question, json.dumps(arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        told = json.loads(done.stdout)
        assert ("error" in told) == fails, told
        return (told["error"], told["text"]) if fails else told["answer"]

    return asked


def url(service, password: str = PASSWORD, **options) -> str:
    """Returns the address for SQLAlchemy."""
    query = urllib.parse.urlencode({"insecure": "True", **options})
    login = f"{urllib.parse.quote(USER)}:{urllib.parse.quote(password)}"
    return f"datafusion+flightsql://{login}@{service.server.host}:{service.server.port}/?{query}"


def test_superset_finds_schemas_tables_columns_and_no_keys(ask, service):
    found = ask("introspect", url=url(service, **{"feature-sqlalchemy-primary-keys": "on"}))
    assert set(found["schemas"]["lake"]) == {"odd", "trail"}
    assert "queries" in found["schemas"]["system"]
    assert found["has"] == [True, False]
    assert found["keys"] == {"constrained_columns": [], "name": None}
    columns = dict(found["schemas"]["lake"]["trail"])
    assert set(expectation.COLUMNS) <= set(columns)
    assert columns["eventTime"] == "TIMESTAMP"
    assert columns["readOnly"] == "BOOLEAN"
    assert columns["userIdentity"] == "TEXT"
    for tables in found["schemas"].values():
        for table in tables.values():
            assert "BLOB" not in dict(table).values()


def test_a_chart_counts_as_python_does(ask, service):
    counted = Counter(event["eventName"] for event in service.events if member(event, "errorCode") is None)
    expected = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))[:10]
    assert ask("chart", url=url(service)) == [list(pair) for pair in expected]


def test_a_token_is_a_password(ask, service):
    assert len(ask("chart", url=url(service, password=service.token))) == 10


def test_parameters_go_as_unions(ask, service):
    address = url(service, **{"feature-sqlalchemy-prepared-statements": "on"})
    sql = "SELECT ? AS a, ? AS b, CAST(? AS BIGINT) AS c, count(*) AS n FROM trail WHERE eventName = ? AND readOnly = ?"
    values = ["it's ?", "\u00e4", 5, "AssumeRole", True]
    count = sum(1 for e in service.events if e.get("eventName") == "AssumeRole" and e.get("readOnly") is True)
    assert ask("parameters", url=address, sql=sql, values=values) == [["it's ?", "\u00e4", 5, count]]


def test_many_rows_are_read_by_the_cursor(ask, service):
    sql = "SELECT eventTime, eventName, readOnly FROM trail"
    told = ask("dbapi", host=service.server.host, port=service.server.port, sql=sql, user=USER, password=PASSWORD)
    assert told["description"] == [["eventTime", "TIMESTAMP"], ["eventName", "TEXT"], ["readOnly", "BOOLEAN"]]
    assert len(told["rows"]) == len(service.events)


def test_a_million_rows_become_a_frame(ask, service):
    sql = service.million.replace("SELECT eventID, eventTime, eventName, n", "SELECT eventName, n")
    told = ask("frame", host=service.server.host, port=service.server.port, sql=sql, user=USER, password=PASSWORD)
    assert told["rows"] == len(service.events) * service.copies


def test_errors_tell_what_is_wrong(ask, service):
    login = {"host": service.server.host, "port": service.server.port, "user": USER}
    kind, text = ask("dbapi", fails=True, sql="SELECT evntName FROM trail", password=PASSWORD, **login)
    assert kind == "ArrowInvalid" and "eventName" in text
    kind, _ = ask("dbapi", fails=True, sql="SELECT 1", password="wrong", **login)
    assert kind == "FlightUnauthenticatedError"
