#!/usr/bin/env python3
"""Prints records on casts, literals, operators and LIKE, whose answers Python works out."""

import json
import random
import re
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal

RANDOM = random.Random(5)
LINES = ["# Made by types.py: casts, literals, operators and LIKE, worked out by Python."]


def record(rule: str, types: str, sql: str, *rows: str) -> None:
    LINES.append(f"\n# {rule}\nquery {types}\n{sql}\n----")
    LINES.extend(rows)


def sql_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def cell(text: str) -> str:
    if text == "":
        return "(empty)"
    if text != text.strip():
        return f'"{text}"'
    return text


def java(value: float) -> str:
    """Double.toString of Java."""
    if value == 0:
        return "0.0"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    text = "".join(map(str, digits))
    point = len(text) + exponent
    minus = "-" if sign else ""
    if 1e-3 <= abs(value) < 1e7:
        if point <= 0:
            return f"{minus}0.{'0' * -point}{text}"
        whole, fraction = text[:point].ljust(point, "0"), text[point:]
        return f"{minus}{whole}.{fraction or '0'}"
    return f"{minus}{text[0]}.{text[1:] or '0'}E{point - 1}"


def doubles() -> None:
    values = [0.1, 1 / 3, 2 / 3, 123456.789, 9999999.5, 1e7, 1.5e-3, 9.99e-4, 6.02e23, -1e-9, 1e21, 4.35, 1e100, 2.0**53, 2.0**-30]
    for value in values:
        literal = repr(value) if "e" in repr(value) else f"{value!r}e0"
        record("Trino: a double as text has the form of Java", "T", f"SELECT CAST({literal} AS varchar)", java(value))


def rounding() -> None:
    for text in ["0.5", "1.5", "2.5", "-0.5", "-1.5", "-2.5", "2.4999", "1e15", "-3.7", "4503599627370497.5"]:
        rounded = int(Decimal(text).quantize(Decimal(1), ROUND_HALF_UP))
        record("Trino: CAST(double AS bigint) rounds half away from zero", "I", f"SELECT CAST(CAST('{text}' AS double) AS bigint)", str(rounded))
    for text, scale in [("1.005", 2), ("-1.005", 2), ("2.675", 2), ("0.045", 1), ("99.994", 2), ("-0.0049", 2), ("1e-3", 3), ("12345678901234567890.555", 2)]:
        rounded = Decimal(text).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
        # A decimal has no negative zero.
        rounded = rounded if rounded else abs(rounded)
        record("Trino: decimals round half away from zero", "RT", f"SELECT CAST('{text}' AS decimal(38,{scale})), CAST(CAST('{text}' AS decimal(38,{scale})) AS varchar)", f"{rounded:f} | {rounded:f}")


def shown(moment: datetime) -> str:
    moment = moment.astimezone(timezone.utc)
    digits = 3 if moment.microsecond % 1000 == 0 else 6
    return moment.strftime("%Y-%m-%d %H:%M:%S.") + f"{moment.microsecond:06d}"[:digits]


def instants() -> None:
    for _ in range(12):
        moment = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=RANDOM.randrange(-(10**12), 4 * 10**12))
        offset = timezone(timedelta(minutes=RANDOM.choice([0, 60, 330, -480, 845])))
        local = moment.astimezone(offset)
        text = local.isoformat(timespec="milliseconds")
        record("Lake: an instant with an offset", "P", f"SELECT CAST({sql_text(text)} AS timestamp)", shown(moment))
        spaced = local.strftime("%Y-%m-%d %H:%M:%S") + " " + local.strftime("%z")[:3] + ":" + local.strftime("%z")[3:]
        whole = moment.replace(microsecond=0)
        record("Lake: a comparison of an instant with text", "B", f"SELECT TIMESTAMP '{whole:%Y-%m-%d %H:%M:%S}' = {sql_text(spaced)}", "true")
    for days in [0, 1, 59, 60, 365, 366, -1, -365, 146097]:
        date = datetime(2024, 1, 1) + timedelta(days=days)
        record("Trino: dates and intervals", "P", f"SELECT DATE '2024-01-01' + {days} * INTERVAL '1' DAY", f"{date:%Y-%m-%d}")


def integers() -> None:
    pairs = [(RANDOM.randrange(-100, 100), RANDOM.choice([1, -1]) * RANDOM.randrange(1, 12)) for _ in range(8)]
    for a, b in pairs:
        quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        record("Trino: quotient towards zero, remainder with the sign of the dividend", "II", f"SELECT {a} / {b}, {a} % {b}", f"{quotient} | {a - quotient * b}")
    rows = ", ".join(f"({a}, {b})" for a, b in pairs)
    quotients = [abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1) for a, b in pairs]
    record("Trino: the same over columns", "I", f"SELECT a / b FROM (VALUES {rows}) AS t(a, b)", *map(str, quotients))


def like(text: str, pattern: str, escape: str | None) -> bool:
    expression, characters = "", iter(pattern)
    for c in characters:
        if c == escape:
            expression += re.escape(next(characters))
        elif c == "%":
            expression += ".*"
        elif c == "_":
            expression += "."
        else:
            expression += re.escape(c)
    return re.fullmatch(expression, text, re.DOTALL) is not None


def patterns() -> None:
    texts = ["a_b", "a%b", "axb", "a\\b", "a#b", "ab", "100%", "C:\\x", ""]
    rows = ", ".join(f"({sql_text(text)})" for text in texts)
    for pattern, escape in [("a_b", None), ("a\\_b", None), ("a%", None), ("a#_b", "#"), ("a#%b", "#"), ("%#%", "#"), ("a##b", "#"), ("a\\%b", "\\"), ("C:\\%", None), ("%\\\\%", "\\"), ("", None), ("%", None)]:
        suffix = f" ESCAPE {sql_text(escape)}" if escape else ""
        found = [text for text in texts if like(text, pattern, escape)]
        record("Trino: LIKE has no escape character unless ESCAPE names one", "T", f"SELECT x FROM (VALUES {rows}) AS t(x) WHERE x LIKE {sql_text(pattern)}{suffix}", *map(cell, found))


def jsons() -> None:
    for value in ["plain", 'q"uote', "back\\slash", "tab\there", "ünï©ode", "a/b", ""]:
        expected = json.dumps(value, ensure_ascii=False)
        record("Trino: varchar as JSON is a string", "J", f"SELECT CAST({sql_text(value)} AS json)", expected)
        document = sql_text(json.dumps({"v": value}))
        record("Trino: a JSON string as varchar is its text", "T", f"SELECT CAST(json_extract({document}, '$.v') AS varchar)", cell(value))
    for items in [[1, "2", 3.5, True, None], [], [-2.5, 2.5, "7"], [9007199254740993]]:
        def number(item: object) -> str:
            if item is None:
                return "null"
            if isinstance(item, bool):
                return str(int(item))
            return str(int(Decimal(str(item)).quantize(Decimal(1), ROUND_HALF_UP)))
        record("Trino: JSON arrays as array(bigint)", "J", f"SELECT CAST(json_extract({sql_text(json.dumps(items))}, '$') AS array(bigint))", "[" + ", ".join(map(number, items)) + "]")


for part in (doubles, rounding, instants, integers, patterns, jsons):
    part()
print("\n".join(LINES))
