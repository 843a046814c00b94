"""Compares Auditlake with its peers: imports, bytes, queries, and the goals of issue 6."""

from __future__ import annotations

import argparse
import dataclasses
import os
import pathlib
import signal
import sys

import corpus as corpora
import literals
import probes
import report
from auditlake import CHECKOUT, Auditlake
from engines import ENGINES, OURS
from engines.engine import THREADS
from kept import Kept
from measuring import Round, imported, opened
from queries import QUERIES, Query


def arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="benches/compare/run", description=__doc__)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", CHECKOUT / "target"))
    parser.add_argument("--bin", type=pathlib.Path, default=target / "release/auditlake", help="the built program")
    parser.add_argument("--size", default="S,M,tiny", help="xs, S, M, tiny; several with commas [%(default)s]")
    parser.add_argument("--corpus", type=pathlib.Path, help="a folder of log files instead")
    parser.add_argument("--engines", default=",".join(ENGINES), help="[%(default)s]")
    parser.add_argument("--only", help="queries whose CLASS/NAME begins so; several with commas")
    parser.add_argument("--import", dest="imports", help="engines that import again [all that are asked]")
    parser.add_argument("--no-import", action="store_true", help="ask what an earlier run imported")
    parser.add_argument("--no-probes", action="store_true", help="leave out the goals that are no queries of peers")
    parser.add_argument("--fragments", action="store_true", help="with tiny: the first query on some 10,000 files, too")
    parser.add_argument(
        "--crowd", type=float, default=20, help="seconds of many clients, for each engine [%(default)s]"
    )
    parser.add_argument("--check", action="store_true", help="compare answers only, write no results")
    parser.add_argument(
        "--runs", type=int, default=literals.RUNS, choices=range(1, literals.RUNS + 1), help="[%(default)s]"
    )
    work = pathlib.Path("/var/tmp/auditlake-compare")
    parser.add_argument(
        "--work", type=pathlib.Path, default=work, help="where corpora and tables are kept [%(default)s]"
    )
    results = CHECKOUT / "benches/RESULTS.md"
    parser.add_argument("--results", type=pathlib.Path, default=results, help="what to write [%(default)s]")
    return parser.parse_args()


def wanted_corpora(told: argparse.Namespace, auditlake: Auditlake):
    """Yields the corpora to measure, made when they are not there."""
    if told.corpus:
        yield corpora.found(told.corpus.name, told.corpus.resolve())
        return
    for name in told.size.split(","):
        yield corpora.made(name, auditlake, told.work)


def wanted_queries(only: str | None) -> list[Query]:
    """Returns the queries whose names were given, or all."""
    beginnings = tuple(only.split(",")) if only else ("",)
    return [query for query in QUERIES if query.full_name.startswith(beginnings)]


def measure(told: argparse.Namespace, corpus: corpora.Corpus) -> list[str]:
    """Measures one corpus, keeps the figures and returns what failed."""
    engines = [name for name in told.engines.split(",") if corpus.name != "tiny" or name == OURS]
    homes, known = told.work / "homes" / corpus.name, {"bin": str(told.bin.resolve())}
    print(f"{corpus.name}: {len(corpus.files):,} files, {corpus.raw_bytes / 1e6:,.0f} MB of JSON", flush=True)
    kept = Kept(told.work / "results" / f"{corpus.name}.json")
    kept.put(corpus=described(corpus), machine=report.machine())
    failed = []
    if not told.no_import:
        anew = [name for name in engines if name in (told.imports or told.engines).split(",")]
        steps = imported(anew, corpus, homes, known)
        kept.replace("imports", ("engine", "step"), [dataclasses.asdict(step) for step in steps])
        keep(told, kept)
    if corpus.name == "tiny" and told.fragments:
        kept.merge(probes=probes.fragmented(corpus, homes, known))
        keep(told, kept)
    if corpus.name != "tiny":
        failed = asked(told, corpus, engines, homes, known, kept)
        keep(told, kept)
        if not told.no_probes and not told.check and OURS in engines:
            kept.put(probes=probes.all_of(corpus, homes, known))
            keep(told, kept)
    return failed


def keep(told: argparse.Namespace, kept: Kept) -> None:
    """Writes the figures, unless only answers are wanted."""
    if not told.check:
        kept.save()


def asked(
    told: argparse.Namespace, corpus, engines: list[str], homes: pathlib.Path, known: dict, kept: Kept
) -> list[str]:
    """Asks the queries, unless only answers are wanted of many clients too; returns what failed."""
    with opened(engines, homes, known) as workers:
        run = Round(workers, corpus, told.runs)
        queries = wanted_queries(told.only)
        for query in queries:
            print("  " + report.line(query, run.ask(query)), flush=True)
        if not told.check and not told.no_probes and not told.only:
            kept.merge(crowd=probes.crowd(run, queries, told.crowd))
        kept.merge(
            versions={worker.name: worker.version for worker in workers},
            stored_bytes={worker.name: worker.stored_bytes for worker in workers},
        )
        kept.put(events=corpus_events(workers))
    kept.replace("queries", ("query", "engine"), [figure.told() for figure in run.figures])
    kept.forget("wrong", "query", {query.full_name for query in queries})
    kept.put(wrong=kept.found["wrong"] + [dataclasses.asdict(wrong) for wrong in run.wrong])
    return failures(run)


def corpus_events(workers) -> int:
    """Returns how many events are stored."""
    trail = ENGINES[workers[0].name].dialect.trail
    return workers[0].timed(f"SELECT count(*) AS n FROM {trail}").answer.rows[0][0]


def described(corpus: corpora.Corpus) -> dict:
    """Returns what the results say about a corpus."""
    return {"name": corpus.name, "files": len(corpus.files), "gzip": corpus.gzip_bytes, "raw": corpus.raw_bytes}


def failures(run: Round) -> list[str]:
    """Returns the queries that failed or were answered differently, and prints the difference."""
    for wrong in run.wrong:
        print(f"\nWRONG {wrong.query}: {' and '.join(wrong.engines)} differ\n{wrong.sql[:1500]}\n{wrong.what}")
    errors = [f"{figure.query} ({figure.engine}): {figure.error}" for figure in run.figures if figure.error]
    return errors + [f"{wrong.query}: {' and '.join(wrong.engines)} differ" for wrong in run.wrong]


def main() -> None:
    """Measures and writes; ends with an error when an answer was wrong."""
    told = arguments()
    # So that a stopped run stops what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    # Two processors for everybody, whatever the machine has.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])
    auditlake = Auditlake(told.bin.resolve(), home=told.work / "home")
    failed = []
    for corpus in wanted_corpora(told, auditlake):
        failed += measure(told, corpus)
    if not told.check:
        report.write(told.work / "results", told.results)
        print(f"wrote {told.results}")
    for name in failed:
        print(f"FAILED {name}")
    if told.check and not failed:
        print("all answers agree")
    raise SystemExit(bool(failed))


if __name__ == "__main__":
    main()
