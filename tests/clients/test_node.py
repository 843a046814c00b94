"""The Node client: arrow-flight's own Rust client behind JavaScript. It prepares every query, and cannot cancel."""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess
from collections import Counter

import pytest

from serving import PASSWORD, USER

PROBE = pathlib.Path(__file__).parent / "node/probe.mjs"


@pytest.fixture
def ask(service, node_modules, tmp_path):
    """Asks the probe a question and returns its answer; where it `fails`, its error."""
    # Node looks for packages beside the script.
    shutil.copy(PROBE, tmp_path)
    (tmp_path / "node_modules").symlink_to(node_modules)

    def asked(question: str, argument=None, fails: bool = False, **login):
        login = login or {"username": USER, "password": PASSWORD}
        options = {"host": service.server.host, "port": service.server.port, "tls": False, "headers": [], **login}
        command = ["node", "probe.mjs", question, json.dumps(options), json.dumps(argument)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True)
        told = json.loads(done.stdout)
        assert ("error" in told) == fails, told
        return told["error" if fails else "answer"]

    return asked


def test_catalogs_schemas_and_tables_are_listed(ask):
    found = ask("objects")
    assert found["catalogs"] == [{"catalog_name": "auditlake"}]
    assert found["schemas"] == [{"catalog_name": "auditlake", "db_schema_name": "lake"}]
    listed = {(table["db_schema_name"], table["table_name"], table["table_type"]) for table in found["tables"]}
    assert {("lake", "odd", "TABLE"), ("lake", "trail", "TABLE")} <= listed


def test_a_query_counts_as_python_does(ask, service):
    found = ask("query", "SELECT eventName, count(*) AS n FROM trail GROUP BY 1")
    assert found["types"] == {"eventName": "Utf8", "n": "Int64"}
    counted = {row["eventName"]: row["n"] for row in found["rows"]}
    assert counted == Counter(event.get("eventName") for event in service.events)


def test_types_are_those_that_javascript_reads(ask):
    found = ask("query", "SELECT eventTime, userIdentity, readOnly FROM trail WHERE eventTime IS NOT NULL LIMIT 3")
    assert found["types"] == {"eventTime": "Timestamp<MICROSECOND>", "userIdentity": "Utf8", "readOnly": "Bool"}
    assert all(json.loads(row["userIdentity"])["type"] for row in found["rows"])


def test_a_token_logs_in(ask, service):
    found = ask("query", "SELECT 1 AS one", token=service.token)
    assert found["rows"] == [{"one": 1}]
    found = ask("query", "SELECT 1 AS one", username=USER, password=service.token)
    assert found["rows"] == [{"one": 1}]


def test_a_million_rows_arrive(ask, service):
    sql = service.million.replace("SELECT eventID, eventTime, eventName, n", "SELECT eventName, n")
    found = ask("size", sql)
    assert found == {
        "rows": len(service.events) * service.copies,
        "sum": len(service.events) * service.copies * (service.copies + 1) // 2,
    }


def test_errors_are_raised(ask):
    # The client keeps the server's words to itself.
    assert ask("query", "SELECT evntName FROM trail", fails=True)
    assert ask("query", "DROP TABLE trail", fails=True)
    # For a wrong password the client panics inside, and its promise never ends.
    assert ask("query", "SELECT 1", fails=True, token="wrong")
    assert ask("query", "SELECT 1 AS one")["rows"] == [{"one": 1}]
