"""Compares Auditlake with its peers: imports, bytes, queries, and the goals of issue 6."""

from __future__ import annotations

import argparse
import os
import pathlib
import signal
import sys

import corpus as corpora
import literals
import report
from auditlake import CHECKOUT, Auditlake
from engines import ENGINES
from engines.engine import THREADS
from measurement import Measurement


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
        failed += Measurement(told, corpus).run()
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
