"""Joins, subqueries, set operations and WITH, by SQLite (and multisets by Python), which reads the same text."""
import sqlite3
from collections import Counter

TABLES = """WITH t(k, g, x) AS (VALUES (1, 'a', 10), (2, 'a', 20), (3, 'b', 20), (4, 'b', NULL), (5, NULL, 5), (6, 'c', 40)),
u(k, h, y) AS (VALUES (1, 'a', 1), (1, 'b', 20), (3, 'b', 30), (4, 'd', 4), (7, NULL, 20), (8, 'a', NULL))
"""
DATABASE = sqlite3.connect(":memory:")


def cell(value):
    return "NULL" if value is None else "(empty)" if value == "" else str(value)


def record(rule, types, sql, tables=TABLES):
    rows = DATABASE.execute(tables + sql).fetchall()
    write(rule, types, tables + sql, rows)


def write(rule, types, sql, rows):
    print(f"# Trino: {rule}\nquery {types} rowsort\n{sql}\n----")
    for line in sorted(" | ".join(cell(value) for value in row) for row in rows):
        print(line)
    print()


for kind in ("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"):
    record(f"{kind} on an equality", "IIII", f"SELECT t.k, u.k, x, y FROM t {kind} u ON t.k = u.k")
    record(f"{kind} USING gives the shared column once", "IIII",
           f"SELECT k, x, y, count(*) OVER () FROM t {kind} u USING (k)")
    record(f"{kind} with a further condition in ON", "IITT", f"SELECT t.k, u.k, g, h FROM t {kind} u ON t.k = u.k AND g = h")
    record(f"{kind} NATURAL compares columns of the same name", "ITI", f"SELECT k, h, x FROM t NATURAL {kind} u")
for kind in ("JOIN", "LEFT JOIN"):
    record(f"{kind} on an inequality", "III", f"SELECT t.k, u.k, y FROM t {kind} u ON t.x < u.y")
    record(f"{kind} on BETWEEN and OR", "II", f"SELECT t.k, u.k FROM t {kind} u ON t.x BETWEEN u.y - 5 AND u.y OR t.k = u.y")
record("CROSS JOIN and comma are the same", "II", "SELECT t.k, u.k FROM t CROSS JOIN u WHERE t.x > u.y")
record("a table joined to itself", "II", "SELECT a.k, b.k FROM t a, t b WHERE a.x = b.x AND a.k < b.k")
record("joins bind from left to right", "III",
       "SELECT t.k, u.y, v.k FROM t LEFT JOIN u ON t.k = u.k LEFT JOIN t v ON v.x = u.y")
record("JOIN of derived tables without alias", "TI",
       "SELECT g, n FROM (SELECT g, max(x) AS m FROM t GROUP BY g) JOIN (SELECT y, count(*) AS n FROM u GROUP BY y) ON m = y")

