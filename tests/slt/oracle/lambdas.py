#!/usr/bin/env python3
"""Prints records about functions that take lambdas; Python's own functions say what they answer."""

import functools
import random

SEED = 11


def literal(value):
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return "ARRAY[" + ", ".join(map(literal, value)) + "]"
    return "'" + value + "'" if isinstance(value, str) else str(value)


def nested(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(map(nested, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{nested(key)}={nested(item)}" for key, item in value.items()) + "}"
    return str(value)


def cell(value):
    return "NULL" if value is None else nested(value)


def record(rule, letters, sql, rows):
    print(f"# Trino: {rule}\nquery {letters}\n{sql}\n----")
    for row in rows:
        print(" | ".join(map(cell, row)))
    print()


# Conditions and values as SQL and as Python, over an item x and a number n of the row. None is unknown.


def known(function):
    return lambda x, n: None if x is None else function(x, n)


CONDITIONS = [
    ("x > n", known(lambda x, n: x > n)),
    ("x % 2 = 0 AND x <> n", known(lambda x, n: x % 2 == 0 and x != n)),
    ("x IS NULL OR x = n", lambda x, n: x is None or x == n),
    ("x IN (1, 3)", known(lambda x, n: x in (1, 3))),
    ("x BETWEEN n AND n + 1", known(lambda x, n: n <= x <= n + 1)),
    ("CASE WHEN x > 2 THEN true ELSE false END", lambda x, n: x is not None and x > 2),
    ("true", lambda x, n: True),
]

VALUES = [
    ("x * 10 + n", known(lambda x, n: x * 10 + n)),
    ("COALESCE(x, n)", lambda x, n: n if x is None else x),
    ("n", lambda x, n: n),
    ("x > n", known(lambda x, n: x > n)),
    ("ARRAY[x, n]", lambda x, n: [x, n]),
]


def any_match(found):
    return True if True in found else None if None in found else False


def all_match(found):
    return False if False in found else None if None in found else True


def none_match(found):
    matched = any_match(found)
    return None if matched is None else not matched


MATCHES = [("any_match", any_match), ("all_match", all_match), ("none_match", none_match)]


def main():
    numbers = random.Random(SEED)
    print(f"# Made by {__file__.rsplit('/', 1)[-1]}; change that file instead.\n")
    arrays = [None, [], [1], [None], [1, 2, 3, 4], [2, None, 4]]
    arrays += [[numbers.choice([None, 1, 2, 3, 4, 5]) for _ in range(numbers.randrange(8))] for _ in range(6)]
    rows = [(at, array, at % 4) for at, array in enumerate(arrays)]
    table = "(VALUES " + ", ".join(f"({at}, {literal(array)}, {n})" for at, array, n in rows) + ") AS t(k, a, n)"

    def over_rows(rule, letter, call, function):
        answers = [(at, None if array is None else function(array, n)) for at, array, n in rows]
        record(rule, "I" + letter, f"SELECT k, {call} FROM {table} ORDER BY k", answers)

    for sql, holds in CONDITIONS:
        over_rows("filter keeps items for which the condition is true, not unknown", "J", f"filter(a, x -> {sql})",
                  lambda array, n: [x for x in array if holds(x, n) is True])
        for name, decide in MATCHES:
            over_rows(f"{name} with its rules of NULL", "B", f"{name}(a, x -> {sql})",
                      lambda array, n: decide([holds(x, n) for x in array]))
    for sql, value in VALUES:
        over_rows("transform has a value for each item", "J", f"transform(a, x -> {sql})",
                  lambda array, n: [value(x, n) for x in array])
    over_rows("a filter in a transform", "J", "transform(filter(a, x -> x > 1), y -> y + n)",
              lambda array, n: [x + n for x in array if x is not None and x > 1])
    over_rows("a lambda in a lambda sees both parameters and the row", "J", "transform(a, x -> transform(a, y -> x * y + n))",
              lambda array, n: [[None if None in (x, y) else x * y + n for y in array] for x in array])
    over_rows("reduce goes from the first item to the last", "I",
              "reduce(a, n, (s, x) -> s * 10 + COALESCE(x, 9), s -> s)",
              lambda array, n: functools.reduce(lambda s, x: s * 10 + (9 if x is None else x), array, n))
    over_rows("a NULL item makes a sum NULL", "I", "reduce(a, 0, (s, x) -> s + x, s -> s)",
              lambda array, n: None if None in array else sum(array))
    over_rows("the last lambda of reduce makes the result", "B", "reduce(a, 0, (s, x) -> s + 1, s -> s > n)",
              lambda array, n: len(array) > n)

    def pairs(left, right):
        length = max(len(left), len(right))
        pad = lambda items: items + [None] * (length - len(items))
        return list(zip(pad(left), pad(right)))

    over_rows("zip_with goes on with NULL where an array is shorter", "J", "zip_with(a, ARRAY[7, 8, 9], (x, y) -> COALESCE(x, 0) + y)",
              lambda array, n: [None if y is None else (x or 0) + y for x, y in pairs(array, [7, 8, 9])])
    over_rows("zip of two arrays", "J", "zip(a, ARRAY['p', 'q'])",
              lambda array, n: [{"field0": x, "field1": y} for x, y in pairs(array, ["p", "q"])])

    def by(compare):
        return lambda array, n: sorted(array, key=functools.cmp_to_key(compare))

    def descending(x, y):
        if x is None or y is None:
            return (y is None) - (x is None)
        return (x < y) - (x > y)

    over_rows("array_sort by a lambda, NULLs first", "J",
              "array_sort(a, (x, y) -> CASE WHEN x IS NULL AND y IS NULL THEN 0 WHEN x IS NULL THEN -1 WHEN y IS NULL THEN 1 "
              "WHEN x < y THEN 1 WHEN x > y THEN -1 ELSE 0 END)", by(descending))
    over_rows("array_sort by a lambda keeps the order of equal items", "J",
              "array_sort(a, (x, y) -> CASE WHEN COALESCE(x, 0) % 2 < COALESCE(y, 0) % 2 THEN -1 "
              "WHEN COALESCE(x, 0) % 2 > COALESCE(y, 0) % 2 THEN 1 ELSE 0 END)",
              by(lambda x, y: (x or 0) % 2 - (y or 0) % 2))
    long = [numbers.randrange(100) for _ in range(41)]
    record("array_sort of many items by a lambda", "J",
           f"SELECT array_sort({literal(long)}, (x, y) -> IF(x < y, 1, IF(x = y, 0, -1)))", [(sorted(long, reverse=True),)])
    record("reduce of many items", "I", f"SELECT reduce({literal(long)}, 0, (s, x) -> (s * 31 + x) % 1000003, s -> s)",
           [(functools.reduce(lambda s, x: (s * 31 + x) % 1000003, long, 0),)])

    maps = [None, {}, {"a": 1}, {"a": None, "b": 2}, {"b": 3, "c": 4, "d": 1}]

    def made(entries):
        if entries is None:
            return "NULL"
        if not entries:
            return "map_filter(MAP(ARRAY['z'], ARRAY[0]), (k, v) -> false)"
        return f"MAP({literal(list(entries))}, {literal(list(entries.values()))})"

    def over_maps(rule, call, function):
        for at, entries in enumerate(maps):
            answer = None if entries is None else function(entries)
            if entries is not None:
                record(rule, "J", f"SELECT {call.replace('m', made(entries), 1)}", [(answer,)])
        parts = " UNION ALL ".join(f"SELECT {at} AS i, {made(entries)} AS m" for at, entries in enumerate(maps) if entries)
        answers = [(at, function(entries)) for at, entries in enumerate(maps) if entries]
        table_call = call.replace("m", "t.m", 1)
        record(f"{rule}; over rows", "IJ", f"SELECT i, {table_call} FROM ({parts}) AS t ORDER BY i", answers)

    over_maps("map_filter keeps entries for which the condition is true", "MAP_FILTER(m, (k, v) -> v > 1 OR k = 'd')",
              lambda m: {k: v for k, v in m.items() if k == "d" or v is not None and v > 1})
    over_maps("transform_values makes values of keys and values", "TRANSFORM_VALUES(m, (k, v) -> k || CAST(v AS varchar))",
              lambda m: {k: None if v is None else k + str(v) for k, v in m.items()})
    over_maps("transform_keys makes keys of keys and values", "TRANSFORM_KEYS(m, (k, v) -> k || '!')",
              lambda m: {k + "!": v for k, v in m.items()})
    other = {"b": 10, "x": 20}
    over_maps("map_zip_with has the keys of both; a missing value is NULL",
              f"MAP_ZIP_WITH(m, {made(other)}, (k, v, w) -> COALESCE(v, -1) + COALESCE(w, -2))",
              lambda m: {k: (-1 if m.get(k) is None else m[k]) + other.get(k, -2) for k in [*m, *(k for k in other if k not in m)]})


main()
