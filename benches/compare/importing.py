"""Imports, each step in a process of its own: how long, how much processor time, how much memory."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import pickle
import re
import subprocess
import sys
import threading
import time

from corpus import Corpus
from engines.engine import Engine

SAMPLE_SECONDS = 0.005


@dataclasses.dataclass
class Step:
    """What a step of an import cost."""

    engine: str
    step: str
    title: str
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    told: dict = dataclasses.field(default_factory=dict)


def take(engine: Engine, step: str, corpus: Corpus) -> Step:
    """Takes one step of an engine's import and measures it from outside."""
    command = engine.commands(step, corpus) or python_step(engine, step, corpus)
    seconds, usage, peak, printed = measured(command, getattr(engine, "program", None))
    own = json.loads(printed[printed.index("{") :]) if "{" in printed else {}
    return Step(
        engine=engine.name,
        step=step,
        title=engine.STEPS[step],
        # A step in Python tells its own time, so that starting Python is no part of it.
        seconds=own.get("step_seconds", seconds),
        cpu_seconds=own.get("step_cpu_seconds", usage.ru_utime + usage.ru_stime),
        peak_bytes=peak,
        told=own,
    )


def python_step(engine: Engine, step: str, corpus: Corpus) -> list[str]:
    """Returns the command that takes a step of an engine that is a library."""
    order = engine.home / "order.pickle"
    order.parent.mkdir(parents=True, exist_ok=True)
    order.write_bytes(pickle.dumps((type(engine), engine.home, engine.told, step, corpus)))
    return [sys.executable, __file__, str(order)]


def measured(command: list[str], program=None) -> tuple[float, object, int, str]:
    """Runs a command; returns seconds, resource usage, peak memory and what it printed."""
    environment = program.env if program else None
    began = time.monotonic()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            peak = Peak(process.pid)
            printed = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        seconds = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}\n{printed}")
    return seconds, usage, peak.ended(), printed


class Peak:
    """Looks at the most memory that a process had. `ru_maxrss` would count the parent's memory at the fork."""

    def __init__(self, pid: int):
        self.status = pathlib.Path(f"/proc/{pid}/status")
        self.highest = 0
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def watch(self) -> None:
        """Reads it until the process has ended."""
        while not self.done.wait(SAMPLE_SECONDS):
            try:
                found = re.search(r"VmHWM:\s+(\d+) kB", self.status.read_text())
            except (FileNotFoundError, ProcessLookupError):
                return
            self.highest = max(self.highest, int(found[1]) * 1024 if found else 0)

    def ended(self) -> int:
        """Returns the peak in bytes."""
        self.done.set()
        self.thread.join()
        return self.highest


def main() -> None:
    """Takes the step that a file orders, in this process, and prints its cost."""
    kind, home, told, step, corpus = pickle.loads(pathlib.Path(sys.argv[1]).read_bytes())
    engine = kind(home, told)
    before, began = time.process_time(), time.monotonic()
    getattr(engine, step)(corpus)
    cost = {"step_seconds": time.monotonic() - began, "step_cpu_seconds": time.process_time() - before}
    print(json.dumps(cost), flush=True)
    # The engines' own threads may take their time to end; nothing of them is wanted.
    os._exit(0)


if __name__ == "__main__":
    main()