SUBQUERIES = {
    "EXISTS, correlated": ("I", "SELECT k FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.k = t.k)"),
    "NOT EXISTS, correlated": ("I", "SELECT k FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.k = t.k)"),
    "EXISTS on an inequality": ("I", "SELECT k FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.y > t.x)"),
    "EXISTS over groups": ("I", "SELECT k FROM t WHERE EXISTS (SELECT h FROM u WHERE u.k = t.k GROUP BY h HAVING count(*) = 1)"),
    "EXISTS in OR": ("I", "SELECT k FROM t WHERE g = 'c' OR EXISTS (SELECT 1 FROM u WHERE u.k = t.k AND u.h = t.g)"),
    "EXISTS in a SELECT list": ("II", "SELECT k, CASE WHEN EXISTS (SELECT 1 FROM u WHERE u.y > t.x) THEN 1 ELSE 0 END FROM t"),
    "EXISTS inside of EXISTS": ("I", "SELECT k FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.k = t.k AND EXISTS (SELECT 1 FROM t v WHERE v.x = u.y AND v.k <> t.k))"),
    "IN": ("I", "SELECT k FROM t WHERE x IN (SELECT y FROM u)"),
    "NOT IN with NULL in the list finds nothing": ("I", "SELECT k FROM t WHERE x NOT IN (SELECT y FROM u)"),
    "NOT IN without NULL": ("I", "SELECT k FROM t WHERE x NOT IN (SELECT y FROM u WHERE y IS NOT NULL)"),
    "NOT IN of an empty list is true": ("I", "SELECT k FROM t WHERE x NOT IN (SELECT y FROM u WHERE k > 99)"),
    "IN, correlated": ("I", "SELECT k FROM t WHERE x IN (SELECT y FROM u WHERE u.k <> t.k)"),
    "IN, nested": ("I", "SELECT k FROM t WHERE k IN (SELECT k FROM u WHERE y IN (SELECT x FROM t WHERE g = 'a'))"),
    "IN in CASE": ("II", "SELECT k, CASE WHEN k IN (SELECT k FROM u) THEN 1 ELSE 0 END FROM t"),
    "IN is NULL where it is not known": ("II", "SELECT k, CASE WHEN x IN (SELECT y FROM u) IS NULL THEN 1 ELSE 0 END FROM t"),
    "IN with rows": ("I", "SELECT k FROM t WHERE (k, g) IN (SELECT k, h FROM u)"),
    "NOT IN with rows": ("I", "SELECT k FROM t WHERE (k, g) NOT IN (SELECT k, h FROM u)"),
    "IN with rows, correlated": ("I", "SELECT k FROM t WHERE (k, 20) IN (SELECT u.k, u.y FROM u WHERE u.h <> t.g)"),
    "scalar": ("II", "SELECT k, (SELECT max(y) FROM u) FROM t"),
    "scalar, correlated by equality": ("II", "SELECT k, (SELECT max(y) FROM u WHERE u.k = t.k) FROM t"),
    "count of nothing is zero": ("II", "SELECT k, (SELECT count(*) FROM u WHERE u.k = t.k) FROM t"),
    "count on an inequality": ("II", "SELECT k, (SELECT count(*) FROM u WHERE u.y < t.x) FROM t"),
    "count plus one of nothing": ("II", "SELECT k, (SELECT count(y) + 1 FROM u WHERE u.k = t.k AND u.y > t.x) FROM t"),
    "sum of nothing is NULL": ("II", "SELECT k, (SELECT sum(y) FROM u WHERE u.y < t.x) FROM t"),
    "scalar in WHERE": ("I", "SELECT k FROM t WHERE x > (SELECT avg(v.x) FROM t v WHERE v.g = t.g)"),
    "scalar with ORDER BY and LIMIT": ("II", "SELECT k, (SELECT y FROM u WHERE u.k >= t.k AND y IS NOT NULL ORDER BY u.k, y LIMIT 1) FROM t"),
    "scalar with OFFSET": ("II", "SELECT k, (SELECT y FROM u WHERE y > t.x ORDER BY y DESC LIMIT 1 OFFSET 1) FROM t"),
    "scalar over DISTINCT": ("II", "SELECT k, (SELECT count(*) FROM (SELECT DISTINCT y FROM u WHERE y >= t.x) q) FROM t"),
    "scalar over a window": ("II", "SELECT k, (SELECT max(n) FROM (SELECT row_number() OVER (PARTITION BY y ORDER BY k) AS n FROM u WHERE y >= t.x) q) FROM t"),
    "scalar over UNION ALL": ("II", "SELECT k, (SELECT sum(y) FROM (SELECT y FROM u WHERE u.k = t.k UNION ALL SELECT t.x) q) FROM t"),
    "scalar over a join": ("II", "SELECT k, (SELECT count(*) FROM u JOIN t v ON u.y = v.x AND v.k > t.k) FROM t"),
    "scalar over a LEFT JOIN": ("II", "SELECT k, (SELECT count(*) FROM u LEFT JOIN t v ON u.y = v.x AND v.k > t.k WHERE v.k IS NULL) FROM t"),
    "scalar over a FULL JOIN": ("II", "SELECT k, (SELECT count(*) FROM u FULL JOIN t v ON u.y = v.x AND v.k > t.k) FROM t"),
    "scalar over groups": ("II", "SELECT k, (SELECT max(n) FROM (SELECT count(*) AS n FROM u WHERE u.k <= t.k GROUP BY h) q) FROM t"),
    "two scalars in one item": ("II", "SELECT k, (SELECT count(*) FROM u WHERE y > x) - (SELECT count(*) FROM u WHERE y < x) FROM t"),
    "scalar inside of a scalar": ("II", "SELECT k, (SELECT max(y + (SELECT count(*) FROM t v WHERE v.x > u.y AND v.k <> t.k)) FROM u WHERE u.k <= t.k) FROM t"),
    "scalar without FROM": ("II", "SELECT k, (SELECT x + 1) FROM t"),
    "scalar in GROUP BY query": ("TI", "SELECT g, (SELECT count(*) FROM u WHERE u.h = t.g) FROM t GROUP BY g"),
    "scalar in HAVING": ("T", "SELECT g FROM t GROUP BY g HAVING count(*) > (SELECT count(*) FROM u WHERE u.h = t.g)"),
    "correlated in ORDER BY of a limit": ("I", "SELECT k FROM t WHERE k IN (SELECT u.k FROM u WHERE u.y >= t.x ORDER BY u.y LIMIT 2)"),
    "the nearer name counts": ("I", "SELECT k FROM t WHERE EXISTS (SELECT 1 FROM u WHERE k = 7)"),
}
for rule, (types, sql) in SUBQUERIES.items():
    record(f"subquery: {rule}", types, sql)

