"""Harlequin's command line, `hsql`, over ADBC."""

from __future__ import annotations

import csv
import io
import subprocess
from collections import Counter

import pytest

from serving import USER


@pytest.fixture
def run(hsql, service, tmp_path):
    """Runs hsql and returns what it did."""

    def ran(*arguments: str, password: str | None = None, check: bool = True) -> subprocess.CompletedProcess:
        # Its options cannot hold `=` or `;` in a password; a token holds neither.
        login = f"username={USER};password={password or service.token}"
        command = [hsql, "-a", "adbc", "--driver-type", "flightsql", "--db-kwargs-str", login, service.uri, *arguments]
        env = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "PYTHONWARNINGS": "ignore"}
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=env, check=False)
        assert not check or done.returncode == 0, done.stderr
        return done

    return ran


def test_a_query_counts_as_python_does(run, service):
    done = run("--csv", "--limit", "-1", "-c", "SELECT eventName, count(*) AS n FROM trail GROUP BY 1")
    counted = {row["eventName"]: int(row["n"]) for row in csv.DictReader(io.StringIO(done.stdout))}
    assert counted == Counter(event.get("eventName") for event in service.events)


def test_the_catalog_lists_stores_and_columns(run):
    assert "auditlake" in run("--catalog").stdout
    schemas = run("--catalog", "--path", "auditlake").stdout
    assert "lake" in schemas and "system" in schemas
    tables = run("--catalog", "--path", "auditlake.lake").stdout
    assert "trail" in tables and "odd" in tables
    assert "eventName" in run("--catalog", "--path", "auditlake.lake.trail").stdout


def test_a_million_rows_are_written_to_a_file(run, service, tmp_path):
    written = tmp_path / "million.csv"
    sql = service.million.replace("SELECT eventID, eventTime, eventName, n", "SELECT eventName, n")
    run("--csv", "--limit", "-1", "-o", str(written), "-c", sql)
    with written.open("rb") as file:
        assert sum(1 for _ in file) == len(service.events) * service.copies + 1


def test_errors_are_shown_and_end_with_a_code(run):
    done = run("-c", "SELECT evntName FROM trail", check=False)
    assert done.returncode != 0
    assert "eventName" in done.stderr + done.stdout
    done = run("-c", "SELECT 1", password="wrong", check=False)
    assert done.returncode != 0
    assert "nauthenticated" in (done.stderr + done.stdout).lower()
