"""Window functions and their frames, by SQLite, which reads the same text."""
import sqlite3

TABLES = """WITH t(k, g, x) AS (VALUES (1, 'a', 10), (2, 'a', 20), (3, 'b', 20), (4, 'b', NULL), (5, 'a', 20), (6, 'c', 40), (7, 'b', 5))
"""
DATABASE = sqlite3.connect(":memory:")


def java(value):
    if value == int(value) and abs(value) < 1e7:
        return f"{int(value)}.0"
    return repr(value)


def cell(value):
    if value is None:
        return "NULL"
    return java(value) if isinstance(value, float) else str(value)


def record(rule, types, sql):
    rows = DATABASE.execute(TABLES + sql).fetchall()
    print(f"# Trino: {rule}\nquery {types}\n{TABLES}{sql}\n----")
    for row in rows:
        print(" | ".join(cell(value) for value in row))
    print()


BOUNDS = ["UNBOUNDED PRECEDING AND CURRENT ROW", "1 PRECEDING AND 1 FOLLOWING", "CURRENT ROW AND UNBOUNDED FOLLOWING",
          "2 PRECEDING AND 1 PRECEDING", "UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"]
for unit in ("ROWS", "RANGE", "GROUPS"):
    for bounds in BOUNDS:
        order = "k" if unit == "ROWS" else "x NULLS LAST"
        where = "" if unit != "RANGE" or not any(c.isdigit() for c in bounds) else " WHERE x IS NOT NULL"
        record(f"frame {unit} BETWEEN {bounds}", "III",
               f"SELECT k, sum(k) OVER (ORDER BY {order} {unit} BETWEEN {bounds}), count(x) OVER (ORDER BY {order} {unit} BETWEEN {bounds}) FROM t{where} ORDER BY k")
for function in ("row_number()", "rank()", "dense_rank()", "ntile(3)"):
    order = "x DESC NULLS LAST, k" if function in ("row_number()", "ntile(3)") else "x DESC NULLS LAST"
    record(f"{function} counts in the order of its window", "II", f"SELECT k, {function} OVER (ORDER BY {order}) FROM t ORDER BY k")
    record(f"{function} starts anew in each partition", "TII",
           f"SELECT g, k, {function} OVER (PARTITION BY g ORDER BY {order}) FROM t ORDER BY g, k")
for function in ("percent_rank()", "cume_dist()"):
    record(f"{function} is a share of the partition", "IR", f"SELECT k, {function} OVER (ORDER BY x NULLS LAST) FROM t ORDER BY k")
for call in ("lag(x)", "lag(x, 2)", "lag(x, 1, -1)", "lead(x)", "lead(x, 2, 0)", "first_value(x)", "last_value(x)", "nth_value(x, 2)"):
    record(f"{call} reads another row of the frame or partition", "II", f"SELECT k, {call} OVER (ORDER BY k) FROM t ORDER BY k")
for call in ("min(x)", "max(x)", "count(*)", "avg(x)", "sum(x) FILTER (WHERE g <> 'a')"):
    types = "TIR" if call.startswith("avg") else "TII"
    record(f"{call} over a partition", types, f"SELECT g, k, {call} OVER (PARTITION BY g) FROM t ORDER BY g, k")
record("an empty OVER is all rows", "II", "SELECT k, sum(x) OVER () FROM t ORDER BY k")
record("a named window", "III", "SELECT k, sum(x) OVER w, rank() OVER w FROM t WINDOW w AS (PARTITION BY g ORDER BY x NULLS LAST) ORDER BY k")
record("a window over groups", "TII", "SELECT g, sum(x), rank() OVER (ORDER BY sum(x) DESC NULLS LAST) FROM t GROUP BY g ORDER BY g")
record("the sum of sums", "TI", "SELECT g, sum(sum(x)) OVER (ORDER BY g) FROM t GROUP BY g ORDER BY g")
record("a window is computed before LIMIT", "II", "SELECT k, count(*) OVER () FROM t ORDER BY k LIMIT 2")
record("a window is computed after WHERE", "II", "SELECT k, count(*) OVER () FROM t WHERE g = 'a' ORDER BY k")
record("the best of each group", "TI", "SELECT g, k FROM (SELECT g, k, row_number() OVER (PARTITION BY g ORDER BY x DESC NULLS LAST, k) AS n FROM t) q WHERE n = 1 ORDER BY g")
record("windows in expressions", "IR", "SELECT k, 100.0 * k / sum(k) OVER () FROM t WHERE k IN (1, 2, 5) ORDER BY k")
