"""Runs a corpus through the engines: imports, sizes at rest, queries with their answers compared."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import re
import shutil
import statistics

import literals
from answers import Answer, difference
from corpus import Corpus, sampled_events, warm
from engines import ENGINES
from importing import Step, take
from queries import Query
from workers import Timed, Worker

# A corpus above this is not read twice by DuckDB, which takes minutes: it loads the Parquet that ClickHouse made.
READ_ONCE_BYTES = 3_000_000_000
# What a query may take of an engine for all its runs; the others are left out then.
PATIENCE_MILLISECONDS = 40_000
REFERENCES = ("duckdb", "duckdb-parquet", "chdb", "auditlake")


@dataclasses.dataclass
class Figures:
    """What is known of one query with one engine."""

    query: str
    engine: str
    milliseconds: list[float] = dataclasses.field(default_factory=list)
    cpu_milliseconds: list[float] = dataclasses.field(default_factory=list)
    rows: list[int] = dataclasses.field(default_factory=list)
    error: str | None = None
    spent_milliseconds: float = 0

    @property
    def median(self) -> float | None:
        """Returns the median of the counted runs."""
        return statistics.median(self.milliseconds) if self.milliseconds and not self.error else None

    def told(self) -> dict:
        """Returns the figures as they are kept."""
        cpu = statistics.median(self.cpu_milliseconds) if self.cpu_milliseconds else None
        return dataclasses.asdict(self) | {"median": self.median, "cpu": cpu}


@dataclasses.dataclass
class Wrong:
    """Two engines that do not agree."""

    query: str
    engines: tuple[str, str]
    sql: str
    what: str


def imported(names: list[str], corpus: Corpus, homes: pathlib.Path, told: dict) -> list[Step]:
    """Imports a corpus into every engine, from nothing."""
    warm(corpus.folder)
    steps = []
    for name in sorted(names, key=import_order):
        home = homes / name
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        engine = ENGINES[name](home, {**told, "ready_parquet": ready_parquet(corpus, homes)})
        for step in engine.STEPS:
            steps.append(take(engine, step, corpus))
            done = steps[-1]
            print(f"  {name}: {done.title}: {done.seconds:.1f} s, {done.peak_bytes / 1e6:.0f} MB", flush=True)
    return steps


def import_order(name: str) -> int:
    """ClickHouse comes before DuckDB, which may load its Parquet."""
    return ["auditlake", "chdb", "duckdb", "duckdb-parquet"].index(name)


def ready_parquet(corpus: Corpus, homes: pathlib.Path) -> str | None:
    """Returns the Parquet file that DuckDB is to load, for a corpus too large to read again."""
    path = homes / "chdb" / "plain.parquet"
    return str(path) if corpus.raw_bytes > READ_ONCE_BYTES and path.exists() else None


@contextlib.contextmanager
def opened(names: list[str], homes: pathlib.Path, told: dict):
    """Opens the engines, each in its process, all at once."""
    with contextlib.ExitStack() as stack:
        for name in names:
            warm(homes / name)
        yield [stack.enter_context(Worker(ENGINES[name], homes / name, told)) for name in names]


class Round:
    """Asks queries of all engines in turns and compares what they answer."""

    def __init__(self, workers: list[Worker], corpus: Corpus, runs: int):
        self.workers = workers
        self.runs = runs
        self.pools = literals.pools(sampled_events(corpus))
        self.figures: list[Figures] = []
        self.wrong: list[Wrong] = []

    def events(self) -> int:
        """Returns how many events are stored."""
        worker = self.workers[0]
        return worker.timed(f"SELECT count(*) AS n FROM {ENGINES[worker.name].dialect.trail}").answer.rows[0][0]

    def text(self, query: Query, engine: str, run: int) -> str:
        """Returns a query with the literals of a run, in an engine's words."""
        values = {name: pool[run] for name, pool in self.pools.items()}
        return ENGINES[engine].dialect.fill(query.sql, values)

    def ask(self, query: Query) -> list[Figures]:
        """Asks a query with each set of literals; the first is the warm-up."""
        figures = {worker.name: Figures(query.full_name, worker.name) for worker in self.workers}
        for run in range(literals.NEEDED - self.runs - 1, literals.NEEDED):
            answered = {}
            for worker in self.workers:
                if figures[worker.name].spent_milliseconds > PATIENCE_MILLISECONDS:
                    continue
                done = answered[worker.name] = worker.timed(self.text(query, worker.name, run))
                note(figures[worker.name], done, counted=run > literals.NEEDED - self.runs - 1)
            self.compare(query, run, answered)
        self.figures.extend(figures.values())
        return list(figures.values())

    def compare(self, query: Query, run: int, answered: dict[str, Timed]) -> None:
        """Compares all answers with that of one engine; estimates with its exact answer."""
        fine = {name: done.answer for name, done in answered.items() if done.answer}
        reference = next((name for name in REFERENCES if name in fine), None)
        if not reference:
            return
        right = self.exact(query, reference, run) if query.exact else fine[reference]
        for name, answer in fine.items():
            sql = self.text(query, name, run)
            what = difference(query, answer, right, limit_of(sql), ENGINES[name].dialect.approx_error)
            if what:
                self.wrong.append(Wrong(query.full_name, (name, reference), sql, what))

    def exact(self, query: Query, name: str, run: int) -> Answer:
        """Returns the exact answer of a query for estimates."""
        worker = next(worker for worker in self.workers if worker.name == name)
        return worker.timed(self.text(dataclasses.replace(query, sql=query.exact), name, run)).answer


def note(figures: Figures, done: Timed, counted: bool) -> None:
    """Keeps what a run told."""
    figures.error = figures.error or done.error
    figures.spent_milliseconds += done.milliseconds
    # A warm-up that takes so long that nothing else is asked stands for all.
    if counted or done.milliseconds > PATIENCE_MILLISECONDS:
        figures.milliseconds.append(done.milliseconds)
        figures.cpu_milliseconds.append(done.cpu_milliseconds)
        figures.rows.append(len(done.answer.rows) if done.answer else 0)


def limit_of(sql: str) -> int | None:
    """Returns the limit that a query ends with."""
    found = re.search(r"LIMIT (\d+)$", sql)
    return int(found[1]) if found else None
