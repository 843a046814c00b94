"""What the harness asks of an engine."""

from __future__ import annotations

import pathlib
import time

import pyarrow

from corpus import Corpus
from dialects import Dialect

THREADS = 2


class Engine:
    """An engine with its data in a folder of its own.

    `STEPS` names the methods that take a corpus in, in their order. Each runs in a process of its own, which is
    measured; the connection for queries is opened in another one.
    """

    name: str
    title: str
    dialect: Dialect
    STEPS: dict[str, str]

    def __init__(self, home: pathlib.Path, told: dict):
        self.home = home
        self.told = told

    def commands(self, step: str, corpus: Corpus) -> list[str] | None:
        """Returns the program that takes a step, for an engine that is a program."""
        return None

    def stored_bytes(self) -> int:
        """Returns the size at rest of what queries read."""
        raise NotImplementedError

    def open(self) -> None:
        """Connects, for `ask`."""
        raise NotImplementedError

    def close(self) -> None:
        """Ends what `open` began."""

    def ask(self, sql: str) -> pyarrow.Table:
        """Returns the answer of a query; called from many threads when `another` gave each one an engine."""
        raise NotImplementedError

    def cpu_seconds(self) -> float:
        """Returns the processor time that everything about the engine has used."""
        return time.process_time()

    def another(self) -> Engine:
        """Returns a connection of its own for another thread."""
        raise NotImplementedError

    def version(self) -> str:
        """Returns the engine's version."""
        raise NotImplementedError
