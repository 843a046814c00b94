"""Runs `auditlake serve` as an operator would, and looks at it from outside."""

from __future__ import annotations

import pathlib
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request

from auditlake import Auditlake

START_SECONDS = 60
STOP_SECONDS = 30


class Server:
    """A running server on ports of its own; a context manager."""

    def __init__(self, auditlake: Auditlake, log: pathlib.Path, *flags):
        self.log = log
        ports = ["--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"]
        command = [str(part) for part in (auditlake.path, "serve", *ports, *flags, *auditlake.flags)]
        with log.open("wb") as stderr:
            self.process = subprocess.Popen(
                command, env=auditlake.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr, text=True
            )
        addresses = self._addresses()
        self.uri, self.http = addresses["flight"], addresses["http"]
        self.host, port = self.uri.rsplit("/", 1)[1].split(":")
        self.port = int(port)

    def _addresses(self) -> dict[str, str]:
        """Reads the addresses that the server prints when it is ready."""
        addresses = {}
        for line in self.process.stdout:
            name, _, address = line.strip().partition(" ")
            addresses[name] = address.strip()
            if {"flight", "http"} <= set(addresses):
                return addresses
        raise AssertionError(f"the server ended with {self.process.wait()}: {self.log.read_text()}")

    def __enter__(self) -> "Server":
        deadline = time.monotonic() + START_SECONDS
        while self.get("/readyz")[0] != 200:
            assert time.monotonic() < deadline, f"not ready: {self.log.read_text()}"
            time.sleep(0.05)
        return self

    def __exit__(self, *_) -> None:
        if self.process.poll() is None:
            self.stop()
        self.process.stdout.close()

    def stop(self) -> int:
        """Asks the server to stop and returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def get(self, path: str) -> tuple[int, str]:
        """Returns status and text of a page of the HTTP port."""
        try:
            with urllib.request.urlopen(self.http + path, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()
        except urllib.error.URLError:
            return 0, ""

    def metric(self, name: str, **labels) -> float:
        """Returns the sum of a metric over all label sets that hold `labels`."""
        status, text = self.get("/metrics")
        assert status == 200, text
        found = [
            float(value)
            for labelled, value in re.findall(rf"^{name}(?:\{{(.*)\}})? (\S+)$", text, re.MULTILINE)
            if all(f'{key}="{wanted}"' in labelled for key, wanted in labels.items())
        ]
        assert found, f"no metric {name} {labels}"
        return sum(found)

    def running_queries(self) -> float:
        """Returns how many queries the server says are running."""
        return self.metric("auditlake_queries_running")

    def wait_for_queries(self, count: int, seconds: float = 10) -> float:
        """Waits until just so many queries run and returns how long that took."""
        return eventually(lambda: self.running_queries() == count, seconds, f"{count} queries run")

    def open_files(self) -> int:
        """Returns how many files and sockets the server has open."""
        return len(list(pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def resident_bytes(self) -> int:
        """Returns the memory of the server that is in RAM."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024

    def cpu_seconds(self) -> float:
        """Returns the processor time that the server has used."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100


def eventually(holds, seconds: float, what: str) -> float:
    """Waits until `holds()` is true and returns how long that took."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds, f"not within {seconds} s: {what}"
        time.sleep(0.02)
    return time.monotonic() - began
