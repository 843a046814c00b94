"""One client reads large results: how fast do they stream, and how soon does the first batch come?

pyarrow's C++ client reads and throws away; client and server share the machine.
"""

from __future__ import annotations

import json
import statistics
import time

from pyarrow import flight

from bench_lake import PASSWORD, USER, arguments, served
from flight_sql import statement

# `{copies}` is how often an event comes. The series stands first: each of its numbers joins whole batches of events.
QUERIES = {
    "narrow": "SELECT eventTime, eventName, eventID, n FROM generate_series(1, {copies}) AS s(n) CROSS JOIN trail",
    "wide": (
        "SELECT eventTime, eventName, eventSource, eventID, requestID, awsRegion, sourceIPAddress, userAgent, n "
        "FROM generate_series(1, {copies}) AS s(n) CROSS JOIN trail"
    ),
    "scan": "SELECT eventTime, eventName, eventSource, eventID, awsRegion, sourceIPAddress, userAgent FROM trail",
}


class Reader:
    """A client that has logged in."""

    def __init__(self, uri: str):
        self.client = flight.FlightClient(uri)
        self.options = flight.FlightCallOptions(headers=[self.client.authenticate_basic_token(USER, PASSWORD)])

    def read(self, sql: str) -> dict:
        """Reads a result and returns the figures."""
        began = time.monotonic()
        info = self.client.get_flight_info(flight.FlightDescriptor.for_command(statement(sql)), self.options)
        planned = time.monotonic()
        reader = self.client.do_get(info.endpoints[0].ticket, self.options)
        first, rows, size, batches = None, 0, 0, 0
        for chunk in reader:
            first = first or time.monotonic()
            rows, size, batches = rows + chunk.data.num_rows, size + chunk.data.nbytes, batches + 1
        ended = time.monotonic()
        return {
            "rows": rows,
            "megabytes": round(size / 1e6),
            "batches": batches,
            "planning_ms": round((planned - began) * 1000, 1),
            "first_batch_ms": round((first - planned) * 1000, 1),
            "seconds": round(ended - planned, 2),
            "megabytes_per_second": round(size / 1e6 / (ended - planned)),
        }


def main() -> None:
    """Measures and prints: the median of some rounds, by throughput, and the server's memory."""
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="[%(default)s]")
    parser.add_argument("--rows", type=int, default=5_000_000, help="[%(default)s]")
    told = parser.parse_args()
    copies = max(1, round(told.rows / told.events))
    figures = {}
    with served(told) as server:
        reader = Reader(server.uri)
        for name, sql in QUERIES.items():
            reader.read(sql.format(copies=1))
            rounds = [reader.read(sql.format(copies=copies)) for _ in range(told.rounds)]
            median = statistics.median_low(figure["megabytes_per_second"] for figure in rounds)
            figures[name] = next(figure for figure in rounds if figure["megabytes_per_second"] == median)
            figures[name]["resident_megabytes"] = round(server.resident_bytes() / 1e6)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
