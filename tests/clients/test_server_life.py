"""How a server starts, stops, and lets clients go."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import adbc_driver_flightsql.dbapi as adbc
import pytest
from adbc_driver_manager import AdbcStatusCode as Status

from asking import rows
from auditlake import Auditlake, binary
from server import Server, eventually
from serving import PASSWORD, USER

READ_A_LITTLE_AND_WAIT = """
import sys, time
import adbc_driver_flightsql.dbapi as adbc
connection = adbc.connect(sys.argv[1], db_kwargs={"username": sys.argv[2], "password": sys.argv[3]}, autocommit=True)
cursor = connection.cursor()
cursor.execute(sys.argv[4])
cursor.fetch_record_batch().read_next_batch()
print("reading", flush=True)
time.sleep(60)
"""


@pytest.fixture
def small(tmp_path, logs) -> Auditlake:
    """A lake without users."""
    auditlake = Auditlake(binary(), home=tmp_path / "home", lake=str(tmp_path / "lake"))
    auditlake.create_store()
    auditlake.load(logs[0])
    return auditlake


def test_without_users_everybody_on_this_machine_may_ask(small, tmp_path):
    with Server(small, tmp_path / "log") as server:
        for login in [{}, {"username": "anybody", "password": "anything"}]:
            with adbc.connect(server.uri, db_kwargs=login, autocommit=True) as connection:
                ((count,),) = rows(connection, "SELECT count(*) FROM trail")
                assert count > 0
        small.add_user(USER, PASSWORD)

        def refused() -> bool:
            try:
                with adbc.connect(server.uri, autocommit=True) as connection:
                    rows(connection, "SELECT 1")
                return False
            except adbc.Error as error:
                return error.status_code == Status.UNAUTHENTICATED

        eventually(refused, 10, "credentials are wanted as soon as there is a user")


def test_without_users_nobody_else_is_let_in(small):
    refused = small.run("serve", "--listen", "0.0.0.0:0", "--http", "127.0.0.1:0", check=None)
    assert refused.returncode not in (0, 101)
    assert "--insecure" in refused.stderr


def test_a_removed_user_is_out_at_once(small, tmp_path):
    small.add_user(USER, PASSWORD)
    with Server(small, tmp_path / "log") as server:
        with adbc.connect(
            server.uri, db_kwargs={"username": USER, "password": PASSWORD}, autocommit=True
        ) as connection:
            assert rows(connection, "SELECT 1") == [(1,)]
            small.add_user("other", PASSWORD)
            small.run("user", "remove", USER)

            def out() -> bool:
                try:
                    rows(connection, "SELECT 1")
                    return False
                except adbc.Error as error:
                    return error.status_code == Status.UNAUTHENTICATED

            eventually(out, 10, "the session has ended")


def test_a_stop_interrupts_queries_and_is_clean(service, small, tmp_path):
    told = {}
    with Server(small, tmp_path / "log", "--shutdown-grace", "1s") as server:
        connection = adbc.connect(server.uri, autocommit=True)

        def ask() -> None:
            try:
                rows(connection, service.endless)
            except adbc.Error as error:
                told["error"] = error

        thread = threading.Thread(target=ask)
        thread.start()
        server.wait_for_queries(1)
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 10
        thread.join(10)
        connection.close()
    assert told["error"].status_code in (Status.CANCELLED, Status.IO), told["error"]
    assert "panicked" not in (tmp_path / "log").read_text()
    states = small.sql("SELECT state, count(*) AS n FROM system.queries WHERE sql LIKE '%trail c%' GROUP BY 1")
    assert "CANCELLED" in {row["state"] for row in states}, states


def test_killed_clients_leave_nothing_behind(service):
    def client() -> subprocess.Popen:
        endless_rows = service.million.replace(str(service.copies), str(service.copies * 1000))
        arguments = [service.uri, USER, PASSWORD, endless_rows]
        return subprocess.Popen([sys.executable, "-c", READ_A_LITTLE_AND_WAIT, *arguments], stdout=subprocess.PIPE)

    service.server.wait_for_queries(0)
    before = service.server.open_files()
    clients = [client() for _ in range(3)]
    for process in clients:
        assert process.stdout.readline() == b"reading\n"
    service.server.wait_for_queries(len(clients))
    for process in clients:
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    service.server.wait_for_queries(0)
    eventually(lambda: service.server.open_files() <= before + 2, 10, "the connections are closed")


def test_a_client_that_does_not_read_costs_no_memory(service):
    endless_rows = service.million.replace(str(service.copies), str(service.copies * 1000))
    with service.connect() as connection:
        cursors = [connection.cursor() for _ in range(4)]
        readers = [cursor.execute(endless_rows).fetch_record_batch() for cursor in cursors]
        for reader in readers:
            reader.read_next_batch()
        time.sleep(1)
        before, busy = service.server.resident_bytes(), service.server.cpu_seconds()
        time.sleep(2)
        assert service.server.resident_bytes() < before + (16 << 20)
        assert service.server.cpu_seconds() < busy + 0.3
        for reader in readers:
            assert reader.read_next_batch().num_rows > 0
    service.server.wait_for_queries(0)


def test_the_http_port_answers(service):
    for path, status in [("/healthz", 200), ("/readyz", 200), ("/metrics", 200), ("/nothing", 404)]:
        assert service.server.get(path)[0] == status, path
    assert service.server.metric("auditlake_query_duration_seconds_count") > 0
    newest = max(e["eventTime"] for e in service.events if isinstance(e.get("eventTime"), str))
    told = service.server.metric("auditlake_store_newest_event_timestamp_seconds", store="trail")
    assert time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(told)) == newest
    assert service.server.metric("auditlake_import_last_success_timestamp_seconds") > 0
