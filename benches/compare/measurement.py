"""Everything about one corpus, in the order it is measured; figures are kept after each part."""

from __future__ import annotations

import argparse
import dataclasses

import probes
import report
from corpus import Corpus
from engines import OURS
from kept import Kept
from measuring import Round, imported, opened
from queries import QUERIES, Query


class Measurement:
    """One corpus, with what the command line told."""

    def __init__(self, told: argparse.Namespace, corpus: Corpus):
        self.told = told
        self.corpus = corpus
        # Of many tiny files only our import is looked at.
        self.only_ours = corpus.name == "tiny"
        self.engines = [OURS] if self.only_ours else told.engines.split(",")
        self.homes = told.work / "homes" / corpus.name
        self.known = {"bin": str(told.bin.resolve())}
        self.kept = Kept(told.work / "results" / f"{corpus.name}.json")

    def run(self) -> list[str]:
        """Measures and returns what failed."""
        corpus = self.corpus
        print(f"{corpus.name}: {len(corpus.files):,} files, {corpus.raw_bytes / 1e6:,.0f} MB of JSON", flush=True)
        self.kept.put(corpus=described(corpus), machine=report.machine())
        if not self.told.no_import:
            self.imports()
        failed = [] if self.only_ours else self.queries()
        if not self.told.check and not self.told.no_probes and OURS in self.engines:
            self.probes()
        return failed

    def keep(self) -> None:
        """Writes the figures, unless only answers are wanted."""
        if not self.told.check:
            self.kept.save()

    def imports(self) -> None:
        """Imports into the engines that are to do so again."""
        wanted = (self.told.imports or self.told.engines).split(",")
        steps = imported([name for name in self.engines if name in wanted], self.corpus, self.homes, self.known)
        self.kept.replace("imports", ("engine", "step"), [dataclasses.asdict(step) for step in steps])
        self.keep()

    def queries(self) -> list[str]:
        """Asks the queries, one client and then many; returns what failed."""
        asked = wanted_queries(self.told.only)
        with opened(self.engines, self.homes, self.known) as workers:
            run = Round(workers, self.corpus, self.told.runs)
            for query in asked:
                print("  " + report.line(query, run.ask(query)), flush=True)
            self.note(run, asked)
            if not (self.told.check or self.told.no_probes or self.told.only):
                self.kept.merge(crowd=probes.crowd(run, asked, self.told.crowd))
        self.keep()
        return failures(run)

    def note(self, run: Round, asked: list[Query]) -> None:
        """Puts what the queries told to the figures."""
        self.kept.merge(
            versions={worker.name: worker.version for worker in run.workers},
            stored_bytes={worker.name: worker.stored_bytes for worker in run.workers},
        )
        self.kept.put(events=run.events())
        self.kept.replace("queries", ("query", "engine"), [figure.told() for figure in run.figures])
        self.kept.forget("wrong", "query", {query.full_name for query in asked})
        self.kept.put(wrong=self.kept.found["wrong"] + [dataclasses.asdict(wrong) for wrong in run.wrong])

    def probes(self) -> None:
        """Measures what no query shows."""
        if not self.only_ours:
            self.kept.put(probes=probes.all_of(self.corpus, self.homes, self.known))
        elif self.told.fragments:
            self.kept.put(probes=probes.fragmented(self.corpus, self.homes, self.known))
        self.keep()


def wanted_queries(only: str | None) -> list[Query]:
    """Returns the queries whose names begin so, or all."""
    beginnings = tuple(only.split(",")) if only else ("",)
    return [query for query in QUERIES if query.full_name.startswith(beginnings)]


def described(corpus: Corpus) -> dict:
    """Returns what the results say about a corpus."""
    return {"name": corpus.name, "files": len(corpus.files), "gzip": corpus.gzip_bytes, "raw": corpus.raw_bytes}


def failures(run: Round) -> list[str]:
    """Returns the queries that failed or were answered differently, and prints the difference."""
    for wrong in run.wrong:
        print(f"\nWRONG {wrong.query}: {' and '.join(wrong.engines)} differ\n{wrong.sql[:1500]}\n{wrong.what}")
    errors = [f"{figure.query} ({figure.engine}): {figure.error}" for figure in run.figures if figure.error]
    return errors + [f"{wrong.query}: {' and '.join(wrong.engines)} differ" for wrong in run.wrong]
