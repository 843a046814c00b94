"""ADBC's Go driver: answers are true, large ones stream, and whatever is left alone stops."""

from __future__ import annotations

import datetime
import random
import threading
import time
from collections import Counter

import adbc_driver_flightsql.dbapi as adbc
import pyarrow
import pyarrow.compute
import pytest
from adbc_driver_flightsql import DatabaseOptions
from adbc_driver_manager import AdbcStatusCode as Status

import expectation
from asking import rows
from cloudtrail import canonical, member, parse
from flight_sql import pruned
from server import eventually
from serving import MILLION, NARROW_PASSWORD, NARROW_USER

# How much of a message every client takes: gRPC's own default.
MESSAGE_BYTES = 4 << 20


def test_groups_are_counted_as_python_does(service, connection):
    for column, path in [
        ("eventName", ["eventName"]),
        ("errorCode", ["errorCode"]),
        ("userIdentity.type", ["userIdentity", "type"]),
        ("element_at(requestParameters, 'bucketName')", ["requestParameters", "bucketName"]),
    ]:
        counted = dict(rows(connection, f"SELECT {column}, count(*) FROM trail GROUP BY 1"))
        assert counted == Counter(member(event, *path) for event in service.events), column


def test_whole_events_are_those_of_the_logs(service, connection):
    columns = list(expectation.COLUMNS)
    ids = Counter(event.get("eventID") for event in service.events)
    once = {event["eventID"]: event for event in service.events if ids[event.get("eventID")] == 1}
    held = rows(connection, f"SELECT {', '.join(columns)}, eventJson FROM trail")
    seen = [dict(zip([*columns, "eventJson"], cells)) for cells in held]
    seen = [cells for cells in seen if cells["eventID"] in once]
    assert len(seen) == len(once)
    for cells in random.Random(20_260_131).sample(seen, min(500, len(seen))):
        event = once[cells["eventID"]]
        assert canonical(parse(cells.pop("eventJson"))) == canonical(event)
        for name, value in expectation.row(event).items():
            if name == "eventTime":
                assert cells[name] == (value.replace(tzinfo=None) if value else None)
            elif name in expectation.STRINGS or name in expectation.BOOLEANS:
                assert cells[name] == value, name
            else:
                assert plain(cells[name] and parse(cells[name])) == plain(value), name


def plain(value):
    """Returns a nested value without nulls, and instants as text without a zone: absent and null are one."""
    if isinstance(value, dict):
        return pruned({name: plain(inner) for name, inner in value.items()})
    if isinstance(value, list) and not hasattr(value, "digits"):
        return [plain(inner) for inner in value]
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, str) and value.startswith("{"):
        # A free-form member of a struct is text there, as everywhere.
        return plain(parse(value))
    if isinstance(value, str) and len(value) >= 19 and value[4:5] == "-" and value[10:11] in ("T", " "):
        return value[:19].replace("T", " ")
    return value


def test_text_of_odd_events_comes_through_whole(service, connection, odd_logs):
    held = rows(connection, "SELECT eventJson FROM odd")
    assert len(held) > 100
    for (event,) in held:
        parse(event)


def test_the_clock_of_the_server_is_there(connection):
    ((now, today, late),) = rows(
        connection,
        "SELECT now() AS n, current_date AS d, (SELECT count(*) FROM trail WHERE eventTime > now() - INTERVAL '1' DAY) AS c",
    )
    apart = now.replace(tzinfo=None) - datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    assert abs(apart) < datetime.timedelta(minutes=1)
    assert abs((today - now.date()).days) <= 1
    assert late == 0


def test_equal_names_are_told_apart(cursor):
    cursor.execute("SELECT 1 AS a, 2 AS a, 3 AS a")
    assert [column[0] for column in cursor.description] == ["a", "a_1", "a_2"]
    assert cursor.fetchall() == [(1, 2, 3)]


def test_native_types_come_when_asked_for(service):
    with service.connect(headers={"x-auditlake-types": "native"}) as connection:
        with connection.cursor() as cursor:
            table = cursor.execute("SELECT userIdentity, resources, eventTime FROM trail LIMIT 3").fetch_arrow_table()
    assert pyarrow.types.is_struct(table.schema.field("userIdentity").type)
    assert "list" in str(table.schema.field("resources").type)


def test_many_queries_run_on_one_cursor(service, cursor):
    for number in range(50):
        assert cursor.execute("SELECT ? + 1", [number]).fetchone() == (number + 1,)


