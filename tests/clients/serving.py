"""Fixtures of the tests that need a server: one lake and one server for all of them."""

from __future__ import annotations

import dataclasses
import math
import os
import pathlib

import adbc_driver_flightsql.dbapi as adbc
import pytest
from adbc_driver_flightsql import DatabaseOptions

from asking import rows
from auditlake import Auditlake, binary
from cloudtrail import distinct_events
from server import Server

MILLION = 1_000_000
USER, PASSWORD = "alice", "correct horse: battery=staple"
# Sees the store `trail` and nothing else.
NARROW_USER, NARROW_PASSWORD = "mallory", "nothing but the trail"


@dataclasses.dataclass
class Service:
    """A server, what its lake holds, and who may ask it."""

    auditlake: Auditlake
    server: Server
    events: list[dict]
    token: str
    files_at_start: int = 0

    @property
    def uri(self) -> str:
        """Where Flight SQL is spoken."""
        return self.server.uri

    @property
    def login(self) -> dict[str, str]:
        """How `alice` logs in over ADBC."""
        return {"username": USER, "password": PASSWORD}

    @property
    def million(self) -> str:
        """A query with at least a million rows: each event `copies` times, numbered by `n` from 1."""
        return (
            f"SELECT eventID, eventTime, eventName, n FROM trail CROSS JOIN generate_series(1, {self.copies}) AS s(n)"
        )

    @property
    def copies(self) -> int:
        """How often each event comes in the query `million`."""
        return math.ceil(MILLION / len(self.events))

    @property
    def endless(self) -> str:
        """A query that no test waits for, busy from its first moment and without a row before its end."""
        return "SELECT count(*) AS n FROM trail a, trail b, trail c WHERE a.eventName < b.eventName AND b.eventID > c.eventID"

    def connect(self, autocommit: bool = True, headers: dict[str, str] | None = None, **options) -> adbc.Connection:
        """Connects over ADBC, as `alice` unless options say otherwise."""
        login = options or self.login
        prefixed = {DatabaseOptions.RPC_CALL_HEADER_PREFIX.value + name: text for name, text in (headers or {}).items()}
        return adbc.connect(self.uri, db_kwargs={**login, **prefixed}, autocommit=autocommit)


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory, logs, odd_logs):
    """A server over a lake with the stores `trail` and `odd`."""
    folder = tmp_path_factory.mktemp("service")
    auditlake = Auditlake(binary(), home=folder / "home", lake=str(folder / "lake"))
    for store, sources, check in [("trail", logs, 0), ("odd", odd_logs, None)]:
        auditlake.run("store", "create", store)
        auditlake.load(*sources, store=store, check=check)
    auditlake.add_user(USER, PASSWORD)
    auditlake.add_user(NARROW_USER, NARROW_PASSWORD, "--store", "trail")
    token = auditlake.create_token(USER)
    with Server(auditlake, folder / "server.log") as server:
        service = Service(auditlake, server, distinct_events(logs), token)
        with service.connect() as connection:
            rows(connection, "SELECT * FROM trail")
        service.files_at_start = server.open_files()
        yield service


@pytest.fixture
def connection(service: Service):
    """A connection over ADBC."""
    with service.connect() as connection:
        yield connection


@pytest.fixture
def cursor(connection: adbc.Connection):
    """A cursor over ADBC."""
    with connection.cursor() as cursor:
        yield cursor


def environment(name: str, made_by: str) -> pathlib.Path:
    """Returns the folder of an environment that tests/clients/run made; skips the test where it could not."""
    if name not in os.environ:
        pytest.skip(f"{made_by} could not be installed, or tests/clients/run was not used")
    return pathlib.Path(os.environ[name])


@pytest.fixture(scope="session")
def flightsql_dbapi() -> pathlib.Path:
    """The Python that has flightsql-dbapi and SQLAlchemy 1.4."""
    return environment("AUDITLAKE_FLIGHTSQL_DBAPI", "flightsql-dbapi") / "bin/python"


@pytest.fixture(scope="session")
def hsql(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Harlequin's command line."""
    python = environment("AUDITLAKE_HARLEQUIN", "harlequin") / "bin/python"
    # The script that was installed names the folder that the environment was made in, which has moved.
    script = tmp_path_factory.mktemp("bin") / "hsql"
    script.write_text(f"#!/bin/sh\nexec '{python}' -c 'from harlequin.hsql import main; main()' \"$@\"\n")
    script.chmod(0o755)
    return script


@pytest.fixture(scope="session")
def node_modules() -> pathlib.Path:
    """The folder of packages of the Node client."""
    return environment("AUDITLAKE_NODE", "the Node client") / "node_modules"
