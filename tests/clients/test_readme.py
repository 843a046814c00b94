"""The README's examples of clients, run as they stand but for the address and the login."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter

import pytest

from auditlake import CHECKOUT
from serving import USER
from test_flightsql_dbapi import PROBE

CHAPTER = "Connect your BI tool"
# What cannot be installed here; its calls are replayed in tests/e2e.
NOT_HERE = {"DBeaver, Tableau, DataGrip (JDBC)", "Power BI, Excel (ODBC)", "Grafana"}


def examples() -> dict[str, list[str]]:
    """Returns the blocks of code of each section of the chapter."""
    readme = (CHECKOUT / "README.md").read_text()
    chapter = readme.split(f"\n## {CHAPTER}\n")[1].split("\n## ")[0]
    sections = re.split(r"^### (.*)$", chapter, flags=re.MULTILINE)[1:]
    blocks = [re.findall(r"^```\w+\n(.*?)^```$", text, re.MULTILINE | re.DOTALL) for text in sections[1::2]]
    return dict(zip(sections[::2], blocks, strict=True))


@pytest.fixture
def example(service):
    """Returns a section's first block, with the address and the login of this run."""

    def found(name: str) -> str:
        code = examples()[name][0]
        for written, meant in [("31337", str(service.server.port)), ("alice", USER), ("secret", service.token)]:
            assert written in code
            code = code.replace(written, meant)
        return code

    return found


@pytest.fixture
def most_called(service) -> str:
    """The call that every example shows first."""
    counted = Counter(event["eventName"] for event in service.events if event.get("readOnly") is True)
    return counted.most_common(1)[0][0]


def run(command: list, **options) -> str:
    """Runs an example and returns what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", ["Python (ADBC)", "pandas, Polars, DuckDB", "SQLAlchemy 2"])
def test_python_examples_show_the_most_called(example, most_called, name):
    shown = run([sys.executable, "-c", example(name)])
    assert shown.count(most_called) == (3 if "DuckDB" in name else 1), shown


def test_superset_connects_by_the_address(example, flightsql_dbapi):
    arguments = json.dumps({"url": example("Superset").strip()})
    told = json.loads(run([flightsql_dbapi, PROBE, "introspect", arguments]))
    assert "trail" in told["answer"]["schemas"]["lake"]


def test_supersets_days_are_days_of_the_server(flightsql_dbapi, cursor, service):
    config = examples()["Superset"][1] + "print(TIME_GRAIN_ADDON_EXPRESSIONS['base']['P1D'].format(col='eventTime'))"
    day = run([flightsql_dbapi, "-c", config]).strip()
    days = {event["eventTime"][:10] for event in service.events if isinstance(event.get("eventTime"), str)}
    assert cursor.execute(f"SELECT count(DISTINCT {day}) FROM trail").fetchone() == (len(days),)


def test_the_node_example_shows_the_most_called(example, most_called, node_modules, tmp_path):
    (tmp_path / "node_modules").symlink_to(node_modules)
    (tmp_path / "example.mjs").write_text(example("Node"))
    assert run(["node", "example.mjs"], cwd=tmp_path).startswith(f"{most_called} ")


def test_the_harlequin_example_shows_the_most_called(example, most_called, hsql, tmp_path):
    assert shutil.which("sh")
    env = {"PATH": f"{hsql.parent}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    assert most_called in run(["sh", "-c", example("Harlequin")], env=env)


def test_every_section_is_run_or_known_not_to_be():
    run_here = {"Python (ADBC)", "pandas, Polars, DuckDB", "SQLAlchemy 2", "Superset", "Node", "Harlequin"}
    assert set(examples()) == run_here | NOT_HERE
