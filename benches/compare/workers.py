"""An engine in a process of its own, asked from here; all engines stay open, so that queries can take turns."""

from __future__ import annotations

import dataclasses
import multiprocessing
import pathlib
import traceback

from answers import Answer
from engines.engine import Engine

# What is done with an engine, in `questions`; all else is a method of it.
ACTIONS = ("timed", "crowd")
SPAWN = multiprocessing.get_context("spawn")


@dataclasses.dataclass
class Timed:
    """An answer with the time it took; or why there is none."""

    milliseconds: float
    answer: Answer | None
    error: str | None = None
    cpu_milliseconds: float = 0


class Worker:
    """The other process; a context manager."""

    def __init__(self, kind: type[Engine], home: pathlib.Path, told: dict):
        self.kind = kind
        self.name = kind.name
        self.pipe, other = SPAWN.Pipe()
        self.process = SPAWN.Process(target=serve, args=(other, kind, home, told))
        self.process.start()
        other.close()

    def __enter__(self) -> Worker:
        self.version = self.call("version")
        self.stored_bytes = self.call("stored_bytes")
        self.call("open")
        return self

    def __exit__(self, *_) -> None:
        self.call("close")
        self.pipe.close()
        self.process.join(60)

    def call(self, what: str, *arguments):
        """Has the engine do something and returns what comes back."""
        self.pipe.send((what, arguments))
        fine, value = self.pipe.recv()
        if not fine:
            raise RuntimeError(f"{self.name}: {what}: {value}")
        return value

    def timed(self, sql: str) -> Timed:
        """Asks a query; an error is an answer too."""
        return self.call("timed", sql)


def serve(pipe, kind: type[Engine], home: pathlib.Path, told: dict) -> None:
    """Does what comes through the pipe."""
    import questions

    engine = kind(home, told)
    while True:
        try:
            what, arguments = pipe.recv()
        except EOFError:
            return
        try:
            act = getattr(questions, what, None) if what in ACTIONS else None
            value = act(engine, *arguments) if act else getattr(engine, what)(*arguments)
            pipe.send((True, value))
        except Exception:  # noqa: BLE001 - the other side tells it
            pipe.send((False, traceback.format_exc(limit=3)))
