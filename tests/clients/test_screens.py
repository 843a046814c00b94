"""What the shell shows, screen by screen, beside the screens that were looked at and found good.

AUDITLAKE_WRITE_SCREENS=1 writes the screens anew; look at the difference before you keep it.
"""

from __future__ import annotations

import os
import pathlib
import re

import pyte
import pytest

from auditlake import Auditlake, binary
from terminal import Terminal

SCREENS = pathlib.Path(__file__).parent / "screens"
ROWS, COLUMNS = 32, 110
PROMPT = r"auditlake( since \S+)?> $"

# Screens by name: what is typed, line by line, before one looks.
TYPED = {
    "stores": ["\\l"],
    "store": ["\\d trail"],
    "functions": ["\\df json"],
    "help": ["\\?"],
    "table": [
        "SELECT eventName, count(*) AS calls, count(errorCode) AS failed",
        "FROM trail GROUP BY 1 ORDER BY calls DESC, 1 LIMIT 6;",
    ],
    "wide": ["SELECT * FROM trail WHERE eventName = 'StopLogging';"],
    "expanded": ["\\x on", "SELECT eventTime, eventName, userIdentity.arn FROM trail ORDER BY 1, 2 LIMIT 2;"],
    "chart": [
        "SELECT eventSource, count(*) AS calls FROM trail GROUP BY 1 ORDER BY calls DESC, 1 LIMIT 8;",
        "\\chart",
    ],
    "errors": ["SELECT evntName FROM trail;", "SELECT * FROM trial;", "\\tming", "SELECT :who;"],
    "since": ["\\since 2026-01-07", "SELECT min(eventTime) AS first FROM trail;"],
    "null_and_json": [
        "SELECT eventName, errorCode, requestParameters FROM trail",
        "WHERE eventName IN ('CreateUser', 'StopLogging') ORDER BY eventTime;",
    ],
    "examples": ["\\examples"],
}

# What differs from run to run.
CHANGING = [
    (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", lambda found: "#" * len(found)),
    (r"\d+(\.\d+)? m?s\b", lambda found: "0 s"),
    (r"\b2026-\d\d-\d\dT\d\d:\d\d:\d\dZ(?= *$)", lambda found: "2026-##-##T##:##:##Z"),
    (r"\d+(\.\d)? [kM]?B\b", lambda found: "# kB"),
    # A limit stops the scan where it happens to be.
    (r"[\d,]+ events? scanned", lambda found: "# events scanned"),
    (r"/\S*/lake\b", lambda found: "LAKE"),
]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Auditlake:
    """A lake that holds the same synthetic events in every run."""
    folder = tmp_path_factory.mktemp("screens")
    auditlake = Auditlake(binary(), home=folder / "home", lake=str(folder / "lake"))
    auditlake.run("synth", "--out", folder / "logs", "--events", 3_000, "--seed", 7)
    auditlake.create_store("trail")
    auditlake.load(folder / "logs" / "AWSLogs")
    return auditlake


def screen(lake: Auditlake, lines: list[str]) -> str:
    """Returns what stands on the screen after the lines were typed."""
    command = [lake.path, "shell", "--no-rc", "--no-history", *lake.flags]
    with Terminal(command, {**lake.env, "PAGER": "cat"}, ROWS, COLUMNS) as terminal:
        terminal.wait(PROMPT)
        for line in lines:
            terminal.line(line)
            # Enter within a statement shows nothing that one could wait for.
            if line.startswith("\\") or line.endswith(";"):
                terminal.wait(PROMPT)
        drawn = pyte.HistoryScreen(COLUMNS, ROWS, history=1_000, ratio=1)
        pyte.ByteStream(drawn).feed(terminal.raw)
        above = ["".join(row[column].data for column in range(COLUMNS)) for row in drawn.history.top]
        text = "\n".join(line.rstrip() for line in [*above, *drawn.display]).strip() + "\n"
        # The greeting names the lake and the version.
        return text[text.index("auditlake> ") :]


def steady(text: str) -> str:
    """Returns the text without what differs from run to run."""
    for pattern, replaced in CHANGING:
        text = re.sub(pattern, lambda found: replaced(found[0]), text, flags=re.MULTILINE)
    return re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)


@pytest.mark.parametrize("name", TYPED)
def test_the_screen_is_as_it_was(lake, name):
    shown = steady(screen(lake, TYPED[name]))
    kept = SCREENS / f"{name}.txt"
    if os.environ.get("AUDITLAKE_WRITE_SCREENS"):
        SCREENS.mkdir(exist_ok=True)
        kept.write_text(shown)
    assert shown == kept.read_text(), f"{kept} differs; AUDITLAKE_WRITE_SCREENS=1 writes it anew"


def test_every_screen_belongs_to_a_test():
    assert sorted(path.stem for path in SCREENS.glob("*.txt")) == sorted(TYPED)
