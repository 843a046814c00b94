"""The figures of a corpus, kept in a file, so that a later run adds to them."""

from __future__ import annotations

import json
import pathlib


class Kept:
    """Figures by name; lists hold dicts that a later run replaces one by one."""

    def __init__(self, path: pathlib.Path):
        self.path = path
        self.found = json.loads(path.read_text()) if path.exists() else {}

    def put(self, **figures) -> None:
        """Replaces figures."""
        self.found.update(figures)

    def merge(self, **figures: dict) -> None:
        """Replaces only some members of figures."""
        for name, members in figures.items():
            self.found[name] = {**self.found.get(name, {}), **members}

    def replace(self, name: str, keys: tuple[str, ...], rows: list[dict]) -> None:
        """Puts rows in the place of those with the same keys."""
        told = {tuple(row[key] for key in keys): row for row in rows}
        before = {tuple(row[key] for key in keys): row for row in self.found.get(name, [])}
        self.found[name] = list({**before, **told}.values())

    def forget(self, name: str, key: str, values: set[str]) -> None:
        """Drops rows."""
        self.found[name] = [row for row in self.found.get(name, []) if row[key] not in values]

    def save(self) -> None:
        """Writes the file, which appears whole."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps(self.found, indent=1))
        fresh.rename(self.path)
