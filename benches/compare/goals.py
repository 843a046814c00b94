"""The goals of issue 6, judged by the figures of all corpora."""

from __future__ import annotations

import dataclasses
import math

from engines import OURS

PEERS = ("duckdb", "chdb")


@dataclasses.dataclass
class Goal:
    """A goal, with what was measured and whether that is enough; nothing when it was not measured."""

    what: str
    goal: str
    measured: str = "not measured"
    met: bool | None = None

    def row(self) -> list[str]:
        """Returns a row of the table of goals."""
        return [self.what, self.goal, self.measured, {True: "met", False: "**not met**", None: ""}[self.met]]


def all_of(found: dict[str, dict]) -> list[Goal]:
    """Returns all goals, from the figures by name of corpus."""
    small, large, tiny = (found.get(name, {}) for name in ("S", "M", "tiny"))
    judged = [
        import_against(small, "chdb", "parquet", 0.5, "import S / ClickHouse's plain Parquet"),
        import_against(small, "duckdb", "load", 0.1, "import S / DuckDB's native table"),
        at_most("3,000 events into M", probe(large, "small_import_ms"), 300, "ms"),
        tiny_files(small, tiny),
        at_most("peak memory of imports", megabytes(peaks(small, large, tiny)), 600, "MB"),
        at_most("peak memory M / S", ratio(peak(large), peak(small)), 1.1, "x"),
        at_most("bytes an event, S", bytes_per_event(small, OURS), 66, "bytes"),
        at_most(
            "bytes an event / smallest peer, S", ratio(bytes_per_event(small, OURS), smallest_peer(small)), 0.9, "x"
        ),
        *query_goals(large),
        at_most("needle on M in process, slowest kind", slowest_needle(large), 5, "ms"),
        at_most("needle M / S", needle_growth(small, large), 1.3, "x"),
        at_least("mentions on M: best peer's LIKE / ours", mentions(large), 20, "x"),
        at_most("first query of a fresh process, after compaction", probe(large, "first_query_ms"), 60, "ms"),
        at_most(fragments(tiny), probe(tiny, "fragmented_first_query_ms"), 150, "ms"),
        at_least("16 clients on M: throughput / best peer's", throughput(large), 1.5, "x"),
        at_most("16 clients on M: p99 / single time", slowness(large), 8, "x"),
        Goal("import from S3 / local", "<= 1.3 x"),
        Goal("one day of 50 M events: duplicate check", "<= 600 MB"),
    ]
    return judged


def at_most(what: str, value: float | None, limit: float, unit: str) -> Goal:
    """Judges a value that is to be small."""
    if value is None:
        return Goal(what, f"<= {limit} {unit}")
    return Goal(what, f"<= {limit} {unit}", f"{value:.3g} {unit}", value <= limit)


def at_least(what: str, value: float | None, limit: float, unit: str) -> Goal:
    """Judges a value that is to be large."""
    if value is None:
        return Goal(what, f">= {limit} {unit}")
    return Goal(what, f">= {limit} {unit}", f"{value:.3g} {unit}", value >= limit)


def ratio(one: float | None, other: float | None) -> float | None:
    """Returns one over the other, if both are known."""
    return one / other if one and other else None


def step_of(one: dict, engine: str, step: str) -> dict | None:
    """Returns a step of an import."""
    return next((each for each in one.get("imports", []) if (each["engine"], each["step"]) == (engine, step)), None)


def seconds(one: dict, engine: str, step: str) -> float | None:
    """Returns how long a step took."""
    found = step_of(one, engine, step)
    return found and found["seconds"]


def import_against(one: dict, peer: str, step: str, limit: float, what: str) -> Goal:
    """Judges our import against a step of a peer's."""
    return at_most(what, ratio(seconds(one, OURS, "import"), seconds(one, peer, step)), limit, "x")


def tiny_files(small: dict, tiny: dict) -> Goal:
    """Judges what a file costs beyond its events, which cost what they cost in S."""
    per_event = ratio(seconds(small, OURS, "import"), small.get("events"))
    took = seconds(tiny, OURS, "import")
    value = None
    if per_event and took:
        events = step_of(tiny, OURS, "import")["told"]["eventsStored"]
        value = (took - per_event * events) / tiny["corpus"]["files"] * 1e6
    return at_most("a tiny file on top of its events", value, 40, "us")


