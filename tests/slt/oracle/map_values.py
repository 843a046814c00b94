#!/usr/bin/env python3
"""Prints records about functions of maps; what they answer is worked out with dicts by Trino's rules."""

import random

SEED = 5
KEYS = ["a", "b", "c", "d e", "é"]


def sql(value):
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def array(values):
    return "ARRAY[" + ", ".join(map(sql, values)) + "]"


def map_sql(entries):
    return f"MAP({array([key for key, _ in entries])}, {array([value for _, value in entries])})"


def cell(value):
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    return nested(value)


def nested(value):
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={nested(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(nested, value)) + "]"
    if isinstance(value, tuple):
        return "{key=" + nested(value[0]) + ", value=" + nested(value[1]) + "}"
    return str(value)


def grouped(entries):
    groups = {}
    for key, value in entries:
        groups.setdefault(key, []).append(value)
    return groups


def record(rule, letter, expression, answer):
    print(f"\n# Trino: {rule}\nquery {letter}\nSELECT {expression}\n----\n{cell(answer)}")


def table(rule, letter, expression, columns, rows):
    """Rows are (SQL of each column, answer)."""
    values = ", ".join("(" + ", ".join(row) + ")" for row, _ in rows)
    print(f"\n# Trino: {rule}\nquery {letter}\nSELECT {expression} FROM (VALUES {values}) AS t({columns})\n----")
    for _, answer in rows:
        print(cell(answer))


def main():
    chance = random.Random(SEED)

    def draw(size):
        keys = chance.sample(KEYS, size)
        return [(key, chance.choice([1, 2, 30, None])) for key in keys]

    print("# Made by map_values.py; do not edit.")
    for size in (1, 2, 3, 5):
        entries = draw(size)
        whole = dict(entries)
        record("map(keys, values)", "J", map_sql(entries), whole)
        record("cardinality counts entries", "I", f"cardinality({map_sql(entries)})", len(whole))
        record("map_keys", "J", f"map_keys({map_sql(entries)})", list(whole))
        record("map_values", "J", f"map_values({map_sql(entries)})", list(whole.values()))
        record("map_entries", "J", f"map_entries({map_sql(entries)})", list(whole.items()))
        key = chance.choice(KEYS)
        record("element_at of a missing key is NULL", "I", f"element_at({map_sql(entries)}, {sql(key)})", whole.get(key))
        record("a subscript gives the value", "I", f"{map_sql(entries)}[{sql(entries[0][0])}]", entries[0][1])
        record("map_from_entries turns map_entries around", "J", f"map_from_entries(map_entries({map_sql(entries)}))", whole)
        other = draw(chance.randrange(1, 5))
        record("map_concat: the last value of a key wins", "J", f"map_concat({map_sql(entries)}, {map_sql(other)})", whole | dict(other))
        some = chance.sample(KEYS, 2)
        kept = {name: value for name, value in entries if name in some}
        record("map_subset keeps the entries of some keys", "J", f"map_subset({map_sql(entries)}, {array(some)})", kept)
    rows = [([array([key for key, _ in entries]), array([value or 0 for _, value in entries])], {key: value or 0 for key, value in entries}) for entries in map(draw, (1, 2, 4))]
    table("map(keys, values) of columns", "J", "map(k, v)", "k, v", rows)
    table("map_keys of columns", "J", "map_keys(map(k, v))", "k, v", [(row, list(answer)) for row, answer in rows])
    table("cardinality of columns", "I", "cardinality(map(k, v))", "k, v", [(row, len(answer)) for row, answer in rows])
    table("element_at of columns", "I", "element_at(map(k, v), 'a')", "k, v", [(row, answer.get("a")) for row, answer in rows])
    for entry, pair in ((",", "="), (";", ":"), ("&&", "=>")):
        pairs = [(chance.choice("xyz"), chance.choice(["1", "two", "p q"])) for _ in range(5)]
        text = entry.join(key + pair + value for key, value in pairs)
        record("split_to_multimap groups values", "J", f"split_to_multimap({sql(text)}, {sql(entry)}, {sql(pair)})", grouped(pairs))
        single = list(dict(pairs).items())
        text = entry.join(key + pair + value for key, value in single)
        record("split_to_map", "J", f"split_to_map({sql(text)}, {sql(entry)}, {sql(pair)})", dict(single))
        record("split_to_map: nothing after the last delimiter", "J", f"split_to_map({sql(text + entry)}, {sql(entry)}, {sql(pair)})", dict(single))
        rows = [([sql(text)], dict(single)), ([sql("k" + pair + "v")], {"k": "v"}), (["NULL"], None)]
        table("split_to_map of a column", "J", f"split_to_map(x, {sql(entry)}, {sql(pair)})", "x", rows)


if __name__ == "__main__":
    main()
