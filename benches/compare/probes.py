"""Goals that are no single queries of all engines: small imports, memory, needles in process, crowds."""

from __future__ import annotations

import math
import pathlib
import shutil
import statistics
import time

import corpus as corpora
import literals
from auditlake import Auditlake
from corpus import Corpus, sampled_events
from engines import ENGINES, OURS
from engines.lake import STORE, Lake
from importing import measured
from measuring import Round
from queries import QUERIES, Query

CLIENTS = 16
# A query that takes the peers seconds would be the only thing that a crowd measures.
NOT_IN_CROWD = ("text/mentions", "wide/principal_day")
REPEATS = 5
# Log files for each commit of a store that is to have many data files.
FRAGMENT_FILES = 4


def all_of(corpus: Corpus, homes: pathlib.Path, told: dict) -> dict:
    """Returns the figures of all probes."""
    lake = Lake(homes / OURS, told)
    pools = literals.pools(sampled_events(corpus))
    return {
        "needle_in_process_ms": needles(lake, pools),
        "first_query_ms": first_query(lake, pools),
        "small_import_ms": small_import(lake, told, homes),
        "data_files": len(list((lake.home / "lake").rglob("eventDate=*/*.parquet"))),
        **from_s3(corpus, lake),
    }


def statements(lake: Lake, texts: list[str]) -> float:
    """Returns the milliseconds of a process that answers some queries."""
    commands = [part for text in texts for part in ("-c", text)]
    program = lake.program
    seconds, *_ = measured([str(program.path), "sql", *commands, *map(str, program.flags)], program)
    return seconds * 1000


def needles(lake: Lake, pools: literals.Pools) -> dict[str, float]:
    """Returns the milliseconds of each needle query without client and network.

    One process answers the queries of all literals, another only the first: the difference is what the others took.
    """
    found = {}
    for query in (query for query in QUERIES if query.group == "needle"):
        texts = [filled(query, pools, run) for run in range(literals.NEEDED)]
        rounds = [statements(lake, texts * 2) - statements(lake, texts[:1]) for _ in range(REPEATS)]
        found[query.name] = statistics.median(rounds) / (2 * len(texts) - 1)
    return found


def first_query(lake: Lake, pools: literals.Pools) -> float:
    """Returns the milliseconds of a fresh process that answers one query about one day."""
    query = next(query for query in QUERIES if query.full_name == "window/one_day")
    return statistics.median(statements(lake, [filled(query, pools, run)]) for run in range(1, literals.NEEDED))


def fragmented(corpus: Corpus, homes: pathlib.Path, told: dict) -> dict:
    """Returns what the first query of a process takes on a store of thousands of files, before compaction."""
    home = homes / "fragmented"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    lake = Lake(home, told)
    command = [*lake.commands("import", corpus), "--commit-files", str(FRAGMENT_FILES)]
    measured(command, lake.program)
    found = {
        "fragmented_first_query_ms": first_query(lake, literals.pools(sampled_events(corpus))),
        "fragmented_files": len(list((home / "lake").rglob("eventDate=*/*.parquet"))),
    }
    print(f"  {found}", flush=True)
    return found


def filled(query: Query, pools: literals.Pools, run: int) -> str:
    """Returns a query with the literals of a run, as we write it."""
    return ENGINES[OURS].dialect.fill(query.sql, {name: pool[run] for name, pool in pools.items()})


def small_import(lake: Lake, told: dict, homes: pathlib.Path) -> float:
    """Returns the milliseconds of an import of a few thousand events into a copy of the lake."""
    extra = corpora.made("extra", lake.program, homes.parents[1])
    took = []
    for _ in range(3):
        folder = homes / "small-import"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(lake.home / "lake", folder / "lake")
        program = Auditlake(pathlib.Path(told["bin"]), folder / "home", lake=str(folder / "lake"))
        command = [str(program.path), "import", str(extra.folder), "--store", STORE, "--json", *program.flags]
        took.append(measured(command, program)[0] * 1000)
    shutil.rmtree(folder)
    return statistics.median(took)


def from_s3(corpus: Corpus, lake: Lake) -> dict:
    """Would import from a local S3 server. TODO(#6): needs one that keeps up, such as the crate s3s-fs."""
    return {}


def crowd(run: Round, queries: list[Query], seconds: float) -> dict[str, dict]:
    """Returns throughput and slowness of each engine under many clients."""
    found = {}
    for worker in run.workers:
        alone = {figure.query: figure.median for figure in run.figures if figure.engine == worker.name}
        mix = [query for query in queries if query.full_name not in NOT_IN_CROWD and alone[query.full_name]]
        texts = [run.text(query, worker.name, number) for number in range(1, literals.NEEDED) for query in mix]
        began = time.perf_counter()
        took = worker.call("crowd", texts, CLIENTS, seconds)
        ended = time.perf_counter()
        slower = sorted(ms / alone[mix[index % len(mix)].full_name] for index, ms in took)
        found[worker.name] = {
            "queries_per_second": len(took) / (ended - began),
            "p99_ms": quantile(sorted(ms for _, ms in took), 0.99),
            "p99_of_single": quantile(slower, 0.99),
        }
        print(f"  {CLIENTS} clients, {worker.name}: {len(took) / (ended - began):.1f} queries/s", flush=True)
    return found


def quantile(ordered: list[float], share: float) -> float:
    """Returns the value below which a share of the values lies."""
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]
