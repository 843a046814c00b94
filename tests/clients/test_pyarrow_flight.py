"""pyarrow.flight: the C++ client, by hand. Also what no friendlier client lets one send: foreign tickets, odd bytes."""

from __future__ import annotations

import random
import threading

import pyarrow
import pytest
from pyarrow import flight

from flight_sql import METADATA, command, field, fields, statement
from serving import MILLION, NARROW_PASSWORD, NARROW_USER, PASSWORD, USER

# What a client may be told about a request that makes no sense.
NONSENSE = (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError, pyarrow.ArrowKeyError)


class Client:
    """A client that has logged in."""

    def __init__(self, service, user=USER, password=PASSWORD):
        self.client = flight.FlightClient(service.uri)
        self.headers = [self.client.authenticate_basic_token(user, password)]
        self.options = flight.FlightCallOptions(headers=self.headers)

    def info(self, sql: str) -> flight.FlightInfo:
        """Asks for a query."""
        return self.client.get_flight_info(flight.FlightDescriptor.for_command(statement(sql)), self.options)

    def reader(self, info: flight.FlightInfo) -> flight.FlightStreamReader:
        """Opens the result of a query."""
        (endpoint,) = info.endpoints
        return self.client.do_get(endpoint.ticket, self.options)

    def table(self, sql: str) -> pyarrow.Table:
        """Returns the result of a query."""
        return self.reader(self.info(sql)).read_all()

    def action(self, kind: str, body: bytes) -> list[bytes]:
        """Calls an action and returns its answers."""
        return [answer.body.to_pybytes() for answer in self.client.do_action((kind, body), self.options)]


@pytest.fixture
def client(service) -> Client:
    """A client of `alice`."""
    return Client(service)


def test_basic_authentication_gives_a_bearer_token(service):
    client = flight.FlightClient(service.uri)
    name, value = client.authenticate_basic_token(USER, PASSWORD)
    assert name.lower() == b"authorization"
    assert value.startswith(b"Bearer ")
    assert PASSWORD.encode() not in value
    for user, password in [(USER, "wrong"), ("nobody", PASSWORD), ("", "")]:
        with pytest.raises(flight.FlightUnauthenticatedError):
            client.authenticate_basic_token(user, password)


def test_an_api_token_is_a_password_and_a_bearer_token(service):
    assert Client(service, USER, service.token).table("SELECT 1 AS a").to_pylist() == [{"a": 1}]
    client = Client(service)
    client.options = flight.FlightCallOptions(headers=[(b"authorization", f"Bearer {service.token}".encode())])
    assert client.table("SELECT 1 AS a").to_pylist() == [{"a": 1}]


@pytest.mark.parametrize(
    "headers", [[], [(b"authorization", b"Bearer x")], [(b"authorization", b"Basic %%%")]], ids=str
)
def test_every_call_wants_credentials_before_it_reads_a_byte(service, headers):
    client = flight.FlightClient(service.uri)
    options = flight.FlightCallOptions(headers=headers, timeout=10)
    descriptor = flight.FlightDescriptor.for_command(b"\xff\xff not a message")

    def put() -> None:
        writer, reader = client.do_put(descriptor, pyarrow.schema([("a", pyarrow.int64())]), options)
        writer.done_writing()
        reader.read()
        writer.close()

    def exchange() -> None:
        writer, reader = client.do_exchange(descriptor, options)
        writer.done_writing()
        reader.read_chunk()

    calls = {
        "GetFlightInfo": lambda: client.get_flight_info(descriptor, options),
        "GetSchema": lambda: client.get_schema(descriptor, options),
        "DoGet": lambda: client.do_get(flight.Ticket(b"\xff"), options).read_all(),
        "DoPut": put,
        "DoExchange": exchange,
        "DoAction": lambda: list(client.do_action(("no action", b"\xff"), options)),
        "ListActions": lambda: list(client.list_actions(options)),
        "ListFlights": lambda: list(client.list_flights(b"\xff", options)),
    }
    for name, call in calls.items():
        # pyarrow makes an OSError of what GetSchema is answered.
        with pytest.raises((flight.FlightUnauthenticatedError, OSError), match="unauthenticated"):
            call()
            pytest.fail(f"{name} answered")


