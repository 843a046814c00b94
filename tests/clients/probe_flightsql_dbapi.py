"""Asks a server by flightsql-dbapi and SQLAlchemy 1.4, as Superset does. Runs in a Python environment of its own.

Called with the name of one of the functions below and its arguments as JSON; prints what it returns as JSON.
"""

from __future__ import annotations

import json
import sys

import flightsql.sqlalchemy  # noqa: F401 - makes the dialect known
import sqlalchemy
from flightsql import FlightSQLClient, connect


def introspect(url: str) -> dict:
    """Returns what Superset lists: schemas, their tables, columns, keys."""
    engine = sqlalchemy.create_engine(url)
    inspector = sqlalchemy.inspect(engine)
    schemas = {}
    for schema in inspector.get_schema_names():
        schemas[schema] = {
            table: [[column["name"], type(column["type"]).__name__] for column in inspector.get_columns(table, schema)]
            for table in inspector.get_table_names(schema)
        }
    keys = inspector.get_pk_constraint("trail", "lake")
    has = [engine.dialect.has_table(engine.connect(), name, schema="lake") for name in ("trail", "trial")]
    return {"schemas": schemas, "keys": keys, "has": has, "views": inspector.get_view_names("lake")}


def chart(url: str) -> list:
    """Returns the rows of a query as a chart of Superset makes it."""
    engine = sqlalchemy.create_engine(url)
    trail = sqlalchemy.table("trail", sqlalchemy.column("eventName"), sqlalchemy.column("errorCode"), schema="lake")
    count = sqlalchemy.func.count().label("count")
    query = (
        sqlalchemy.select([trail.c.eventName.label("eventName"), count])
        .where(trail.c.errorCode.is_(None))
        .group_by(trail.c.eventName)
        .order_by(count.desc(), trail.c.eventName)
        .limit(10)
    )
    with engine.connect() as connection:
        return [list(row) for row in connection.execute(query)]


def parameters(url: str, sql: str, values: list) -> list:
    """Returns the rows of a query with parameters, each of which goes as a dense union."""
    engine = sqlalchemy.create_engine(url)
    with engine.connect() as connection:
        return [list(row) for row in connection.exec_driver_sql(sql, tuple(values))]


def frame(host: str, port: int, sql: str, **login) -> dict:
    """Returns columns and number of rows of a query as pandas holds it."""
    client = FlightSQLClient(host=host, port=port, insecure=True, **login)
    held = client.do_get(client.execute(sql).endpoints[0].ticket).read_pandas()
    return {"columns": {name: str(kind) for name, kind in held.dtypes.items()}, "rows": len(held)}


def dbapi(host: str, port: int, sql: str, **login) -> dict:
    """Returns rows and description of a query without SQLAlchemy."""
    with connect(FlightSQLClient(host=host, port=port, insecure=True, **login)) as connection:
        cursor = connection.cursor()
        cursor.execute(sql)
        described = [[name, kind.__name__] for name, kind in cursor.description]
        return {"rows": [list(row) for row in cursor.fetchall()], "description": described}


def main() -> None:
    """Answers the question of the command line."""
    question, arguments = sys.argv[1], json.loads(sys.argv[2])
    try:
        answer = {"answer": globals()[question](**arguments)}
    except Exception as error:  # noqa: BLE001 - whatever is raised is the answer
        answer = {"error": type(error).__mro__[0].__name__, "text": str(error)}
    json.dump(answer, sys.stdout, default=str)


if __name__ == "__main__":
    main()
