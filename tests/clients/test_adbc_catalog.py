"""ADBC's Go driver: stores, columns and types, at every depth and by every filter."""

from __future__ import annotations

import adbc_driver_flightsql.dbapi as adbc
import pyarrow
import pytest
from adbc_driver_manager import AdbcStatusCode as Status

import expectation
from asking import objects, rows


def test_stores_and_system_tables_are_listed_at_every_depth(connection):
    assert objects(connection, depth="catalogs") == {"auditlake": {}}
    schemas = objects(connection, depth="db_schemas")["auditlake"]
    assert {"lake", "system"} <= set(schemas)
    tables = objects(connection, depth="tables")["auditlake"]
    assert set(tables["lake"]) == {"odd", "trail"}
    assert {"imports", "import_failures", "queries"} <= set(tables["system"])
    assert {table["table_type"] for schema in tables.values() for table in schema.values()} <= {"TABLE", "VIEW"}
    everything = objects(connection, depth="all")["auditlake"]
    for schema, listed in tables.items():
        assert set(everything[schema]) == set(listed)
        for table in everything[schema].values():
            assert table["table_columns"], table["table_name"]
            assert not table["table_constraints"]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"catalog_filter": "auditlake"}, {"odd", "trail"}),
        ({"catalog_filter": "other"}, None),
        ({"db_schema_filter": "lake"}, {"odd", "trail"}),
        ({"db_schema_filter": "l%"}, {"odd", "trail"}),
        ({"db_schema_filter": "none"}, set()),
        ({"table_name_filter": "trail"}, {"trail"}),
        ({"table_name_filter": "t%"}, {"trail"}),
        ({"table_name_filter": "tra_l"}, {"trail"}),
        ({"table_name_filter": "t_l"}, set()),
        ({"table_types_filter": ["TABLE"]}, {"odd", "trail"}),
        ({"table_types_filter": ["table", "BASE TABLE"]}, {"odd", "trail"}),
        ({"table_types_filter": ["VIEW"]}, set()),
        ({"table_types_filter": ["NONSENSE"]}, set()),
    ],
    ids=str,
)
@pytest.mark.parametrize("depth", ["tables", "all"])
def test_filters_narrow_what_is_listed(connection, depth, filters, found):
    catalogs = objects(connection, depth=depth, **filters)
    if found is None:
        assert not catalogs.get("auditlake")
    else:
        assert set(catalogs["auditlake"].get("lake", {})) == found


def test_columns_have_names_order_and_types(connection):
    filters = {"db_schema_filter": "lake", "table_name_filter": "trail", "column_name_filter": None}
    table = objects(connection, depth="all", **filters)["auditlake"]["lake"]["trail"]
    columns = sorted(table["table_columns"], key=lambda column: column["ordinal_position"])
    assert [column["ordinal_position"] for column in columns] == list(range(1, len(columns) + 1))
    names = [column["column_name"] for column in columns]
    assert names == connection.adbc_get_table_schema("trail", db_schema_filter="lake").names
    types = {column["column_name"]: column["xdbc_type_name"].upper() for column in columns}
    assert types["eventName"] == "VARCHAR"
    assert types["eventTime"] == "TIMESTAMP"
    assert types["readOnly"] == "BOOLEAN"
    assert all(types.values())


def test_a_column_filter_narrows_columns(connection):
    filters = {"table_name_filter": "trail", "column_name_filter": "event%"}
    table = objects(connection, depth="all", **filters)["auditlake"]["lake"]["trail"]
    names = {column["column_name"] for column in table["table_columns"]}
    assert "eventName" in names
    assert all(name.startswith("event") for name in names)


def expected_type(kind) -> pyarrow.DataType:
    """Returns the portable type of a column: whatever is nested or free-form is JSON text."""
    return {"boolean": pyarrow.bool_(), "timestamp": pyarrow.timestamp("us")}.get(str(kind), pyarrow.string())


def test_types_are_portable_and_all_say_the_same(connection, cursor):
    schema = connection.adbc_get_table_schema("trail", db_schema_filter="lake")
    expected = {name: expected_type(kind) for name, kind in expectation.COLUMNS.items()}
    assert {name: schema.field(name).type for name in expected} == expected
    assert all(field.nullable for field in schema)
    # What is made of the whole event comes only by its name, as in Lake.
    made = {"eventJson", "eventJsonChecksum"}
    whole = [(field.name, field.type) for field in schema if field.name not in made]
    assert made <= set(schema.names)
    for sql in ["SELECT * FROM trail", "SELECT * FROM trail LIMIT 0", "SELECT * FROM trail WHERE false"]:
        announced = cursor.adbc_execute_schema(sql)
        held = cursor.execute(f"{sql}{'' if 'LIMIT' in sql else ' LIMIT 5'}").fetch_arrow_table()
        assert held.schema.equals(announced)
        assert [(field.name, field.type) for field in announced] == whole
        assert held.num_rows == (5 if sql.endswith("trail") else 0)


def test_every_listed_table_answers_by_one_two_and_three_names(connection):
    for schema, tables in objects(connection, depth="tables")["auditlake"].items():
        for table in tables:
            for name in [f'"auditlake"."{schema}"."{table}"', f"{schema}.{table}"]:
                rows(connection, f"SELECT * FROM {name} LIMIT 1")
            connection.adbc_get_table_schema(table, catalog_filter="auditlake", db_schema_filter=schema)
    assert rows(connection, "SELECT count(*) FROM trail") == rows(
        connection, "SELECT count(*) FROM Auditlake.LAKE.Trail"
    )


def test_table_types(connection):
    assert sorted(connection.adbc_get_table_types()) == ["TABLE", "VIEW"]


def test_a_missing_table_is_not_found(connection):
    with pytest.raises(adbc.ProgrammingError) as missing:
        connection.adbc_get_table_schema("trial", db_schema_filter="lake")
    assert missing.value.status_code == Status.NOT_FOUND
