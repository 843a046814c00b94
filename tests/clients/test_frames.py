"""pandas, Polars and DuckDB, which take what ADBC gives."""

from __future__ import annotations

from collections import Counter

import duckdb
import pandas
import polars
import pytest

import expectation
from serving import MILLION

COUNTS = "SELECT eventName, count(*) AS n FROM trail GROUP BY 1"


def counted(service) -> Counter:
    return Counter(event.get("eventName") for event in service.events)


def test_pandas_counts_as_python_does(service, connection):
    frame = pandas.read_sql(COUNTS, connection)
    assert dict(zip(frame["eventName"], frame["n"])) == counted(service)


def test_pandas_takes_parameters_and_keeps_types(cursor):
    # pandas itself hands no parameters to ADBC.
    frame = cursor.execute("SELECT * FROM trail WHERE eventName = ?", ["AssumeRole"]).fetch_df()
    assert len(frame) > 0
    assert set(frame["eventName"]) == {"AssumeRole"}
    assert frame["eventTime"].dtype.kind == "M"
    assert frame["eventTime"].dt.tz is None
    assert set(expectation.COLUMNS) <= set(frame.columns)


def test_pandas_reads_a_million_rows(service, cursor):
    frame = cursor.execute(service.million).fetch_df()
    assert len(frame) >= MILLION
    assert frame["n"].sum() == len(service.events) * service.copies * (service.copies + 1) // 2


def test_polars_counts_as_python_does(service, connection):
    frame = polars.read_database(COUNTS, connection)
    assert dict(frame.iter_rows()) == counted(service)


def test_polars_takes_parameters_and_keeps_types(connection):
    frame = polars.read_database(
        "SELECT * FROM trail WHERE eventName = ?", connection, execute_options={"parameters": ["AssumeRole"]}
    )
    assert set(frame["eventName"]) == {"AssumeRole"}
    assert frame.schema["eventTime"] == polars.Datetime("us")
    assert frame.schema["readOnly"] == polars.Boolean
    assert frame.schema["userIdentity"] == polars.String
    assert frame["userIdentity"].str.json_path_match("$.type").drop_nulls().len() > 0


def test_polars_reads_a_million_rows_in_batches(service, connection):
    batches = polars.read_database(service.million, connection, iter_batches=True, batch_size=100_000)
    assert sum(len(batch) for batch in batches) == len(service.events) * service.copies


def test_duckdb_joins_what_the_server_streams(service, cursor):
    events = duckdb.from_arrow(cursor.execute(service.million).fetch_record_batch())
    (found,) = events.aggregate("count(*), count(DISTINCT eventID), max(n), max(eventTime)").fetchall()
    assert found[0] == len(service.events) * service.copies
    assert found[1] == len({event.get("eventID") for event in service.events} - {None})
    assert found[2] == service.copies
    assert found[3].tzinfo is None


def test_duckdb_reads_every_column(service, cursor):
    trail = cursor.execute("SELECT * FROM trail").fetch_arrow_table()
    relation = duckdb.from_arrow(trail)
    types = dict(zip(relation.columns, map(str, relation.types)))
    assert types["eventTime"] == "TIMESTAMP"
    assert types["readOnly"] == "BOOLEAN"
    assert {types[name] for name in expectation.FREE_FORM} == {"VARCHAR"}
    named = relation.aggregate("eventName, count(*)").fetchall()
    assert dict(named) == counted(service)


@pytest.mark.parametrize("read", [pandas.read_sql, polars.read_database])
def test_errors_say_what_is_wrong(connection, read):
    with pytest.raises(Exception, match="eventName"):
        read("SELECT evntName FROM trail", connection)
