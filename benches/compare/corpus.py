"""The log files that are imported: made by `auditlake synth` once and kept, or any folder of them."""

from __future__ import annotations

import dataclasses
import gzip
import json
import os
import pathlib

from auditlake import Auditlake


@dataclasses.dataclass(frozen=True)
class Size:
    """How much is made."""

    events: int
    events_per_file: int
    days: int = 30


# `tiny` is the true shape of trail buckets: many files of a few events.
SIZES = {
    "xs": Size(20_000, 500, days=4),
    "S": Size(1_000_000, 500),
    "M": Size(5_000_000, 500),
    "tiny": Size(200_000, 4),
    "extra": Size(3_000, 500),
}
SEED, EXTRA_SEED = 1, 77
FIRST_DAY = "2026-01-01"


@dataclasses.dataclass(frozen=True)
class Corpus:
    """A folder of log files, with what engines are told of it."""

    name: str
    folder: pathlib.Path
    files: list[pathlib.Path]
    gzip_bytes: int
    raw_bytes: int
    largest_file_bytes: int

    @property
    def pattern(self) -> str:
        """All log files, as a pattern that the peers understand."""
        return f"{self.folder}/**/*.json.gz"


def made(name: str, auditlake: Auditlake, work: pathlib.Path) -> Corpus:
    """Returns a corpus of a named size; writes it when it is not there."""
    size, folder = SIZES[name], work / "corpora" / name
    if not (folder / "TRUTH.json").exists():
        print(f"making corpus {name}: {size.events:,} events in {folder}", flush=True)
        seed = EXTRA_SEED if name == "extra" else SEED
        days = ["--start", FIRST_DAY, "--days", size.days]
        per_file = ["--events-per-file", size.events_per_file]
        auditlake.run("synth", "--out", folder, "--events", size.events, "--seed", seed, *days, *per_file)
    return found(name, folder / "AWSLogs")


def found(name: str, folder: pathlib.Path) -> Corpus:
    """Returns the corpus that lies in a folder."""
    files = sorted(folder.rglob("*.json.gz"))
    if not files:
        raise SystemExit(f"{folder} holds no .json.gz file")
    raw = [raw_size(path) for path in files]
    gzip_bytes = sum(path.stat().st_size for path in files)
    return Corpus(name, folder, files, gzip_bytes, sum(raw), max(raw))


def raw_size(path: pathlib.Path) -> int:
    """Returns the size of a gzip file's content, which stands in its last four bytes."""
    with path.open("rb") as file:
        file.seek(-4, os.SEEK_END)
        return int.from_bytes(file.read(4), "little")


def warm(folder: pathlib.Path) -> None:
    """Reads every file below a folder, so that all engines find them in the page cache."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb", buffering=0) as file:
                while file.read(1 << 20):
                    pass


def sampled_events(corpus: Corpus, files: int = 200) -> list[dict]:
    """Returns the events of some log files, evenly spread over the sorted names: the same at every run."""
    step = max(1, len(corpus.files) // files)
    return [
        event for path in corpus.files[::step] for event in json.loads(gzip.decompress(path.read_bytes()))["Records"]
    ]
