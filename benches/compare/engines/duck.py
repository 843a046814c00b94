"""DuckDB: a native table, and the same rows as Parquet."""

from __future__ import annotations

import copy

import duckdb
import pyarrow

import schema
from corpus import Corpus
from dialects import DuckSql
from engines.engine import THREADS, Engine

# A log file is one JSON object; DuckDB reads it whole and takes buffers of twice this size per thread.
SMALLEST_OBJECT_BYTES = 16 << 20
TYPES = {
    schema.TEXT: "VARCHAR",
    schema.FEW: "VARCHAR",
    schema.TIME: "TIMESTAMP",
    schema.FLAG: "BOOLEAN",
    schema.JSON: "JSON",
}
# Events come twice, as S3 delivers them; a row without an eventID is never one of the same.
ONCE = "SELECT * FROM {source} QUALIFY eventID IS NULL OR row_number() OVER (PARTITION BY eventID) = 1"


class DuckDb(Engine):
    """A native table, loaded as the files come and then, apart from the import, ordered by time without duplicates."""

    name = "duckdb"
    title = "DuckDB, native table"
    dialect = DuckSql()
    STEPS = {"load": "import into a native table", "prepare": "order by time, drop duplicates"}

    @property
    def database(self):
        """Where queries are answered."""
        return self.home / "trail.duckdb"

    def load(self, corpus: Corpus) -> None:
        """Imports the log files, or for a large corpus the Parquet that ClickHouse made."""
        with connect(self.home / "loaded.duckdb") as connection:
            connection.execute(f"CREATE TABLE loaded AS {self.source(corpus)}")
            connection.execute("CHECKPOINT")

    def source(self, corpus: Corpus) -> str:
        """Returns the query that reads the events."""
        ready = self.told.get("ready_parquet")
        return read_parquet(ready) if ready else read_logs(corpus)

    def prepare(self, corpus: Corpus) -> None:
        """Makes the table that is asked."""
        with connect(self.database) as connection:
            connection.execute(f"ATTACH '{self.home / 'loaded.duckdb'}' AS import (READ_ONLY)")
            once = ONCE.format(source="import.loaded")
            connection.execute(f"CREATE TABLE trail AS SELECT * FROM ({once}) ORDER BY eventTime")
            connection.execute("CHECKPOINT")
        (self.home / "loaded.duckdb").unlink()

    def stored_bytes(self) -> int:
        return self.database.stat().st_size

    def open(self) -> None:
        self.connection = connect(self.database, read_only=True)

    def close(self) -> None:
        self.connection.close()

    def ask(self, sql: str) -> pyarrow.Table:
        return self.connection.sql(sql).to_arrow_table()

    def another(self) -> DuckDb:
        other = copy.copy(self)
        other.connection = self.connection.cursor()
        return other

    def version(self) -> str:
        return f"DuckDB {duckdb.__version__}"


class DuckDbParquet(DuckDb):
    """One Parquet file, ordered by time, written and read by DuckDB."""

    name = "duckdb-parquet"
    title = "DuckDB over Parquet"
    STEPS = {"load": "import into Parquet", "prepare": "order by time, drop duplicates"}

    @property
    def parquet(self):
        """The file that is asked."""
        return self.home / "trail.parquet"

    def load(self, corpus: Corpus) -> None:
        with connect(":memory:") as connection:
            copy_to_parquet(connection, self.source(corpus), self.home / "loaded.parquet")

    def prepare(self, corpus: Corpus) -> None:
        loaded = self.home / "loaded.parquet"
        with connect(":memory:") as connection:
            once = ONCE.format(source=f"'{loaded}'")
            copy_to_parquet(connection, f"SELECT * FROM ({once}) ORDER BY eventTime", self.parquet)
        loaded.unlink()

    def stored_bytes(self) -> int:
        return self.parquet.stat().st_size

    def open(self) -> None:
        self.connection = connect(":memory:")
        self.connection.execute(f"CREATE VIEW trail AS SELECT * FROM '{self.parquet}'")


def connect(database, **options) -> duckdb.DuckDBPyConnection:
    """Opens a database with as many threads as all engines have."""
    connection = duckdb.connect(str(database), **options)
    connection.execute(f"SET threads = {THREADS}")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET preserve_insertion_order = false")
    connection.execute("SET enable_progress_bar = false")
    return connection


def copy_to_parquet(connection: duckdb.DuckDBPyConnection, query: str, path) -> None:
    """Writes the rows of a query."""
    connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")


def read_logs(corpus: Corpus) -> str:
    """Returns the query that reads the events of the log files."""
    size = max(SMALLEST_OBJECT_BYTES, corpus.largest_file_bytes * 5 // 4)
    columns = f"{{Records: '{type_of(schema.Struct(schema.COLUMNS))}[]'}}"
    files = f"read_json('{corpus.pattern}', columns = {columns}, maximum_object_size = {size})"
    return f"SELECT unnest(event) FROM (SELECT unnest(Records) AS event FROM {files})"


def read_parquet(path: str) -> str:
    """Returns the query that reads the events of the Parquet file that ClickHouse made."""
    casts = ", ".join(f'CAST("{name}" AS {type_of(kind)}) AS "{name}"' for name, kind in schema.COLUMNS.items())
    return f"SELECT {casts} FROM '{path}'"


def type_of(kind: object) -> str:
    """Returns a type in DuckDB's words."""
    match kind:
        case schema.Struct(members):
            listed = [f'"{name}" {type_of(member)}' for name, member in members.items()]
            return f"STRUCT({', '.join(listed)})"
        case schema.ListOf(item):
            return f"{type_of(item)}[]"
        case _:
            return TYPES[kind]