for operation in ("UNION", "UNION ALL", "INTERSECT", "EXCEPT"):
    record(f"{operation} takes NULLs for equal", "I", f"SELECT x FROM t {operation} SELECT y FROM u")
    record(f"{operation} compares whole rows", "IT", f"SELECT k, g FROM t {operation} SELECT k, h FROM u")
T = [(10,), (20,), (20,), (None,), (5,), (40,)]
U = [(1,), (20,), (30,), (4,), (20,), (None,)]
for name, rows in (("EXCEPT ALL", Counter(T + T) - Counter(U)), ("INTERSECT ALL", Counter(T + T) & Counter(U + U))):
    right = "SELECT y FROM u" if name == "EXCEPT ALL" else "(SELECT y FROM u UNION ALL SELECT y FROM u)"
    write(f"{name} counts equal rows", "I", f"{TABLES}(SELECT x FROM t UNION ALL SELECT x FROM t) {name} {right}", list(rows.elements()))
record("a set operation below another, in a derived table", "II",
       "SELECT v, count(*) FROM (SELECT x AS v FROM t UNION ALL SELECT y FROM u) q GROUP BY v")
record("VALUES in a derived table", "IT", "SELECT a, b FROM (SELECT 1 AS a, 'x' AS b UNION ALL SELECT 2, 'y') q WHERE a > 1")
record("WITH used twice", "II", "SELECT a.k, b.k FROM q a JOIN q b ON a.k = b.k + 1",
       TABLES.rstrip() + ", q AS (SELECT k FROM t WHERE x > 5)\n")
record("WITH RECURSIVE counts", "I", "SELECT n FROM r", "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 6)\n")
record("WITH RECURSIVE walks a tree", "IT",
       "SELECT depth, name FROM walk",
       "WITH RECURSIVE tree(name, parent) AS (VALUES ('root', NULL), ('a', 'root'), ('b', 'root'), ('c', 'a'), ('d', 'c')),\n"
       "walk(name, depth) AS (SELECT name, 0 FROM tree WHERE parent IS NULL UNION ALL\n"
       "SELECT tree.name, walk.depth + 1 FROM tree JOIN walk ON tree.parent = walk.name)\n")
