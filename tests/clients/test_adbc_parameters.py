"""ADBC's Go driver: parameters of every type, by position."""

from __future__ import annotations

import datetime
from collections import Counter

import pyarrow
import pytest
from adbc_driver_manager import AdbcStatusCode as Status

from asking import failure, rows
from cloudtrail import member


@pytest.mark.parametrize(
    ("value", "expression"),
    [
        (5, "CAST(? AS BIGINT)"),
        (-(2**63), "CAST(? AS BIGINT)"),
        (1.5, "CAST(? AS DOUBLE)"),
        (True, "CAST(? AS BOOLEAN)"),
        ("it's \u00e4 ? $1 -- \U0001f600", "?"),
        ("", "?"),
        (None, "?"),
        (None, "CAST(? AS BIGINT)"),
        (datetime.datetime(2023, 7, 10, 11, 12, 13, 456_000), "CAST(? AS TIMESTAMP)"),
        (datetime.date(2023, 7, 10), "CAST(? AS DATE)"),
    ],
    ids=str,
)
def test_a_parameter_comes_back_as_it_went(connection, value, expression):
    assert rows(connection, f"SELECT {expression} AS back", [value]) == [(value,)]


def test_parameters_filter_by_text_time_number_and_truth(service, connection):
    times = sorted(event["eventTime"] for event in service.events if isinstance(event.get("eventTime"), str))
    middle = datetime.datetime.strptime(times[len(times) // 2], "%Y-%m-%dT%H:%M:%SZ")
    name = Counter(event["eventName"] for event in service.events).most_common(1)[0][0]
    expected = {
        ("eventName = ?", name): lambda event: event.get("eventName") == name,
        ("eventTime >= ?", middle): lambda event: (event.get("eventTime") or "") >= times[len(times) // 2],
        ("readOnly = ?", True): lambda event: event.get("readOnly") is True,
        ("length(eventName) > ?", 12): lambda event: len(event.get("eventName") or "") > 12,
        ("userIdentity.type = ?", "IAMUser"): lambda event: member(event, "userIdentity", "type") == "IAMUser",
        ("eventName = ?", None): lambda event: False,
    }
    for (condition, value), holds in expected.items():
        found = rows(connection, f"SELECT count(*) FROM trail WHERE {condition}", [value])
        assert found == [(sum(map(holds, service.events)),)], condition


def test_a_zoned_instant_is_compared_as_the_instant_it_is(service, connection):
    zoned = datetime.datetime(2023, 7, 10, 14, 0, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
    naive = datetime.datetime(2023, 7, 10, 12, 0)
    sql = "SELECT count(*) FROM trail WHERE eventTime >= ?"
    assert rows(connection, sql, [zoned]) == rows(connection, sql, [naive])


def test_twelve_parameters_keep_their_places(connection):
    marks = ", ".join(f"? AS c{number}" for number in range(12))
    texts = [f"value {number}" for number in range(12)]
    assert rows(connection, f"SELECT {marks}", texts) == [tuple(texts)]
    numbered = ", ".join(f"${number} AS c{number}" for number in range(12, 0, -1))
    assert rows(connection, f"SELECT {numbered}", texts) == [tuple(reversed(texts))]


def test_question_marks_in_texts_names_and_comments_are_no_parameters(connection):
    sql = """SELECT '?' AS "?", ? AS b, 'it''s ?' AS c /* ? */ -- ?"""
    assert rows(connection, sql, ["value"]) == [("?", "value", "it's ?")]


def test_limit_takes_a_parameter(connection):
    assert len(rows(connection, "SELECT eventID FROM trail LIMIT ?", [7])) == 7


def test_a_prepared_statement_tells_its_parameters(cursor):
    schema = cursor.adbc_prepare("SELECT ? AS a FROM trail WHERE eventName = ? AND eventTime > ? AND readOnly = ?")
    assert len(schema) == 4
    assert all(field.nullable for field in schema)
    kinds = [field.type for field in schema]
    assert kinds[0] == kinds[1] == pyarrow.string()
    assert pyarrow.types.is_timestamp(kinds[2])
    assert kinds[3] == pyarrow.bool_()
    assert len(cursor.adbc_prepare("SELECT 1")) == 0


@pytest.mark.parametrize(
    ("sql", "parameters"),
    [
        ("SELECT ?, ?", ["one"]),
        ("SELECT ?", ["one", "two"]),
        ("SELECT ?", None),
        ("SELECT ?, $1", ["one"]),
        ("SELECT CAST(? AS BIGINT)", ["word"]),
    ],
)
def test_parameters_that_do_not_fit_are_refused(connection, sql, parameters):
    error = failure(connection, sql, parameters)
    assert error.status_code == Status.INVALID_ARGUMENT, error


def test_a_batch_of_parameters_is_refused(service, connection):
    two = pyarrow.record_batch({"a": ["one", "two"]})
    error = failure(connection, "SELECT ?", two)
    assert error.status_code in (Status.INVALID_ARGUMENT, Status.NOT_IMPLEMENTED), error
