"""The lake that is measured: a store `trail` of made-up events, kept for the next run."""

from __future__ import annotations

import argparse
import contextlib
import os
import pathlib
import tempfile

from auditlake import CHECKOUT, Auditlake
from server import Server

USER, PASSWORD = "bench", "bench password"


def arguments(description: str) -> argparse.ArgumentParser:
    """Returns a parser of what all measurements can be told."""
    parser = argparse.ArgumentParser(description=description)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", CHECKOUT / "target"))
    parser.add_argument("--bin", type=pathlib.Path, default=target / "release/auditlake", help="the built program")
    parser.add_argument("--events", type=int, default=1_000_000, help="events of the store [%(default)s]")
    folder = pathlib.Path(tempfile.gettempdir()) / "auditlake-bench-serve"
    parser.add_argument("--folder", type=pathlib.Path, default=folder, help="where the lake is kept [%(default)s]")
    return parser


def lake(told: argparse.Namespace) -> Auditlake:
    """Returns a lake with the wanted number of events; makes it when it is not there."""
    folder = told.folder / str(told.events)
    auditlake = Auditlake(told.bin.resolve(), home=folder / "home", lake=str(folder / "lake"))
    done = folder / "done"
    if not done.exists():
        print(f"making a lake of {told.events:,} events in {folder}", flush=True)
        auditlake.run("synth", "--out", folder / "logs", "--events", told.events, "--seed", 1)
        auditlake.create_store("trail")
        auditlake.load(folder / "logs" / "AWSLogs")
        auditlake.add_user(USER, PASSWORD)
        done.touch()
    return auditlake


@contextlib.contextmanager
def served(told: argparse.Namespace):
    """Starts a server over the lake."""
    with Server(lake(told), told.folder / "server.log") as server:
        yield server
