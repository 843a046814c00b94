"""ClickHouse, in this process by chdb: a plain Parquet file, and a MergeTree table with its JSON type."""

from __future__ import annotations

import copy

import chdb
import pyarrow

import schema
from corpus import Corpus
from dialects import HouseSql
from engines.engine import THREADS, Engine

SETTINGS = {
    "max_threads": THREADS,
    "max_insert_threads": THREADS,
    "session_timezone": "'UTC'",
    "date_time_input_format": "'best_effort'",
    "output_format_arrow_compression_method": "'none'",
    "output_format_json_escape_forward_slashes": 0,
    "output_format_parquet_compression_method": "'zstd'",
}
COLUMN_LIST = ", ".join(schema.COLUMNS)


class ClickHouse(Engine):
    """A MergeTree table ordered by time, loaded from the Parquet file that is an import of its own."""

    name = "chdb"
    title = "ClickHouse, MergeTree"
    dialect = HouseSql()
    STEPS = {
        "parquet": "import into plain Parquet",
        "load": "that Parquet into a MergeTree",
        "prepare": "merge all parts",
    }

    @property
    def plain_parquet(self):
        """The file of the first step; it has the events that came twice twice."""
        return self.home / "plain.parquet"

    def parquet(self, corpus: Corpus) -> None:
        """Imports the log files, as fast as ClickHouse can."""
        self.open()
        records = f"Records Array({plain_type(schema.Struct(schema.COLUMNS))})"
        columns = ", ".join(f"event.{name} AS {name}" for name in schema.COLUMNS)
        files = f"file('{corpus.pattern}', 'JSONEachRow', '{records.replace(chr(39), chr(92) + chr(39))}')"
        events = f"SELECT {columns} FROM (SELECT arrayJoin(Records) AS event FROM {files})"
        self.run(f"INSERT INTO FUNCTION file('{self.plain_parquet}', 'Parquet') {events}")

    def load(self, corpus: Corpus) -> None:
        """Fills the table, each event once."""
        self.open()
        columns = ", ".join(f"{name} {table_type(kind)}" for name, kind in schema.COLUMNS.items())
        self.run(f"CREATE TABLE trail ({columns}) ENGINE = MergeTree ORDER BY eventTime")
        twice = f"(SELECT eventID FROM file('{self.plain_parquet}') GROUP BY eventID HAVING count() > 1)"
        source = f"SELECT {COLUMN_LIST} FROM file('{self.plain_parquet}') WHERE eventID"
        self.run(f"INSERT INTO trail {source} NOT IN {twice} OR eventID IS NULL")
        self.run(f"INSERT INTO trail {source} IN {twice} LIMIT 1 BY eventID")

    def prepare(self, corpus: Corpus) -> None:
        """Lets nothing be left to do in the background."""
        self.open()
        self.run("OPTIMIZE TABLE trail FINAL")

    def stored_bytes(self) -> int:
        self.open()
        active = "SELECT sum(bytes_on_disk) AS size FROM system.parts WHERE active AND table = 'trail'"
        return self.ask(active).column("size")[0].as_py()

    def open(self) -> None:
        self.connection = chdb.connect(str(self.home / "clickhouse"))
        for name, value in SETTINGS.items():
            self.run(f"SET {name} = {value}")

    def close(self) -> None:
        self.connection.close()

    def run(self, sql: str) -> None:
        """Runs a statement that answers nothing."""
        self.connection.query(sql)

    def ask(self, sql: str) -> pyarrow.Table:
        answer = self.connection.query(sql, "Arrow").bytes()
        return pyarrow.ipc.open_file(pyarrow.BufferReader(answer)).read_all()

    def another(self) -> ClickHouse:
        other = copy.copy(self)
        other.open()
        return other

    def version(self) -> str:
        return f"chdb {chdb.__version__} (ClickHouse {chdb.engine_version})"


def plain_type(kind: object) -> str:
    """Returns a type for reading JSON and for Parquet."""
    return type_of(kind, {schema.FEW: "Nullable(String)", schema.JSON: "Nullable(String)"})


def table_type(kind: object) -> str:
    """Returns a type for a table."""
    return type_of(kind, {schema.FEW: "LowCardinality(Nullable(String))", schema.JSON: "Nullable(JSON)"})


def type_of(kind: object, types: dict[str, str]) -> str:
    """Returns a type in ClickHouse's words."""
    match kind:
        case schema.Struct(members):
            return f"Tuple({', '.join(f'{name} {type_of(member, types)}' for name, member in members.items())})"
        case schema.ListOf(item):
            return f"Array({type_of(item, types)})"
        case schema.TEXT:
            return "Nullable(String)"
        case schema.TIME:
            return "DateTime64(3, 'UTC')"
        case schema.FLAG:
            return "Nullable(Bool)"
        case _:
            return types[kind]
