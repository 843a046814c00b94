"""Many clients ask a server at once: are there errors, is everybody served alike, does memory stay flat?

The clients are threads of this process over ADBC's Go driver, one connection each. The server is told of
nothing; its memory is read from outside.
"""

from __future__ import annotations

import collections
import dataclasses
import json
import math
import random
import statistics
import threading
import time

import adbc_driver_flightsql.dbapi as adbc

from bench_lake import PASSWORD, USER, arguments, served

SAMPLE_SECONDS = 0.5


def answer(sql: str, parameters=None):
    """Returns a question that reads a whole result and tells its number of rows."""

    def ask(connection: adbc.Connection) -> int:
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters() if parameters else None)
            return sum(batch.num_rows for batch in cursor.fetch_record_batch())

    return ask


def tables(connection: adbc.Connection) -> int:
    """Lists tables, as every tool does when somebody opens it."""
    return connection.adbc_get_objects(depth="tables").read_all().num_rows


def mistake(connection: adbc.Connection) -> int:
    """Asks for a column that is not there, which must be said as such."""
    with connection.cursor() as cursor:
        try:
            cursor.execute("SELECT evntName FROM trail")
        except adbc.ProgrammingError:
            return 1
    raise AssertionError("a wrong query was answered")


def day():
    """Returns a day of the made-up logs and the next."""
    first = random.randint(1, 6)
    return [f"2026-01-{first:02} 00:00:00", f"2026-01-{first + 1:02} 00:00:00"]


# A question by name, with how often it comes.
QUESTIONS = {
    "tables": (tables, 10),
    "mistake": (mistake, 5),
    "count": (answer("SELECT count(*) FROM trail"), 15),
    "needle": (answer("SELECT * FROM trail WHERE eventID = ?", lambda: ["00000000-0000-4000-8000-000000000000"]), 15),
    "one_day": (
        answer(
            "SELECT eventName, count(*) AS n FROM trail WHERE eventTime >= CAST(? AS TIMESTAMP) "
            "AND eventTime < CAST(? AS TIMESTAMP) GROUP BY 1 ORDER BY n DESC",
            day,
        ),
        20,
    ),
    "latest": (answer("SELECT eventTime, eventName, userIdentity FROM trail ORDER BY eventTime DESC LIMIT 100"), 15),
    "errors": (
        answer("SELECT errorCode, count(*) AS n FROM trail WHERE errorCode IS NOT NULL GROUP BY 1 ORDER BY n DESC"),
        15,
    ),
    "ten_thousand": (answer("SELECT eventTime, eventName, sourceIPAddress, userAgent FROM trail LIMIT 10000"), 5),
}


@dataclasses.dataclass
class Client:
    """What one client saw."""

    seed: int
    seconds: dict[str, list[float]] = dataclasses.field(default_factory=lambda: collections.defaultdict(list))
    errors: list[str] = dataclasses.field(default_factory=list)

    def run(self, uri: str, until: float) -> None:
        """Asks until it is time to stop."""
        chance = random.Random(self.seed)
        names, weights = zip(*((name, weight) for name, (_, weight) in QUESTIONS.items()), strict=True)
        login = {"username": USER, "password": PASSWORD}
        with adbc.connect(uri, db_kwargs=login, autocommit=True) as connection:
            while time.monotonic() < until:
                (name,) = chance.choices(names, weights)
                began = time.monotonic()
                try:
                    QUESTIONS[name][0](connection)
                    self.seconds[name].append(time.monotonic() - began)
                except Exception as error:  # noqa: BLE001 - every error is what is looked for
                    self.errors.append(f"{name}: {error}")

    def asked(self) -> int:
        """Returns how many questions were answered."""
        return sum(map(len, self.seconds.values()))


def quantile(values: list[float], share: float) -> float:
    """Returns the value below which a share of the values lies."""
    return sorted(values)[min(len(values) - 1, math.ceil(share * len(values)) - 1)] if values else math.nan


def watch(server, until: float) -> list[int]:
    """Samples the server's memory until it is time to stop."""
    samples = []
    while time.monotonic() < until:
        samples.append(server.resident_bytes())
        time.sleep(SAMPLE_SECONDS)
    return samples


def measure(server, clients: int, seconds: float) -> dict:
    """Runs the load and returns the figures."""
    # What only the first query costs is not load.
    Client(0).run(server.uri, time.monotonic() + 3)
    began, cpu = time.monotonic(), server.cpu_seconds()
    until = began + seconds
    everybody = [Client(seed) for seed in range(1, clients + 1)]
    threads = [threading.Thread(target=client.run, args=(server.uri, until)) for client in everybody]
    for thread in threads:
        thread.start()
    samples = watch(server, until)
    for thread in threads:
        thread.join()
    took = time.monotonic() - began
    questions = {name: [value for client in everybody for value in client.seconds[name]] for name in QUESTIONS}
    third = len(samples) // 3
    return {
        "clients": clients,
        "seconds": round(took, 1),
        "errors": [error for client in everybody for error in client.errors],
        "questions_per_second": round(sum(map(len, questions.values())) / took, 1),
        "server_cpu": round((server.cpu_seconds() - cpu) / took, 2),
        "milliseconds": {
            name: {
                "asked": len(values),
                **{f"p{share}": round(quantile(values, share / 100) * 1000) for share in (50, 95, 99)},
                "max": round(max(values, default=math.nan) * 1000),
            }
            for name, values in {**questions, "all": [v for values in questions.values() for v in values]}.items()
            if values
        },
        "fewest_and_most_per_client": [min(c.asked() for c in everybody), max(c.asked() for c in everybody)],
        "resident_megabytes": {
            "first_third": round(statistics.mean(samples[:third]) / 1e6),
            "last_third": round(statistics.mean(samples[-third:]) / 1e6),
            "highest": round(max(samples) / 1e6),
            "after": round(server.resident_bytes() / 1e6),
        },
        "queries_left_running": server.running_queries(),
        "open_files": server.open_files(),
    }


def main() -> None:
    """Measures and prints."""
    parser = arguments(__doc__)
    parser.add_argument("--clients", type=int, default=64, help="[%(default)s]")
    parser.add_argument("--seconds", type=float, default=60, help="[%(default)s]")
    told = parser.parse_args()
    with served(told) as server:
        figures = measure(server, told.clients, told.seconds)
    figures["errors"], errors = len(figures["errors"]), figures["errors"]
    print(json.dumps(figures, indent=2))
    for text, count in collections.Counter(error[:300] for error in errors).most_common(5):
        print(f"{count} x {text}")
    raise SystemExit(bool(errors))


if __name__ == "__main__":
    main()
