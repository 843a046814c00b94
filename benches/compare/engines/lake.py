"""Auditlake: the program imports, a server on the loopback answers over Flight SQL."""

from __future__ import annotations

import copy
import pathlib
import subprocess

import adbc_driver_flightsql.dbapi as adbc
import pyarrow

from auditlake import Auditlake
from corpus import Corpus
from dialects import LakeSql
from engines.engine import THREADS, Engine, folder_bytes
from server import Server

STORE = "trail"


class Lake(Engine):
    """Our own engine."""

    name = "auditlake"
    title = "Auditlake"
    dialect = LakeSql()
    STEPS = {"import": "import, complete", "maintain": "compact, vacuum"}

    def __init__(self, home: pathlib.Path, told: dict):
        super().__init__(home, told)
        self.program = Auditlake(pathlib.Path(told["bin"]), home / "home", lake=str(home / "lake"))
        self.server: Server | None = None
        self.connection: adbc.Connection | None = None

    def commands(self, step: str, corpus: Corpus) -> list[str]:
        lake = ["--lake", str(self.home / "lake")]
        program = str(self.program.path)
        if step == "import":
            self.program.run("store", "create", STORE)
            return [program, "import", str(corpus.folder), "--store", STORE, "--json", "--threads", str(THREADS), *lake]
        return [program, "store", "maintain", STORE, *lake]

    def stored_bytes(self) -> int:
        return folder_bytes(self.home / "lake" / "stores")

    def open(self) -> None:
        self.server = Server(self.program, self.home / "server.log")
        self.server.__enter__()
        self.connection = adbc.connect(self.server.uri, autocommit=True)

    def close(self) -> None:
        self.connection.close()
        self.server.__exit__(None, None, None)

    def ask(self, sql: str) -> pyarrow.Table:
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetch_arrow_table()

    def another(self) -> Lake:
        other = copy.copy(self)
        other.connection = adbc.connect(self.server.uri, autocommit=True)
        return other

    def version(self) -> str:
        done = subprocess.run([self.program.path, "--version"], capture_output=True, text=True, check=True)
        return done.stdout.strip()