def test_an_info_has_one_endpoint_here_and_says_nothing_it_does_not_know(client):
    info = client.info("SELECT eventName, count(*) AS n FROM trail GROUP BY 1")
    assert len(info.endpoints) == 1
    assert info.endpoints[0].locations == []
    assert (info.total_records, info.total_bytes) == (-1, -1)
    assert info.descriptor.command == statement("SELECT eventName, count(*) AS n FROM trail GROUP BY 1")
    assert info.schema.equals(client.reader(info).read_all().schema, check_metadata=True)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM trail LIMIT 3",
        "SELECT * FROM trail LIMIT 0",
        "SELECT count(*) AS n, min(eventTime) AS first, avg(length(eventName)) AS mean FROM trail",
        "SELECT NULL AS nothing, 1 AS one, 1.5 AS more, 'x' AS text, true AS truth, DATE '2024-01-01' AS day",
        "SELECT CAST(1 AS SMALLINT) AS small, CAST(1.5 AS DECIMAL(10, 2)) AS money, CAST(1 AS REAL) AS real",
        "SELECT eventName FROM trail UNION ALL SELECT NULL LIMIT 3",
        "SELECT userIdentity.sessionContext.attributes AS nested, resources FROM trail LIMIT 3",
        "SELECT date_trunc('day', eventTime) AS day, coalesce(errorCode, 'none') AS code FROM trail LIMIT 3",
        "SHOW TABLES",
        "DESCRIBE trail",
        "EXPLAIN SELECT 1",
        "SELECT * FROM system.queries LIMIT 1",
        "SELECT * FROM information_schema.columns LIMIT 1",
    ],
)
def test_all_places_give_the_same_schema(client, sql):
    info = client.info(sql)
    answered = client.client.get_schema(flight.FlightDescriptor.for_command(statement(sql)), client.options).schema
    table = client.reader(info).read_all()
    assert info.schema.equals(answered, check_metadata=True)
    assert info.schema.equals(table.schema, check_metadata=True)
    assert all(field.nullable for field in info.schema)
    assert not info.schema.metadata
    table.validate(full=True)


@pytest.mark.parametrize("name", METADATA)
def test_metadata_commands_give_the_same_schema_too(client, name):
    descriptor = flight.FlightDescriptor.for_command(command(name, *METADATA[name]))
    info = client.client.get_flight_info(descriptor, client.options)
    assert info.schema.equals(client.client.get_schema(descriptor, client.options).schema)
    table = client.reader(info).read_all()
    assert table.schema.equals(info.schema)
    assert (table.num_rows == 0) == name.endswith(("Keys", "CrossReference"))
    table.validate(full=True)


def test_schemas_of_tables_are_messages_that_arrow_reads(client):
    descriptor = flight.FlightDescriptor.for_command(command("CommandGetTables", field(5, 1)))
    listed = client.reader(client.client.get_flight_info(descriptor, client.options)).read_all().to_pylist()
    by_name = {(table["db_schema_name"], table["table_name"]): table for table in listed}
    assert {("lake", "trail"), ("lake", "odd"), ("system", "queries")} <= set(by_name)
    assert listed == sorted(listed, key=lambda t: (t["catalog_name"], t["db_schema_name"], t["table_name"]))
    for (schema, name), table in by_name.items():
        described = pyarrow.ipc.open_stream(table["table_schema"]).schema
        columns = ", ".join(f'"{column}"' for column in described.names)
        selected = client.info(f'SELECT {columns} FROM {schema}."{name}"').schema
        assert [(field.name, field.type) for field in described] == [(field.name, field.type) for field in selected]