def peak(one: dict) -> float | None:
    """Returns the most memory of our import."""
    step = step_of(one, OURS, "import")
    return step and step["peak_bytes"]


def peaks(*corpora: dict) -> float | None:
    """Returns the most memory of our imports."""
    return max(filter(None, map(peak, corpora)), default=None)


def megabytes(size: float | None) -> float | None:
    """Returns bytes in megabytes."""
    return size and size / 1e6


def bytes_per_event(one: dict, engine: str) -> float | None:
    """Returns what an event takes at rest."""
    return ratio(one.get("stored_bytes", {}).get(engine), one.get("events"))


def smallest_peer(one: dict) -> float | None:
    """Returns the least that an event takes at a peer's."""
    sizes = [bytes_per_event(one, engine) for engine in one.get("stored_bytes", {}) if engine != OURS]
    return min(filter(None, sizes), default=None)


def medians(one: dict) -> dict[str, dict[str, float]]:
    """Returns the medians by query and engine."""
    found: dict[str, dict[str, float]] = {}
    for figure in one.get("queries", []):
        found.setdefault(figure["query"], {})[figure["engine"]] = figure["median"]
    return found


def better_peer(by_engine: dict[str, float | None]) -> float | None:
    """Returns the time of the faster peer."""
    return min(filter(None, (by_engine.get(peer) for peer in PEERS)), default=None)


def query_goals(one: dict) -> list[Goal]:
    """Judges the query set as a whole."""
    found = {name: by_engine for name, by_engine in medians(one).items() if by_engine.get(OURS)}
    to_best = {name: ratio(each[OURS], better_peer(each)) for name, each in found.items() if better_peer(each)}
    worst = max(to_best, key=to_best.get, default=None)
    goals = [
        at_most(
            f"queries on M / {peer}, geometric mean",
            mean(ratio(each[OURS], each.get(peer)) for each in found.values()),
            limit,
            "x",
        )
        for peer, limit in (("duckdb", 0.5), ("chdb", 0.5))
    ]
    goals.append(at_most("queries on M / better peer, geometric mean", mean(to_best.values()), 0.75, "x"))
    slow = [name for name, value in to_best.items() if value > 2]
    goals.append(at_most(f"slowest query on M / better peer ({worst}; {len(slow)} above)", to_best.get(worst), 2, "x"))
    return goals


def mean(ratios) -> float | None:
    """Returns the geometric mean."""
    known = [math.log(value) for value in ratios if value]
    return math.exp(sum(known) / len(known)) if known else None


def probe(one: dict, name: str):
    """Returns the figure of a probe."""
    return one.get("probes", {}).get(name)


def fragments(one: dict) -> str:
    """Returns what the goal of a fresh process before compaction is called."""
    files = probe(one, "fragmented_files")
    return f"first query of a fresh process on {files or 10_000:,} files, before compaction"


def slowest_needle(one: dict) -> float | None:
    """Returns the time of the slowest kind of needle."""
    return max((probe(one, "needle_in_process_ms") or {}).values(), default=None)


def needle_growth(small: dict, large: dict) -> float | None:
    """Returns how much longer needles take in the larger lake, over all kinds."""
    before, after = probe(small, "needle_in_process_ms"), probe(large, "needle_in_process_ms")
    return mean(ratio(after[name], before[name]) for name in before) if before and after else None


def mentions(one: dict) -> float | None:
    """Returns how much faster we find a text anywhere."""
    by_engine = medians(one).get("text/mentions", {})
    return ratio(better_peer(by_engine), by_engine.get(OURS))


def throughput(one: dict) -> float | None:
    """Returns our throughput over the best peer's."""
    crowd = {name: each["queries_per_second"] for name, each in one.get("crowd", {}).items()}
    return ratio(crowd.get(OURS), max((crowd[peer] for peer in PEERS if peer in crowd), default=None))


def slowness(one: dict) -> float | None:
    """Returns how much longer than alone our queries take at the 99th percentile."""
    return one.get("crowd", {}).get(OURS, {}).get("p99_of_single")