def test_sixteen_connections_ask_at_once(service):
    failed = []

    def ask() -> None:
        try:
            with service.connect() as connection:
                for _ in range(5):
                    assert rows(connection, "SELECT count(*) FROM trail") == [(len(service.events),)]
        except Exception as error:  # noqa: BLE001 - told below, by the thread that may fail the test
            failed.append(error)

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


# Large results


def test_a_million_rows_arrive_whole_in_messages_every_client_takes(service, cursor):
    cursor.execute(service.million)
    read = numbers = 0
    ids = Counter()
    for batch in cursor.fetch_record_batch():
        assert 0 < batch.num_rows
        assert batch.nbytes < MESSAGE_BYTES
        read += batch.num_rows
        numbers += pyarrow.compute.sum(batch["n"]).as_py()
        for pair in batch["eventID"].value_counts():
            ids[pair["values"].as_py()] += pair["counts"].as_py()
    assert read == len(service.events) * service.copies >= MILLION
    assert numbers == len(service.events) * service.copies * (service.copies + 1) // 2
    once = Counter(member(event, "eventID") for event in service.events)
    assert ids == {event: count * service.copies for event, count in once.items()}


def test_wide_rows_of_a_whole_store_arrive(service, cursor):
    table = cursor.execute("SELECT * FROM trail").fetch_arrow_table()
    assert table.num_rows == len(service.events)


def test_partitions_can_be_read_by_another_connection_of_the_same_user(service, cursor):
    partitions, schema = cursor.adbc_execute_partitions(
        "SELECT eventName FROM trail WHERE eventName = ?", ["AssumeRole"]
    )
    assert len(partitions) == 1
    with service.connect() as other, other.cursor() as reader:
        for _ in range(2):
            reader.adbc_read_partition(partitions[0])
            table = reader.fetch_arrow_table()
            assert table.schema.equals(schema)
            assert table.num_rows == sum(1 for event in service.events if event.get("eventName") == "AssumeRole")


def test_partitions_are_no_use_to_another_user(service, cursor):
    partitions, _ = cursor.adbc_execute_partitions("SELECT eventName FROM trail")
    with service.connect(username=NARROW_USER, password=NARROW_PASSWORD) as other, other.cursor() as reader:
        with pytest.raises(adbc.Error) as refused:
            reader.adbc_read_partition(partitions[0])
            reader.fetch_arrow_table()
    assert refused.value.status_code == Status.UNAUTHORIZED


# Cancelling


def test_cancel_stops_a_busy_query_at_once(service, cursor):
    service.server.wait_for_queries(0)
    ended = {}

    def run() -> None:
        try:
            cursor.execute(service.endless)
            cursor.fetchall()
        except adbc.Error as error:
            ended["error"] = error

    thread = threading.Thread(target=run)
    thread.start()
    service.server.wait_for_queries(1)
    time.sleep(0.5)
    cursor.adbc_cancel()
    took = service.server.wait_for_queries(0)
    thread.join(10)
    assert not thread.is_alive()
    assert ended["error"].status_code == Status.CANCELLED, ended["error"]
    assert took < 2, f"{took} s"
    assert_idle(service)


def assert_idle(service) -> None:
    """Asserts that the server stops working soon: a cancelled query must not go on in the background."""

    def idle() -> bool:
        before = service.server.cpu_seconds()
        time.sleep(0.3)
        return service.server.cpu_seconds() - before < 0.1

    eventually(idle, 3, "the server is idle")


def test_a_result_that_is_left_unread_stops(service, cursor):
    cursor.execute(service.million.replace(str(service.copies), str(service.copies * 1000)))
    reader = cursor.fetch_record_batch()
    reader.read_next_batch()
    cursor.close()
    del reader
    service.server.wait_for_queries(0)
    assert_idle(service)


def test_a_timeout_of_the_client_stops_the_query(service):
    with service.connect() as connection:
        options = {DatabaseOptions.TIMEOUT_FETCH.value: "1.0", DatabaseOptions.TIMEOUT_QUERY.value: "1.0"}
        with connection.cursor(adbc_stmt_kwargs=options) as cursor, pytest.raises(adbc.Error) as late:
            cursor.execute(service.endless)
            cursor.fetchall()
    assert late.value.status_code in (Status.TIMEOUT, Status.CANCELLED), late.value
    service.server.wait_for_queries(0)