def test_sql_info_gives_what_was_asked_and_no_more(client):
    def info(*codes: int) -> dict:
        asked = command("CommandGetSqlInfo", *(field(1, code) for code in codes))
        found = client.client.get_flight_info(flight.FlightDescriptor.for_command(asked), client.options)
        return {row["info_name"]: row["value"] for row in client.reader(found).read_all().to_pylist()}

    everything = info()
    assert {0, 1, 2, 3, 4, 5, 8, 9, 500, 503, 504, 505, 507, 508, 517, 522, 526, 531, 541, 562} <= set(everything)
    assert (everything[503], everything[504], everything[505], everything[507]) == (1, '"', 1, 3)
    assert (everything[3], everything[8]) == (True, 0)
    assert info(0, 2, 3, 504) == {code: everything[code] for code in (0, 2, 3, 504)}
    assert info(8, 99_999) == {8: 0}


def test_flights_and_actions_can_be_listed(client):
    actions = {action.type for action in client.client.list_actions(client.options)}
    assert {"CreatePreparedStatement", "ClosePreparedStatement", "CancelFlightInfo"} <= actions
    assert not {"BeginTransaction", "EndTransaction", "BeginSavepoint", "EndSavepoint"} & actions
    for info in client.client.list_flights(b"", client.options):
        assert len(info.schema) > 0


def test_a_result_can_be_read_again(client):
    info = client.info("SELECT count(*) AS n FROM trail")
    assert client.reader(info).read_all() == client.reader(info).read_all()


def test_an_info_that_was_shipped_elsewhere_is_as_good(service, client):
    shipped = client.info("SELECT count(*) AS n FROM trail").serialize()
    elsewhere = Client(service)
    assert elsewhere.reader(flight.FlightInfo.deserialize(shipped)).read_all().num_rows == 1


def test_a_ticket_belongs_to_whom_it_was_given(service, client):
    info = client.info("SELECT count(*) AS n FROM trail")
    with pytest.raises(flight.FlightUnauthorizedError):
        Client(service, NARROW_USER, NARROW_PASSWORD).reader(info).read_all()


def test_altered_and_foreign_tickets_are_refused(client):
    good = client.info("SELECT count(*) AS n FROM trail").endpoints[0].ticket.ticket
    chance = random.Random(7)
    tickets = [b"", b"\x00", b"hello", good[:-1], good[1:], good + b"x", bytes(len(good)), b"\xff" * 100_000]
    for at in chance.sample(range(len(good)), min(60, len(good))):
        tickets.append(good[:at] + bytes([good[at] ^ 1 << chance.randrange(8)]) + good[at + 1 :])
    for ticket in tickets:
        with pytest.raises((*NONSENSE, flight.FlightUnauthenticatedError, flight.FlightUnauthorizedError)):
            client.client.do_get(flight.Ticket(ticket), client.options).read_all()
            pytest.fail(f"was taken: {ticket[:200]!r}")
    assert client.table("SELECT 1 AS a").num_rows == 1


@pytest.mark.parametrize(
    "asked",
    [
        b"",
        b"\xff",
        b"SELECT 1",
        command("CommandNoSuchThing"),
        command("CommandStatementQuery"),
        command("CommandStatementQuery", b"\xff\xff"),
        command("CommandPreparedStatementQuery", field(1, b"no handle")),
        command("CommandStatementSubstraitPlan", field(1, b"")),
        command("CommandStatementUpdate", field(1, "DROP TABLE trail")),
        command("CommandStatementQuery", field(1, "SELECT 1"), field(2, b"a transaction")) + b"\x08",
        field(1, "type.googleapis.com/google.protobuf.Empty") + field(2, b""),
    ],
    ids=lambda asked: str(asked[:60]),
)
def test_odd_commands_get_a_clear_answer(client, asked):
    descriptor = flight.FlightDescriptor.for_command(asked)
    for call in (client.client.get_flight_info, client.client.get_schema):
        with pytest.raises((*NONSENSE, flight.FlightUnauthorizedError, OSError), match="request: "):
            call(descriptor, client.options)


