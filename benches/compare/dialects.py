"""What differs between the engines' SQL; queries are written once, with these parts in braces.

{trail}                              the table
{ts:day_start}                       an instant, from a pool of literals
{text:ip}  {raw:limit}               a quoted literal; a bare one
{member:requestParameters.bucketName}  a member of JSON as text
{json:requestParameters}             JSON of no fixed shape as text
{matches:errorMessage|error_word}    a regular expression around a word
{contains:column|pool}               LIKE '%...%'
{approx:column}                      approximate count of distinct values
{minutes:later|earlier}              whole minutes between two instants
{mentions:pool}                      a text anywhere in the event
"""

from __future__ import annotations

import re

from schema import FEW, JSON, TEXT, text_leaves

PART = re.compile(r"\{(\w+)(?::([^}|]*))?(?:\|([^}]*))?\}")


class Dialect:
    """Fills the parts in; subclasses say how an engine wants them."""

    trail = "trail"
    # Three standard errors of the approximate count of distinct values.
    approx_error = 0.07

    def fill(self, template: str, values: dict[str, str]) -> str:
        """Returns the query with its literals."""

        def part(match: re.Match) -> str:
            name, first, second = match.groups()
            match name:
                case "trail":
                    return self.trail
                case "raw":
                    return values[first]
                case "text":
                    return quoted(values[first])
                case "ts":
                    return f"TIMESTAMP '{values[first]}'"
                case "contains":
                    return like(first, values[second])
                case "params_contain":
                    return like(self.json("requestParameters"), values[first])
                case "matches":
                    return self.matches(first, rf"(^|[^a-z]){values[second]}( |,|$)")
                case "mentions":
                    return self.mentions(values[first])
                case "minutes":
                    return self.minutes(first, second)
                case _:
                    return getattr(self, name)(first)

        return PART.sub(part, template)

    def mentions(self, text: str) -> str:
        """LIKE over every text column, as somebody must write it who has no such function."""
        return "(" + " OR ".join(like(self.leaf(path, kind), text) for path, kind in text_leaves()) + ")"

    def leaf(self, path: str, kind: object) -> str:
        """Returns a column or member as text."""
        if kind in (TEXT, FEW):
            return path
        return self.json(path) if kind == JSON else self.shown(path)


class LakeSql(Dialect):
    """Auditlake's own."""

    def member(self, path: str) -> str:
        return path

    def json(self, column: str) -> str:
        return column

    def matches(self, column: str, pattern: str) -> str:
        return f"regexp_like({column}, {quoted(pattern)})"

    def approx(self, column: str) -> str:
        return f"approx_distinct({column})"

    def minutes(self, later: str, earlier: str) -> str:
        return f"date_diff('second', {earlier}, {later}) / 60"

    def mentions(self, text: str) -> str:
        return f"mentions({quoted(text)})"


class DuckSql(Dialect):
    """DuckDB's."""

    # Its counters have 64 registers.
    approx_error = 0.4

    def member(self, path: str) -> str:
        column, *members = path.split(".")
        return f"({column} ->> '$.{'.'.join(members)}')"

    def json(self, column: str) -> str:
        return f"CAST({column} AS VARCHAR)"

    shown = json

    def matches(self, column: str, pattern: str) -> str:
        return f"regexp_matches({column}, {quoted(pattern)})"

    def approx(self, column: str) -> str:
        return f"approx_count_distinct({column})"

    def minutes(self, later: str, earlier: str) -> str:
        return f"date_diff('second', {earlier}, {later}) // 60"


class HouseSql(Dialect):
    """ClickHouse's, over columns of its JSON type."""

    def member(self, path: str) -> str:
        return f"{path}.:String"

    def json(self, column: str) -> str:
        return f"toString({column})"

    shown = json

    def matches(self, column: str, pattern: str) -> str:
        return f"match({column}, {quoted(pattern)})"

    def approx(self, column: str) -> str:
        return f"uniq({column})"

    def minutes(self, later: str, earlier: str) -> str:
        return f"intDiv(dateDiff('second', {earlier}, {later}), 60)"


def quoted(text: str) -> str:
    """Returns a text as a literal; texts hold no quotes and no backslashes."""
    return f"'{text}'"


def like(column: str, text: str) -> str:
    """Returns the condition that a column holds a text somewhere."""
    return f"{column} LIKE '%{text}%'"
