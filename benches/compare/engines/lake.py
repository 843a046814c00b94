"""Auditlake: the program imports, a server on the loopback answers over Flight SQL."""

from __future__ import annotations

import copy
import json
import pathlib
import subprocess
import time

import pyarrow
from pyarrow import flight

from auditlake import Auditlake
from corpus import Corpus
from dialects import LakeSql
from engines.engine import THREADS, Engine
from flight_sql import statement
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
        self.client: flight.FlightClient | None = None

    def commands(self, step: str, corpus: Corpus) -> list[str]:
        lake = ["--lake", str(self.home / "lake")]
        program = str(self.program.path)
        if step == "import":
            self.program.run("store", "create", STORE)
            return [program, "import", str(corpus.folder), "--store", STORE, "--json", "--threads", str(THREADS), *lake]
        return [program, "store", "maintain", STORE, *lake]

    def stored_bytes(self) -> int:
        (store,) = (self.home / "lake" / "stores").iterdir()
        live = live_parts(store)
        # What compaction replaced is deleted some days later, when no query can read it any more.
        return sum(
            path.stat().st_size
            for path in store.rglob("*")
            if path.is_file() and (path.stem in live or not path.name.startswith("part-"))
        )

    def cpu_seconds(self) -> float:
        return super().cpu_seconds() + time.clock_gettime(cpu_clock(self.server.process.pid))

    def open(self) -> None:
        self.server = Server(self.program, self.home / "server.log")
        self.server.__enter__()
        self.client = flight.FlightClient(self.server.uri)

    def close(self) -> None:
        self.client.close()
        self.server.__exit__(None, None, None)

    def ask(self, sql: str) -> pyarrow.Table:
        info = self.client.get_flight_info(flight.FlightDescriptor.for_command(statement(sql)))
        return self.client.do_get(info.endpoints[0].ticket).read_all()

    def another(self) -> Lake:
        other = copy.copy(self)
        other.client = flight.FlightClient(self.server.uri)
        return other

    def version(self) -> str:
        done = subprocess.run([self.program.path, "--version"], capture_output=True, text=True, check=True)
        return done.stdout.strip()


def live_parts(store: pathlib.Path) -> set[str]:
    """Returns the names of the parts that the newest version reads, from the commits of the Delta log."""
    live: set[str] = set()
    for commit in sorted((store / "_delta_log").glob("*.json")):
        for action in map(json.loads, commit.read_text().strip().split("\n")):
            for kind, change in (("remove", live.discard), ("add", live.add)):
                if kind in action:
                    change(pathlib.PurePosixPath(action[kind]["path"]).stem)
    return live


def cpu_clock(pid: int) -> int:
    """Returns the clock of the processor time of another process, as clock_getcpuclockid(3) makes it."""
    return ~pid << 3 | 2
