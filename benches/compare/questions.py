"""What a worker does with its engine besides opening it: timed queries, one at a time or many at once."""

from __future__ import annotations

import threading
import time

from answers import Answer
from engines.engine import Engine
from workers import Timed


def timed(engine: Engine, sql: str) -> Timed:
    """Asks one query. The time ends when the whole answer is here; it is put in the common form after that."""
    before, began = engine.cpu_seconds(), time.perf_counter()
    try:
        table = engine.ask(sql)
    except Exception as error:  # noqa: BLE001 - told in the results
        return Timed((time.perf_counter() - began) * 1000, None, str(error)[:2000])
    took, used = time.perf_counter() - began, engine.cpu_seconds() - before
    return Timed(took * 1000, Answer.of(table), cpu_milliseconds=used * 1000)


def crowd(engine: Engine, queries: list[str], clients: int, seconds: float) -> list[tuple[int, float]]:
    """Has many clients ask a mix of queries at once; returns number and milliseconds of every query."""
    engines = [engine.another() for _ in range(clients)]
    took: list[list[tuple[int, float]]] = [[] for _ in engines]
    until = time.perf_counter() + seconds

    def client(number: int) -> None:
        turn = number * 7
        while (began := time.perf_counter()) < until:
            engines[number].ask(queries[turn % len(queries)])
            took[number].append((turn % len(queries), (time.perf_counter() - began) * 1000))
            turn += 1

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [value for values in took for value in values]
