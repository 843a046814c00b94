"""Tests of the harness itself: would it see a wrong answer, and only a wrong one?"""

from __future__ import annotations

import datetime

import pyarrow
import pytest

import goals
import literals
from answers import Answer, difference, plain
from engines import ENGINES
from measuring import limit_of
from queries import QUERIES, Query

ANY_ORDER = Query("test", "any", "", rows="all")
ORDERED = Query("test", "ordered", "")
LATEST = Query("test", "latest", "", rows="at")
ROUGH = Query("test", "rough", "", rows="all", about=("n",))


def answer(columns: str, *rows: tuple) -> Answer:
    """Returns an answer with named columns."""
    return Answer(columns.split(), list(rows))


def test_instants_of_all_types_are_the_same():
    zoned = datetime.datetime(2026, 1, 2, 3, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))
    bare = datetime.datetime(2026, 1, 2, 2)
    assert plain(zoned) == plain(bare) == plain("2026-01-02 02:00:00.000") == plain("2026-01-02T02:00:00Z")


def test_json_and_structs_are_the_same_without_what_is_empty():
    assert plain('{"b": 1, "a": {"n": null}, "c": []}') == plain({"b": 1, "c": None}) == (("b", 1),)


def test_numbers_of_all_types_are_the_same():
    assert plain(2.0) == plain(2) and plain(1 / 3) == plain(0.33333333333)


def test_a_table_is_read_by_columns():
    table = pyarrow.table({"Name": ["a"], "n": [1]})
    assert Answer.of(table) == answer("name n", ("a", 1))


@pytest.mark.parametrize("query", [ANY_ORDER, ORDERED])
def test_a_wrong_value_is_seen(query):
    told = difference(query, answer("k n", ("a", 1), ("b", 2)), answer("k n", ("a", 1), ("b", 3)), None)
    assert "n: 2 | 3" in told


def test_of_nested_values_the_members_that_differ_are_told():
    one, other = plain({"a": {"b": 1, "c": 2}}), plain({"a": {"b": 1, "d": 3}})
    told = difference(ANY_ORDER, answer("k", (one,)), answer("k", (other,)), None)
    assert told.splitlines()[1] == "k.a.c: 2 | None; k.a.d: None | 3"


def test_a_row_that_comes_twice_is_seen():
    told = difference(ANY_ORDER, answer("k", ("a",), ("a",)), answer("k", ("a",), ("b",)), None)
    assert told.startswith("1 rows only in the first, 1 only in the second")


def test_order_counts_where_it_is_asked_for():
    left, right = answer("k", ("a",), ("b",)), answer("k", ("b",), ("a",))
    assert difference(ANY_ORDER, left, right, None) is None
    assert difference(ORDERED, left, right, None) == "the same rows in another order"


def test_rows_that_tie_at_the_limit_may_differ():
    left, right = answer("at k", (2, "a"), (1, "b")), answer("at k", (2, "a"), (1, "c"))
    assert difference(LATEST, left, right, 2) is None
    # Below the limit nothing was cut.
    assert difference(LATEST, left, right, 3) is not None


def test_the_order_of_the_latest_counts():
    told = difference(LATEST, answer("at k", (1, "a"), (2, "b")), answer("at k", (2, "b"), (1, "a")), None)
    assert told.startswith("another order of at")


def test_missing_columns_and_rows_are_seen():
    assert difference(ANY_ORDER, answer("k", ("a",)), answer("other", ("a",)), None).startswith("columns")
    assert difference(ANY_ORDER, answer("k", ("a",)), answer("k"), None).startswith("1 and 0 rows")


def test_estimates_may_be_a_little_off():
    exact = answer("k n", ("a", 1000))
    assert difference(ROUGH, answer("k n", ("a", 1030)), exact, None, error=0.05) is None
    assert difference(ROUGH, answer("k n", ("a", 1200)), exact, None, error=0.05) is not None


EVENT = {
    "eventTime": "2026-01-02T03:04:05Z",
    "eventID": "1",
    "eventName": "GetObject",
    "eventSource": "s3.amazonaws.com",
    "userIdentity": {"arn": "arn:aws:iam::1:user/a", "accessKeyId": "AKIA"},
    "requestParameters": {"bucketName": "b", "key": "k"},
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.full_name)
def test_every_query_can_be_written_for_every_engine(engine, query):
    pools = literals.pools([EVENT])
    for run in range(literals.NEEDED):
        sql = ENGINES[engine].dialect.fill(query.sql, {name: pool[run] for name, pool in pools.items()})
        assert "{" not in sql
        assert query.rows in ("all", "ordered") or limit_of(sql)


def test_names_are_unique_and_there_are_thirty():
    assert len({query.full_name for query in QUERIES}) == len(QUERIES) == 30


def test_pools_are_as_long_as_runs_need():
    assert {len(pool) for pool in literals.pools([EVENT]).values()} == {literals.NEEDED}


def test_goals_without_figures_are_not_judged():
    assert {goal.met for goal in goals.all_of({})} == {None}


def test_a_goal_is_judged():
    imports = [
        {"engine": "auditlake", "step": "import", "seconds": 3.0, "peak_bytes": 5e8},
        {"engine": "chdb", "step": "parquet", "seconds": 7.0, "peak_bytes": 1e9},
    ]
    judged = {goal.what: goal.met for goal in goals.all_of({"S": {"imports": imports}})}
    assert judged["import S / ClickHouse's plain Parquet"] is True
    assert judged["import S / DuckDB's native table"] is None
