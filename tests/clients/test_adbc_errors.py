"""ADBC's Go driver: errors have their class and a short text, and nothing writes."""

from __future__ import annotations

import adbc_driver_flightsql.dbapi as adbc
import pyarrow
import pytest
from adbc_driver_manager import AdbcStatusCode as Status

from asking import failure, objects, rows


@pytest.mark.parametrize(
    ("sql", "kind", "status", "told"),
    [
        ("SELEC 1", adbc.ProgrammingError, Status.INVALID_ARGUMENT, "SELEC"),
        ("SELECT 1; SELECT 2", adbc.ProgrammingError, Status.INVALID_ARGUMENT, ""),
        ("-- nothing", adbc.ProgrammingError, Status.INVALID_ARGUMENT, "empty"),
        ("SELECT evntName FROM trail", adbc.ProgrammingError, Status.INVALID_ARGUMENT, "eventName"),
        ("SELECT 1 FROM trial", adbc.ProgrammingError, Status.NOT_FOUND, "trail"),
        ("SELECT 1 FROM elsewhere.trail", adbc.ProgrammingError, Status.NOT_FOUND, "elsewhere"),
        ("SELECT nosuchfunction(1)", adbc.ProgrammingError, Status.INVALID_ARGUMENT, "nosuchfunction"),
        ("SELECT CAST(eventName AS BIGINT) FROM trail", adbc.ProgrammingError, Status.INVALID_ARGUMENT, ""),
        ("SELECT 1 / (count(*) - count(*)) FROM trail", adbc.ProgrammingError, Status.INVALID_ARGUMENT, "zero"),
    ],
)
def test_errors_have_their_class_and_say_what_is_wrong(connection, sql, kind, status, told):
    error = failure(connection, sql)
    assert type(error) is kind, error
    assert error.status_code == status, error
    assert told in str(error)


def test_an_error_is_one_short_line_with_the_id_of_its_request(connection):
    for sql in ["SELECT nosuchcolumn FROM trail", "SELECT '" + "x" * 10_000 + "' FROM nosuchtable", "SELEC\n1\n"]:
        error = failure(connection, sql)
        message = str(error)
        assert len(message.encode()) < 2_000
        assert "\n" not in message
        assert "x-request-id" in dict(error.details) or "request" in message, (message, error.details)


def test_a_huge_statement_is_refused(connection):
    error = failure(connection, f"SELECT '{'x' * 3_000_000}'")
    assert error.status_code in (Status.INVALID_ARGUMENT, Status.INTERNAL), error
    assert rows(connection, "SELECT 1") == [(1,)]


REFUSED = [
    "CREATE TABLE t (a INT)",
    "CREATE TABLE t AS SELECT 1",
    "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'",
    "CREATE VIEW v AS SELECT 1",
    "CREATE SCHEMA s",
    "DROP TABLE trail",
    "DROP TABLE IF EXISTS trail",
    "ALTER TABLE trail ADD COLUMN a INT",
    "TRUNCATE TABLE trail",
    "INSERT INTO trail SELECT * FROM trail",
    "UPDATE trail SET eventName = 'x'",
    "DELETE FROM trail",
    "COPY (SELECT 1) TO '/tmp/auditlake-copy.csv'",
    "COPY trail TO '/tmp/auditlake-copy.parquet'",
    "SET datafusion.execution.batch_size = 1",
    "RESET ALL",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "EXPLAIN ANALYZE INSERT INTO trail SELECT * FROM trail",
    "EXPLAIN DROP TABLE trail",
    "WITH t AS (SELECT 1) DELETE FROM trail",
    "BEGIN",
    "COMMIT",
    "GRANT SELECT ON trail TO alice",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM parquet_metadata('/etc/passwd')",
]


@pytest.mark.parametrize("sql", REFUSED)
def test_whatever_would_write_or_read_elsewhere_is_refused_by_every_door(connection, sql):
    taken = (Status.INVALID_ARGUMENT, Status.UNAUTHORIZED, Status.NOT_FOUND)
    doors = {
        "execute": lambda cursor: cursor.execute(sql).fetchall(),
        "execute_schema": lambda cursor: cursor.adbc_execute_schema(sql),
        "prepare": lambda cursor: cursor.adbc_prepare(sql),
        "update": lambda cursor: cursor.executemany(sql, [()]),
        "script": lambda cursor: cursor.executescript(sql),
        "partitions": lambda cursor: cursor.adbc_execute_partitions(sql),
    }
    for name, door in doors.items():
        # A cursor prepares a text only once, so each door has its own.
        with connection.cursor() as cursor, pytest.raises(adbc.Error) as refused:
            door(cursor)
        assert refused.value.status_code in taken, (name, refused.value)


def test_refused_statements_changed_nothing(service, connection):
    assert rows(connection, "SELECT count(*) FROM trail") == [(len(service.events),)]
    assert objects(connection, depth="tables")["auditlake"]["lake"].keys() == {"odd", "trail"}


def test_an_ingest_is_refused_and_the_connection_lives_on(connection, cursor):
    table = pyarrow.table({"a": list(range(100_000))})
    with pytest.raises(adbc.Error) as refused:
        cursor.adbc_ingest("trail", table, mode="append")
    assert refused.value.status_code in (Status.UNAUTHORIZED, Status.NOT_IMPLEMENTED), refused.value
    assert rows(connection, "SELECT 1") == [(1,)]


def test_a_query_that_selects_is_refused_as_an_update(cursor):
    with pytest.raises(adbc.Error) as refused:
        cursor.executescript("SELECT 1")
    assert refused.value.status_code in (Status.UNAUTHORIZED, Status.NOT_IMPLEMENTED, Status.INVALID_ARGUMENT)
