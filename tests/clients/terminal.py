"""Drives a program in a terminal of its own, as a person would: keys in, screen out."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

# The line editor draws a line anew with each key, and then puts the cursor back by "\r" and a move.
ESCAPES = re.compile(r"\r\x1b\[\d+C|\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|\x1b\][^\x07]*\x07")


class Terminal:
    """A program behind a pseudo terminal; `text` is all it wrote so far, without colours and cursor moves."""

    def __init__(self, command, env, rows=40, columns=150):
        self.master, slave = pty.openpty()
        self.resize(rows, columns)
        self.raw = b""
        self.seen = 0
        self.process = subprocess.Popen(
            [str(part) for part in command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={"TERM": "xterm-256color", **env},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        if getattr(self, "process", None):
            os.kill(self.process.pid, signal.SIGWINCH)

    def send(self, keys: str) -> None:
        data = keys.encode()
        while data:
            written = os.write(self.master, data[:512])
            data = data[written:]
            self._read(0)

    def line(self, text: str) -> None:
        """Types a line and Enter."""
        self.send(text + "\r")

    @property
    def text(self) -> str:
        plain = ESCAPES.sub("", self.raw.decode(errors="replace"))
        return plain.replace("\r\n", "\n")

    def wait(self, pattern: str, timeout: float = 30) -> str:
        """Waits for a pattern in what came since the last wait, and returns that up to its end."""
        end = time.monotonic() + timeout
        while True:
            found = re.search(pattern, self.text[self.seen :])
            if found:
                start, self.seen = self.seen, self.seen + found.end()
                return self.text[start : self.seen]
            left = end - time.monotonic()
            assert left > 0, f"`{pattern}` did not come; the screen said:\n{self.text[self.seen :][-3000:]}"
            assert self._read(min(left, 0.2)) or self.process.poll() is None, (
                f"the program ended with {self.process.poll()} before `{pattern}`:\n{self.text[-3000:]}"
            )

    def ended(self, timeout: float = 20) -> int:
        """Waits for the end of the program and returns its code."""
        end = time.monotonic() + timeout
        while self.process.poll() is None and time.monotonic() < end:
            self._read(0.1)
        return self.process.wait(timeout=1)

    def _read(self, timeout: float) -> bool:
        ready, _, _ = select.select([self.master], [], [], timeout)
        if not ready:
            return False
        try:
            data = os.read(self.master, 1 << 16)
        except OSError:
            return False
        self.raw += data
        return bool(data)
