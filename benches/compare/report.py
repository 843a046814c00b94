"""Writes the figures of all corpora as one page."""

from __future__ import annotations

import json
import os
import pathlib
import platform
import re

import goals
from engines import ENGINES, OURS


def machine() -> dict:
    """Returns what the figures depend on."""
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": model[1] if model else platform.machine(),
        "processors": os.cpu_count(),
        "memory_gb": round(memory / 1e9),
        "kernel": platform.release(),
        "load": round(os.getloadavg()[0], 1),
    }


def line(query, figures) -> str:
    """Returns what is printed while queries run."""
    rows = max((count for figure in figures for count in figure.rows), default=0)
    parts = [f"{query.full_name:24}{rows:6} rows"]
    for figure in figures:
        parts.append(f"{figure.engine} {'failed' if figure.error else f'{figure.median:.1f} ms'}")
    return "  ".join(parts)


def write(folder: pathlib.Path, path: pathlib.Path) -> None:
    """Writes the page from the figures of all corpora in a folder."""
    found = {file.stem: json.loads(file.read_text()) for file in sorted(folder.glob("*.json"))}
    ordered = sorted(found.values(), key=lambda one: one["corpus"]["raw"])
    parts = [
        "# Auditlake and its peers, side by side",
        "Written by `benches/compare/run`; [compare/README.md](compare/README.md) tells what is measured and how.",
        about(ordered[-1]),
        "## Goals",
        table(["what", "goal", "measured", ""], [goal.row() for goal in goals.all_of(found)]),
    ]
    for one in ordered:
        parts += corpus_part(one)
    path.write_text("\n\n".join(parts) + "\n")


def about(one: dict) -> str:
    """Returns machine and versions."""
    on = one["machine"]
    lines = [
        f"- {on['processor']}, {on['processors']} processors, {on['memory_gb']} GB, Linux {on['kernel']}; 2 threads "
        f"for every engine, files in the page cache; load at the start {on['load']}"
    ]
    lines += [f"- {ENGINES[name].title}: {version}" for name, version in one.get("versions", {}).items()]
    return "\n".join(lines)


def corpus_part(one: dict) -> list[str]:
    """Returns the part about one corpus."""
    corpus = one["corpus"]
    title = f"## Corpus {corpus['name']}: {corpus['files']:,} files, {corpus['raw'] / 1e6:,.0f} MB of JSON"
    parts = [title + (f", {one['events']:,} events" if one.get("events") else "")]
    if one.get("imports"):
        parts.append(import_table(one))
    if one.get("stored_bytes") and one.get("events"):
        rows = [[ENGINES[name].title, f"{size / one['events']:.1f}"] for name, size in one["stored_bytes"].items()]
        parts.append(table(["at rest", "bytes an event"], rows))
    if one.get("queries"):
        parts.append(query_table(one["queries"]))
    if one.get("crowd"):
        rows = [
            [
                ENGINES[name].title,
                f"{each['queries_per_second']:.1f}",
                ms(each["p99_ms"]),
                f"{each['p99_of_single']:.1f}",
            ]
            for name, each in one["crowd"].items()
        ]
        parts.append(table(["16 clients", "queries/s", "p99 ms", "p99 x single"], rows))
    parts += [f"**Wrong:** {wrong['query']}: {' and '.join(wrong['engines'])} differ" for wrong in one.get("wrong", [])]
    return parts


def import_table(one: dict) -> str:
    """Returns what imports cost."""
    raw, events = one["corpus"]["raw"], one.get("events")
    rows = []
    for step in one["imports"]:
        rate = f"{events / step['seconds'] / 1000:,.0f}" if events else ""
        megabytes = f"{raw / 1e6 / step['seconds']:,.0f}"
        cost = [
            f"{step['seconds']:.2f}",
            f"{step['cpu_seconds']:.2f}",
            rate,
            megabytes,
            f"{step['peak_bytes'] / 1e6:,.0f}",
        ]
        rows.append([ENGINES[step["engine"]].title, step["title"], *cost])
    return table(["engine", "step", "s", "CPU s", "1,000 events/s", "MB of JSON/s", "peak MB"], rows)


def query_table(queries: list[dict]) -> str:
    """Returns medians of all engines, and ours over the better peer's."""
    engines = [name for name in ENGINES if any(figure["engine"] == name for figure in queries)]
    names = dict.fromkeys(figure["query"] for figure in queries)
    rows = [query_row(name, [figure for figure in queries if figure["query"] == name], engines) for name in names]
    titles = [f"{ENGINES[engine].title} ms" for engine in engines]
    return table(["query", "rows", *titles, "ours / better peer", "in CPU time"], rows)


def query_row(name: str, figures: list[dict], engines: list[str]) -> list[str]:
    """Returns what is known of one query."""
    medians, processor = ({figure["engine"]: figure.get(kind) for figure in figures} for kind in ("median", "cpu"))
    rows = max(figures[0]["rows"], default=0)
    return [name, str(rows), *(ms(medians.get(engine)) for engine in engines), against(medians), against(processor)]


def against(by_engine: dict[str, float | None]) -> str:
    """Returns our figure over that of the better peer."""
    found = goals.ratio(by_engine.get(OURS), goals.better_peer(by_engine))
    return f"{found:.2f}" if found else ""


def ms(value: float | None) -> str:
    """Returns milliseconds with as many digits as count."""
    if value is None:
        return "failed"
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def table(head: list[str], rows: list[list[str]]) -> str:
    """Returns a table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
