"""The files of a store are everyone's: other Delta readers see each value, with its type."""

from __future__ import annotations

import datetime
import pathlib
import random
import re

import polars
import pytest
from deltalake import DeltaTable

import expectation
from auditlake import Auditlake, binary, store_folder
from cloudtrail import files_of, records_of

SAMPLE = 1_000


@pytest.fixture(scope="module")
def store(tmp_path_factory, logs) -> str:
    """The folder of a store that holds the logs."""
    return loaded(tmp_path_factory.mktemp("open"), logs)[0]


@pytest.fixture(scope="module")
def odd(tmp_path_factory, odd_logs) -> tuple[str, dict]:
    """The folder of a store that holds the odd logs, and what its import said."""
    return loaded(tmp_path_factory.mktemp("odd"), odd_logs, check=None)


def loaded(folder: pathlib.Path, logs: list[pathlib.Path], check: int | None = 0) -> tuple[str, dict]:
    auditlake = Auditlake(binary(), home=folder / "home", lake=str(folder / "lake"))
    auditlake.create_store()
    summary = auditlake.load(*logs, check=check)
    return store_folder(folder / "lake"), summary


def by_deltalake(store: str) -> list[dict]:
    return DeltaTable(store).to_pyarrow_table().to_pylist()


def by_polars(store: str) -> list[dict]:
    return polars.read_delta(store).to_dicts()


@pytest.mark.parametrize("read", [by_deltalake, by_polars])
def test_every_value_of_a_thousand_rows_is_that_of_the_json(store, read):
    rows = read(store)
    assert len(rows) >= SAMPLE
    rows.sort(key=lambda cells: (cells["_sourceObject"], cells["_sourcePosition"]))
    for cells, event in with_events(random.Random(20_260_131).sample(rows, SAMPLE)):
        compare(cells, event)


@pytest.mark.parametrize("read", [by_deltalake, by_polars])
def test_odd_events_are_rebuilt_from_columns_and_remainder(odd, read):
    rows = read(odd[0])
    assert len(rows) == odd[1]["eventsStored"] > 500
    for cells, event in with_events(rows):
        assert expectation.rebuilt(cells) == event


def test_only_events_without_time_and_id_are_in_quarantine(odd, odd_logs):
    events = [event for source in odd_logs for path in files_of(source) for event in records_of(path)]
    neither = [event for event in events if not has_time(event) and not event.get("eventID")]
    assert odd[1]["eventsQuarantined"] == len(neither)
    assert odd[1]["eventsRead"] == len(events)


def has_time(event: dict) -> bool:
    return re.match(r"\d{4}-\d\d-\d\d", str(event.get("eventTime"))) is not None


def with_events(rows: list[dict]):
    """Yields each row with the event that lies at its source position."""
    files = {}
    for cells in rows:
        path = cells["_sourceObject"]
        if path not in files:
            files[path] = records_of(pathlib.Path(path.removeprefix("file://")))
        yield cells, files[path][cells["_sourcePosition"]]


def compare(cells: dict, event: dict) -> None:
    visible = {name: expectation.stored(kind, cells[name]) for name, kind in expectation.COLUMNS.items()}
    assert visible == expectation.row(event)
    assert cells["eventDate"] == (visible["eventTime"].date() if visible["eventTime"] else None)
    assert (cells["_derived"] or "") == ("" if "eventCategory" in event else "eventCategory")
    for name in expectation.promoted_names(cells):
        held = cells[name]
        expected = expectation.promoted(event, name[1:].split("_"))
        if held is not None and not isinstance(expected, str):
            held = expectation.parse(held)
        assert held == expected, name
    assert expectation.rebuilt(cells) == event


def test_the_types_are_those_of_the_schema(store):
    types = {field.name: field.type for field in DeltaTable(store).schema().fields}
    schema = polars.scan_delta(store).collect_schema()
    for name, kind in {**expectation.COLUMNS, **expectation.HIDDEN, "eventDate": "date"}.items():
        assert schema[name] == expectation.polars_type(kind), name
        if isinstance(kind, str):
            assert types[name].type == expectation.DELTA_TYPES.get(kind, kind), name
    promoted = expectation.promoted_names(types)
    assert len(promoted) > 10
    assert {schema[name] for name in promoted} == {polars.String()}
    assert set(types) == {*expectation.COLUMNS, *expectation.HIDDEN, "eventDate", *promoted}


def test_the_table_asks_for_no_special_reader(store):
    protocol = DeltaTable(store).protocol()
    assert (protocol.min_reader_version, protocol.min_writer_version) == (1, 2)


def test_other_readers_prune_by_day_and_statistics(store):
    """A reader that knows only Delta finds the files of one day, and their bounds."""
    table = DeltaTable(store)
    days = {cells["eventDate"] for cells in by_deltalake(store)} - {None}
    day = max(days)
    files = table.file_uris(file_pruning_predicate=f"eventDate = '{day}'")
    assert files and all(f"eventDate={day}" in file for file in files)
    assert len(files) < len(table.file_uris())
    begin = datetime.datetime.combine(day, datetime.time(), datetime.timezone.utc)
    found = polars.scan_delta(store).filter(polars.col("eventTime") >= begin).select("eventID").collect()
    assert found.height == sum(1 for cells in by_deltalake(store) if cells["eventDate"] == day)