def test_odd_actions_get_a_clear_answer(client):
    for kind in ["", "NoSuchAction", "CreatePreparedSubstraitPlan", "BeginTransaction", "EndSavepoint"]:
        with pytest.raises(NONSENSE):
            client.action(kind, b"")
    for kind in ["CreatePreparedStatement", "CancelFlightInfo", "CancelQuery", "SetSessionOptions"]:
        with pytest.raises(NONSENSE):
            client.action(kind, b"\xff\xff\xff")


@pytest.mark.parametrize("kind", ["CommandStatementUpdate", "CommandStatementIngest", "CommandPreparedStatementUpdate"])
def test_nothing_is_written_however_much_is_sent(client, kind):
    asked = flight.FlightDescriptor.for_command(command(kind, field(1, "DELETE FROM trail")))
    batch = pyarrow.record_batch({"a": ["x" * 1000] * 1000})
    with pytest.raises((flight.FlightUnauthorizedError, *NONSENSE)):
        writer, reader = client.client.do_put(asked, batch.schema, client.options)
        for _ in range(20):
            writer.write_batch(batch)
        writer.done_writing()
        reader.read()
        writer.close()
    assert client.table("SELECT 1 AS a").num_rows == 1


def test_errors_have_their_class(client):
    for sql, kind in [
        ("SELEC", pyarrow.ArrowInvalid),
        ("SELECT evntName FROM trail", pyarrow.ArrowInvalid),
        ("SELECT 1 FROM trial", pyarrow.ArrowKeyError),
        ("SELECT CAST(eventName AS BIGINT) AS n FROM trail", pyarrow.ArrowInvalid),
    ]:
        with pytest.raises(kind):
            client.table(sql)
    with pytest.raises(pyarrow.ArrowInvalid, match="eventName"):
        client.table("SELECT evntName FROM trail")


def test_a_million_rows_stream_and_none_are_empty_batches(service, client):
    read = 0
    for chunk in client.reader(client.info(service.million)):
        assert chunk.data.num_rows > 0
        read += chunk.data.num_rows
    assert read == len(service.events) * service.copies


def test_a_reader_that_cancels_stops_the_query(service, client):
    service.server.wait_for_queries(0)
    reader = client.reader(client.info(service.million.replace(str(service.copies), str(service.copies * 1000))))
    reader.read_chunk()
    service.server.wait_for_queries(1)
    reader.cancel()
    service.server.wait_for_queries(0)


def test_a_flight_is_cancelled_by_its_info(service, client):
    service.server.wait_for_queries(0)
    info = client.info(service.endless)
    ended = {}

    def read() -> None:
        try:
            # `read_all` would turn the cancellation into Ctrl-C.
            client.reader(info).read_chunk()
        except flight.FlightError as error:
            ended["error"] = error

    thread = threading.Thread(target=read)
    thread.start()
    service.server.wait_for_queries(1)
    (answer,) = Client(service).action("CancelFlightInfo", field(1, info.serialize()))
    assert fields(answer)[1] in (1, 2)
    thread.join(5)
    assert isinstance(ended["error"], flight.FlightCancelledError)
    service.server.wait_for_queries(0)


def test_nobody_cancels_the_query_of_another(service, client):
    info = client.info(service.million)
    reader = client.reader(info)
    reader.read_chunk()
    with pytest.raises((flight.FlightUnauthorizedError, *NONSENSE)):
        Client(service, NARROW_USER, NARROW_PASSWORD).action("CancelFlightInfo", field(1, info.serialize()))
    assert sum(chunk.data.num_rows for chunk in reader) > MILLION // 2


def test_a_deadline_ends_the_query(service, client):
    ticket = client.info(service.endless).endpoints[0].ticket
    hurried = flight.FlightCallOptions(headers=client.headers, timeout=1)
    with pytest.raises(flight.FlightTimedOutError):
        client.client.do_get(ticket, hurried).read_chunk()
    service.server.wait_for_queries(0)
