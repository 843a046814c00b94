"""GROUP BY with sets of keys, HAVING and DISTINCT, by Python."""
from itertools import combinations

ROWS = [("a", "x", 1), ("a", "x", 2), ("a", "y", 3), ("b", "x", 4), ("b", None, 5), (None, "y", None), (None, None, 7)]
KEYS = ("g", "h")
VALUES = ", ".join("(" + ", ".join("NULL" if v is None else f"'{v}'" if isinstance(v, str) else str(v) for v in row) + ")" for row in ROWS)
TABLE = f"(VALUES {VALUES}) AS t(g, h, x)"


def cell(value):
    return "NULL" if value is None else str(value)


def groups(sets):
    """Rows of GROUP BY GROUPING SETS: keys, grouping(g, h), count(*), count(x), sum(x), min(x), max(x)."""
    for keys in sets:
        found = {}
        for row in ROWS:
            key = tuple(row[KEYS.index(k)] if k in keys else None for k in KEYS)
            found.setdefault(key, []).append(row[2])
        if not keys and not found:
            found[(None, None)] = []
        mask = sum(bit for k, bit in (("g", 2), ("h", 1)) if k not in keys)
        for key, values in found.items():
            known = [v for v in values if v is not None]
            yield (*key, mask, len(values), len(known), sum(known) if known else None,
                   min(known, default=None), max(known, default=None))


def record(rule, sets, clause):
    print(f"# Trino: {rule}\nquery TTIIIIII rowsort")
    print(f"SELECT g, h, grouping(g, h), count(*), count(x), sum(x), min(x), max(x) FROM {TABLE} GROUP BY {clause}\n----")
    print("\n".join(sorted(" | ".join(map(cell, row)) for row in groups(sets))) + "\n")


GH, G, H, NONE = ("g", "h"), ("g",), ("h",), ()
record("keys one by one", [GH], "g, h")
record("keys in parentheses are the same", [GH], "(g, h)")
record("ROLLUP leaves out keys from the right", [GH, G, NONE], "ROLLUP (g, h)")
record("ROLLUP in the other order", [GH, H, NONE], "ROLLUP (h, g)")
record("CUBE is every subset", [GH, G, H, NONE], "CUBE (g, h)")
record("GROUPING SETS are the sets listed", [G, H], "GROUPING SETS ((g), (h))")
record("a set without keys is all rows", [GH, NONE], "GROUPING SETS ((g, h), ())")
record("sets need no parentheses for one key", [G, H, NONE], "GROUPING SETS (g, h, ())")
record("a key beside ROLLUP is in every set", [GH, G], "g, ROLLUP (h)")
record("a key beside GROUPING SETS is in every set", [GH, H], "h, GROUPING SETS ((g), ())")
record("a key beside CUBE is in every set", [GH, G], "g, CUBE (h)")


def having(rule, clause, keep):
    print(f"# Trino: {rule}\nquery TI rowsort\nSELECT g, count(*) FROM {TABLE} GROUP BY g HAVING {clause}\n----")
    found = [(row[0], row[3], row[5]) for row in groups([G])]
    print("\n".join(sorted(" | ".join(map(cell, row[:2])) for row in found if keep(*row))) + "\n")


having("HAVING on a count", "count(*) > 2", lambda g, n, s: n > 2)
having("HAVING on a sum", "sum(x) >= 7", lambda g, n, s: s is not None and s >= 7)
having("HAVING on a key", "g IS NULL", lambda g, n, s: g is None)
having("HAVING on what is not selected", "max(x) = 5 OR min(x) = 7", lambda g, n, s: g in ("b", None))
for name, values in (("g", [r[0] for r in ROWS]), ("h", [r[1] for r in ROWS])):
    print(f"# Trino: SELECT DISTINCT takes NULLs for equal\nquery T rowsort\nSELECT DISTINCT {name} FROM {TABLE}\n----")
    print("\n".join(sorted(map(cell, set(values)))) + "\n")
    print(f"# Trino: count(DISTINCT) leaves NULL out\nquery I\nSELECT count(DISTINCT {name}) FROM {TABLE}\n----")
    print(len(set(values) - {None}), end="\n\n")
print(f"# Trino: FILTER restricts one aggregate\nquery III\nSELECT sum(x) FILTER (WHERE g = 'a'), count(*) FILTER (WHERE h IS NULL), sum(x) FROM {TABLE}\n----")
print(" | ".join(map(str, (sum(r[2] for r in ROWS if r[0] == "a"), sum(r[1] is None for r in ROWS), sum(r[2] or 0 for r in ROWS)))), end="\n\n")
for size in (1, 2):
    for keys in combinations(KEYS, size):
        print(f"# Trino: ordinals and expressions name the same groups\nquery I\nSELECT count(*) FROM (SELECT {', '.join(keys)}, count(*) FROM {TABLE} GROUP BY {', '.join(str(i + 1) for i in range(size))})\n----")
        print(len({tuple(r[KEYS.index(k)] for k in keys) for r in ROWS}), end="\n\n")
