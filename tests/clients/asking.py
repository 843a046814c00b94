"""Asks by ADBC, for the tests of its Go driver."""

from __future__ import annotations

import adbc_driver_flightsql.dbapi as adbc
import pytest


def rows(connection: adbc.Connection, sql: str, parameters=None) -> list[tuple]:
    """Returns the rows of a query."""
    with connection.cursor() as cursor:
        return cursor.execute(sql, parameters).fetchall()


def failure(connection: adbc.Connection, sql: str, parameters=None) -> adbc.Error:
    """Returns the error that a query must end with."""
    with pytest.raises(adbc.Error) as raised:
        rows(connection, sql, parameters)
    return raised.value


def objects(connection: adbc.Connection, **filters) -> dict:
    """Returns catalogs, schemas and tables as nested dicts, by name."""
    found = connection.adbc_get_objects(**filters).read_all().to_pylist()
    return {
        catalog["catalog_name"]: {
            schema["db_schema_name"]: {table["table_name"]: table for table in schema["db_schema_tables"] or []}
            for schema in catalog["catalog_db_schemas"] or []
        }
        for catalog in found
    }
