#!/usr/bin/env python3
"""Prints records about JSON functions; what they answer is worked out with Python's json by Trino's rules.

Documents are drawn by a fixed seed beside a few chosen ones. Each function is asked once with constants and once over
a table of several rows.
"""

import json
import random

SEED = 11
NAMES = ["a", "b", "c d", "é", "x.y", "K", "k"]
TEXTS = ["", "x", "true", "12", 'say "hi"', "back\\slash", "日本", "😀", "{}", "it's"]
CHOSEN = [
    "{}",
    "[]",
    "null",
    "7",
    '"text"',
    "true",
    '{"b":{"a":[10,{"c d":"deep"},null]},"a":null}',
    "[1,2.5,\"x\",true,null,[],{\"a\":1}]",
]
BROKEN = ["", "{", "{'a':1}", "[1,]", "nul", '{"a":1} x', "01", '"a']
PATHS = [
    ("$", []),
    ("$.a", ["a"]),
    ("$.b.a", ["b", "a"]),
    ('$["a"]', ["a"]),
    ('$["c d"]', ["c d"]),
    ("$['x.y']", ["x.y"]),
    ("$.é", ["é"]),
    ("$[0]", [0]),
    ("$.a[1]", ["a", 1]),
    ('$.b.a[1]["c d"]', ["b", "a", 1, "c d"]),
    ("$.K", ["K"]),
]


class Fraction(float):
    """A number that was written with a fraction."""


def load(text):
    return json.loads(text, parse_float=Fraction)


def draw(chance, depth):
    kind = chance.randrange(8 if depth else 5)
    if kind == 0:
        return chance.choice([0, 1, -3, 10**15])
    if kind == 1:
        return Fraction(chance.choice([2.5, -0.25, 1234.5]))
    if kind == 2:
        return chance.choice([True, False, None])
    if kind in (3, 4):
        return chance.choice(TEXTS)
    if kind == 5:
        return [draw(chance, depth - 1) for _ in range(chance.randrange(4))]
    return {chance.choice(NAMES): draw(chance, depth - 1) for _ in range(chance.randrange(5))}


def dump(value, sort=False):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort)


def follow(value, steps):
    """Returns whether a path leads somewhere, and where."""
    for step in steps:
        if isinstance(step, str):
            if not isinstance(value, dict) or step not in value:
                return False, None
        elif not isinstance(value, list) or step >= len(value):
            return False, None
        value = value[step]
    return True, value


def scalar(value):
    if value is None or isinstance(value, (dict, list)):
        return None
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else dump(value)


def member(value):
    """The value of a member of a free-form field."""
    return dump(value) if isinstance(value, (dict, list)) else scalar(value)


def cell(value):
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join("null" if item is None else item for item in value) + "]"
    text = str(value)
    return text if text else "(empty)"


def literal(text):
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"


def extract(steps):
    def answer(document):
        found, value = follow(document, steps)
        return dump(value) if found else None

    return answer


def extract_scalar(steps):
    def answer(document):
        found, value = follow(document, steps)
        return scalar(value) if found else None

    return answer


def size(steps):
    def answer(document):
        found, value = follow(document, steps)
        if not found:
            return None
        return len(value) if isinstance(value, (dict, list)) else 0

    return answer


def array_get(index):
    def answer(document):
        if not isinstance(document, list) or not -len(document) <= index < len(document):
            return None
        item = document[index]
        return "null" if item is None else member(item)

    return answer


def array_contains(wanted):
    def answer(document):
        if not isinstance(document, list):
            return None
        return any(type(item) is type(wanted) and item == wanted for item in document)

    return answer


def member_map(document):
    """A free-form field as a map: null members are absent."""
    if not isinstance(document, dict):
        return None
    return {name: member(value) for name, value in document.items() if value is not None}


def of_map(answer):
    def of(document):
        members = member_map(document)
        return None if members is None else answer(members)

    return of


def parts():
    """Yields rule, letter, expression over x, answer, and what broken JSON gives."""
    for path, steps in PATHS:
        yield f"json_extract follows {path}", "?", f"json_extract(x, '{path.replace(chr(39), chr(39) * 2)}')", extract(steps), None
        yield (
            f"json_extract_scalar gives scalars at {path}",
            "T",
            f"json_extract_scalar(x, '{path.replace(chr(39), chr(39) * 2)}')",
            extract_scalar(steps),
            None,
        )
    for path, steps in PATHS[:3]:
        yield f"json_size counts members and items at {path}", "I", f"json_size(x, '{path}')", size(steps), None
    yield "json_array_length of arrays alone", "I", "json_array_length(x)", lambda document: (
        len(document) if isinstance(document, list) else None
    ), None
    for index in (0, 2, -1, -9, 99):
        yield f"json_array_get({index}) counts from 0, from the end if negative", "?", f"json_array_get(x, {index})", array_get(index), None
    for sql, wanted in (("1", 1), ("2.5E0", Fraction(2.5)), ("'x'", "x"), ("true", True)):
        yield f"json_array_contains {sql} of the same kind", "B", f"json_array_contains(x, {sql})", array_contains(wanted), None
    yield "json_format(json_parse(x)) sorts members", "T", "json_format(json_parse(x))", lambda document: dump(document, True), "error"
    yield "is_json_scalar", "B", "is_json_scalar(x)", lambda document: not isinstance(document, (dict, list)), "error"
    yield "cardinality of a free-form field", "I", "cardinality(json_extract(x, '$'))", of_map(len), None
    yield "map_keys of a free-form field", "J", "map_keys(json_extract(x, '$'))", of_map(list), None
    yield "map_values of a free-form field", "J", "map_values(json_extract(x, '$'))", of_map(lambda members: list(members.values())), None
    for name in NAMES[:3]:
        yield f"element_at of a free-form field, {name}", "T", f"element_at(json_extract(x, '$'), '{name}')", of_map(
            lambda members, name=name: members.get(name)
        ), None


def main():
    chance = random.Random(SEED)
    drawn = [dump(draw(chance, 3)) for _ in range(60)]
    documents = CHOSEN + [text for text in drawn if "|" not in text and len(text) > 5][:20]
    print("# Made by json_values.py; do not edit.")
    for rule, letter, expression, answer, broken in parts():
        owner = "Lake" if "free-form" in rule else "Trino"
        rows = chance.sample(documents, 6)
        faulty = [] if broken == "error" else [chance.choice(BROKEN)]
        values = ", ".join(f"({literal(text)})" for text in rows + faulty + [None])
        print(f"\n# {owner}: {rule}; rows\nquery {letter}\nSELECT {expression} FROM (VALUES {values}) AS t(x)\n----")
        for text in rows:
            print(cell(answer(load(text))))
        print("\n".join(["NULL"] * (len(faulty) + 1)))
        text = chance.choice(documents)
        constant = expression.replace("(x,", f"({literal(text)},").replace("(x)", f"({literal(text)})")
        print(f"\n# {owner}: {rule}; constant\nquery {letter}\nSELECT {constant}\n----\n{cell(answer(load(text)))}")
    for text in BROKEN:
        print(f"\n# Trino: json_parse of what is no JSON is an error\nstatement error Cannot convert value to JSON: '{text}'\nSELECT json_parse({literal(text)})")
        print(f"\n# Trino: json_extract of what is no JSON is NULL\nquery T\nSELECT json_extract_scalar({literal(text)}, '$.a')\n----\nNULL")


if __name__ == "__main__":
    main()
