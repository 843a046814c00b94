"""SQLAlchemy 2 over ADBC."""

from __future__ import annotations

from collections import Counter

import pandas
import pytest
import sqlalchemy
from sqlalchemy import exc

import expectation


@pytest.fixture
def engine(service):
    """An engine that logs in as `alice`."""
    address = f"adbc+flightsql://{service.server.host}:{service.server.port}/?tls=false"
    options = {"db_kwargs": service.login, "autocommit": True}
    engine = sqlalchemy.create_engine(address, connect_args=options)
    yield engine
    engine.dispose()


def test_the_inspector_finds_stores_columns_and_types(engine):
    inspector = sqlalchemy.inspect(engine)
    assert {"lake", "system"} <= set(inspector.get_schema_names())
    # The dialect asks for tables of the type `table`, in lower case, which Flight SQL calls TABLE.
    assert inspector.has_table("trail", schema="lake")
    assert not inspector.has_table("trial", schema="lake")
    columns = {column["name"]: column["type"] for column in inspector.get_columns("trail", schema="lake")}
    assert set(expectation.COLUMNS) <= set(columns)
    assert isinstance(columns["eventTime"], sqlalchemy.DateTime)
    assert isinstance(columns["readOnly"], sqlalchemy.Boolean)
    assert isinstance(columns["eventName"], sqlalchemy.String)
    assert not [name for name, kind in columns.items() if isinstance(kind, sqlalchemy.types.NullType)]
    assert inspector.get_pk_constraint("trail", schema="lake")["constrained_columns"] == []
    assert inspector.get_foreign_keys("trail", schema="lake") == []
    assert inspector.get_indexes("trail", schema="lake") == []


def test_a_reflected_table_answers(engine, service):
    trail = sqlalchemy.Table("trail", sqlalchemy.MetaData(), schema="lake", autoload_with=engine)
    query = (
        sqlalchemy.select(trail.c.eventName, sqlalchemy.func.count())
        .where(trail.c.readOnly == sqlalchemy.bindparam("told"))
        .group_by(trail.c.eventName)
    )
    with engine.connect() as connection:
        counted = dict(tuple(row) for row in connection.execute(query, {"told": True}))
    assert counted == Counter(event["eventName"] for event in service.events if event.get("readOnly") is True)


def test_texts_with_parameters_answer(engine, service):
    query = sqlalchemy.text("SELECT count(*) FROM lake.trail WHERE eventName = :name AND eventTime < :until")
    with engine.connect() as connection:
        found = connection.execute(query, {"name": "AssumeRole", "until": "2100-01-01 00:00:00"}).scalar()
    assert found == sum(1 for e in service.events if e.get("eventName") == "AssumeRole" and e.get("eventTime"))


def test_pandas_reads_by_the_engine(engine, service):
    with engine.connect() as connection:
        frame = pandas.read_sql(sqlalchemy.text("SELECT eventTime, eventName FROM trail"), connection)
    assert len(frame) == len(service.events)


def test_errors_are_those_of_sqlalchemy(engine):
    with engine.connect() as connection:
        with pytest.raises(exc.ProgrammingError, match="eventName"):
            connection.execute(sqlalchemy.text("SELECT evntName FROM trail"))
        with pytest.raises(exc.DBAPIError):
            connection.execute(sqlalchemy.text("DROP TABLE trail"))
        assert connection.execute(sqlalchemy.text("SELECT 1")).scalar() == 1
