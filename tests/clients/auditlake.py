"""Runs the auditlake binary as a user would, but in a home of its own."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]


def binary() -> pathlib.Path:
    """Returns the binary to test."""
    named = os.environ.get("AUDITLAKE_BIN")
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", CHECKOUT / "target"))
    path = pathlib.Path(named) if named else target / "debug" / "auditlake"
    if not path.is_file():
        raise FileNotFoundError(f"{path}: build it with `cargo build`, or name one in AUDITLAKE_BIN")
    return path


def shared_folder() -> pathlib.Path | None:
    """Returns the folder of shared test data, if it is there."""
    path = pathlib.Path(os.environ.get("AUDITLAKE_SHARED", CHECKOUT.parent / "shared"))
    return path if (path / "data").is_dir() else None


def store_folder(lake: pathlib.Path) -> str:
    """Returns the folder of the only store of a lake."""
    (path,) = (lake / "stores").iterdir()
    return str(path)


class Auditlake:
    """The binary with its own home, environment and lake; `flags` go behind every subcommand."""

    def __init__(self, path: pathlib.Path, home: pathlib.Path, lake: str | None = None, flags=(), env=None):
        home.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.flags = [*(["--lake", lake] if lake else []), *flags]
        self.env = {"PATH": os.environ["PATH"], "HOME": str(home), "NO_COLOR": "1", **(env or {})}

    def run(self, *arguments, check: int | None = 0, **options) -> subprocess.CompletedProcess:
        """Runs a command and returns what it printed; fails unless it ends with the code `check`."""
        command = [str(part) for part in (self.path, *arguments, *self.flags)]
        done = subprocess.run(
            command, env=self.env, capture_output=True, text=True, timeout=300, check=False, **options
        )
        if check is not None:
            assert done.returncode == check, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def create_store(self, name: str = "trail") -> dict:
        """Makes an event data store and returns what `store show` says about it."""
        self.run("store", "create", name)
        shown = json.loads(self.run("store", "show", name, "--format", "json").stdout)
        return shown[0] if isinstance(shown, list) else shown

    def load(self, *sources, store: str = "trail", check: int = 0) -> dict:
        """Imports sources one after the other and returns the summary of the last import."""
        for source in sources:
            summary = self.run("import", source, "--store", store, "--json", check=check).stdout
        return json.loads(summary)

    def sql(self, text: str) -> list[dict]:
        """Returns the rows of a query."""
        return json.loads(self.run("sql", "-c", text, "--format", "json").stdout)

    def add_user(self, name: str, password: str, *flags, role: str = "reader") -> None:
        """Makes a user of the server."""
        self.run("user", "add", name, "--role", role, "--password-stdin", *flags, input=password + "\n")

    def create_token(self, user: str) -> str:
        """Returns a new API token of a user."""
        return self.run("token", "create", user, "--expires", "90d").stdout.strip().splitlines()[-1]
