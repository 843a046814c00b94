"""ADBC's Go driver: who may come in, what they may see, and what the history keeps of it."""

from __future__ import annotations

import adbc_driver_flightsql.dbapi as adbc
import pytest
from adbc_driver_flightsql import DatabaseOptions
from adbc_driver_manager import AdbcStatusCode as Status

from asking import failure, objects, rows
from flight_sql import unique
from server import eventually
from serving import NARROW_PASSWORD, NARROW_USER, PASSWORD, USER

BEARER = DatabaseOptions.AUTHORIZATION_HEADER.value


@pytest.mark.parametrize(
    "login",
    [
        lambda service: {"username": USER, "password": PASSWORD},
        lambda service: {BEARER: f"Bearer {service.token}"},
        lambda service: {BEARER: f"bearer {service.token}"},
        lambda service: {"username": USER, "password": service.token},
        lambda service: {"username": "token", "password": service.token},
    ],
    ids=["password", "token", "lower case scheme", "token as password", "token as password of anybody"],
)
def test_every_way_to_log_in_is_taken(service, login):
    with service.connect(**login(service)) as connection:
        assert rows(connection, "SELECT count(*) FROM trail") == [(len(service.events),)]


@pytest.mark.parametrize(
    "login",
    [
        {"username": USER, "password": "not the password"},
        {"username": "nobody", "password": PASSWORD},
        {"username": USER, "password": ""},
        {BEARER: "Bearer nonsense"},
        {BEARER: "Basic %%%"},
        {BEARER: "Negotiate YII="},
    ],
    ids=lambda login: " ".join(login.values()),
)
def test_wrong_credentials_are_refused_as_such(service, login):
    with pytest.raises(adbc.Error) as refused:
        with service.connect(**login) as connection:
            rows(connection, "SELECT 1")
    assert refused.value.status_code == Status.UNAUTHENTICATED, refused.value
    for secret in login.values():
        assert secret in ("", USER) or secret not in str(refused.value)


def test_nothing_is_told_without_credentials(service):
    with adbc.connect(service.uri, autocommit=True) as connection:
        for ask in [
            lambda: rows(connection, "SELECT 1"),
            lambda: rows(connection, "not even SQL"),
            lambda: connection.adbc_get_objects(depth="catalogs").read_all(),
            lambda: connection.adbc_get_table_types(),
        ]:
            with pytest.raises(adbc.Error) as refused:
                ask()
            assert refused.value.status_code == Status.UNAUTHENTICATED


def test_a_connection_without_autocommit_only_warns(service):
    with pytest.warns(adbc.Warning, match="autocommit"):
        connection = service.connect(autocommit=False)
    with connection:
        assert rows(connection, "SELECT 1") == [(1,)]
        connection.commit()
        connection.rollback()


def test_the_server_introduces_itself(service, connection):
    told = connection.adbc_get_info()
    version = service.auditlake.run("--version").stdout.split()[1]
    assert told["vendor_name"] == "Auditlake"
    assert told["vendor_version"] == version


# Sessions, rights, history


def test_a_session_keeps_its_catalog_and_schema(service, connection):
    assert connection.adbc_current_catalog == "auditlake"
    assert connection.adbc_current_db_schema == "lake"
    connection.adbc_current_db_schema = "system"
    assert connection.adbc_current_db_schema == "system"
    assert rows(connection, "SELECT count(*) FROM imports") == rows(connection, "SELECT count(*) FROM system.imports")
    with service.connect() as other:
        assert other.adbc_current_db_schema == "lake"
    connection.adbc_current_db_schema = "lake"
    assert rows(connection, "SELECT count(*) FROM trail") == [(len(service.events),)]
    for option, wrong in [("adbc_current_db_schema", "nowhere"), ("adbc_current_catalog", "nowhere")]:
        with pytest.raises(adbc.Error):
            setattr(connection, option, wrong)


def test_a_user_sees_only_what_was_granted(service):
    with service.connect(username=NARROW_USER, password=NARROW_PASSWORD) as connection:
        assert set(objects(connection, depth="tables")["auditlake"]["lake"]) == {"trail"}
        assert rows(connection, "SELECT count(*) FROM trail") == [(len(service.events),)]
        assert rows(connection, "SHOW TABLES") == [("trail",)]
        error = failure(connection, "SELECT count(*) FROM odd")
        assert error.status_code in (Status.NOT_FOUND, Status.UNAUTHORIZED)
        seen = rows(connection, "SELECT DISTINCT principal FROM system.queries")
        assert {principal for (principal,) in seen} <= {NARROW_USER}
        listed = rows(connection, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'lake'")
        assert listed == [("trail",)]


def test_the_history_tells_who_asked_from_where(service, connection):
    sql, mark = unique("SELECT count(*) FROM trail WHERE eventName = ?")
    rows(connection, sql, ["AssumeRole"])

    def found() -> list[dict]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT * FROM system.queries WHERE sql LIKE ? AND sql NOT LIKE '%system.queries%'", [f"%{mark}%"]
            )
            return cursor.fetch_arrow_table().to_pylist()

    eventually(lambda: [row["state"] for row in found()] == ["FINISHED"], 20, "the query is in the history, once")
    (row,) = found()
    assert row["principal"] == USER
    assert row["rows_returned"] == 1
    assert any(str(cell).startswith("127.0.0.1:") for cell in row.values()), row
    assert any("adbc" in str(cell).lower() or "grpc-go" in str(cell).lower() for cell in row.values()), row
    assert "AssumeRole" in row["parameters"]


def test_new_stores_and_events_appear_without_restart(service, connection, logs):
    service.auditlake.run("store", "create", "fresh")
    assert rows(connection, "SELECT count(*) FROM fresh") == [(0,)]
    service.auditlake.load(*logs, store="fresh")
    assert rows(connection, "SELECT count(*) FROM fresh") == [(len(service.events),)]
    service.auditlake.run("store", "update", "fresh", "--no-termination-protection")
    service.auditlake.run("store", "delete", "fresh")
    assert "pending deletion" in str(failure(connection, "SELECT count(*) FROM fresh"))
