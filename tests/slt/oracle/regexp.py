"""Texts of `regexp.slt`: Python's re beside Trino's functions, for patterns that mean the same in both."""
import re

TEXTS = ["", "a", "1a 2b 14m", "arn:aws:iam::123456789012:user/alice", "2024-01-31T10:00:00Z", "aaa", "i-0abc, i-1def",
         "x=1;y=22;z=", "Ünïcode ünï", "line1\nline2"]
PATTERNS = [r"\d+", r"a*", r"[a-z]+", r"^a", r"\bi-[0-9a-f]+", r"(\w)=(\d*)", r"\s*;\s*", r"(?i)Ü", r"e\d$", r"(a)|(\d)"]


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def plain(text):
    return quoted(text) if "\n" not in text else "concat('line1', chr(10), 'line2')"


def cell(value):
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        value = "[" + ", ".join("null" if item is None else item for item in value) + "]"
    text = str(value)
    if text == "":
        return "(empty)"
    shown = text.replace("\n", "\\n")
    return f'"{shown}"' if text != text.strip() else shown


def column(rule, types, call, function):
    # How a line break inside an array is shown is no matter of these functions.
    texts = [text for text in TEXTS if types != "J" or "\n" not in text]
    values = ", ".join(f"({index}, {plain(text)})" for index, text in enumerate(texts))
    print(f"# Trino: {rule}\nquery {types}\nSELECT {call} FROM (VALUES {values}, (99, NULL)) AS t(i, x) ORDER BY i\n----")
    for text in texts:
        print(cell(function(text)))
    print("NULL\n")


for pattern in PATTERNS:
    regex = re.compile(pattern)
    sql = quoted(pattern)
    column(f"regexp_like finds {pattern} anywhere", "B", f"regexp_like(x, {sql})", lambda x: bool(regex.search(x)))
    column(f"regexp_extract of {pattern}", "T", f"regexp_extract(x, {sql})",
           lambda x: regex.search(x).group() if regex.search(x) else None)
    column(f"regexp_extract_all of {pattern}", "J", f"regexp_extract_all(x, {sql})",
           lambda x: [match.group() for match in regex.finditer(x)])
    column(f"regexp_replace removes every {pattern}", "T", f"regexp_replace(x, {sql})", lambda x: regex.sub("", x))
    column(f"regexp_replace of every {pattern}", "T", f"regexp_replace(x, {sql}, '<$0>')",
           lambda x: regex.sub(lambda match: f"<{match.group()}>", x))
    column(f"regexp_count of {pattern}", "I", f"regexp_count(x, {sql})", lambda x: len(list(regex.finditer(x))))
    column(f"regexp_position of {pattern}", "I", f"regexp_position(x, {sql})",
           lambda x: regex.search(x).start() + 1 if regex.search(x) else -1)
    if not regex.groups:
        column(f"regexp_split at {pattern}", "J", f"regexp_split(x, {sql})", regex.split)

groups = re.compile(r"(\w)=(\d*)")
column("regexp_extract of a group", "T", r"regexp_extract(x, '(\w)=(\d*)', 2)",
       lambda x: groups.search(x).group(2) if groups.search(x) else None)
column("regexp_extract_all of a group", "J", r"regexp_extract_all(x, '(\w)=(\d*)', 1)",
       lambda x: [match.group(1) for match in groups.finditer(x)])
column("groups in a replacement", "T", r"regexp_replace(x, '(\w)=(\d*)', '$2=$1')", lambda x: groups.sub(r"\2=\1", x))
column("named groups in a replacement", "T", r"regexp_replace(x, '(?<k>\w)=(?<v>\d*)', '${v}:${k}')",
       lambda x: groups.sub(r"\2:\1", x))
either = re.compile(r"(a)|(\d)")
column("a group that took no part is NULL", "J", r"regexp_extract_all(x, '(a)|(\d)', 1)",
       lambda x: [match.group(1) for match in either.finditer(x)])
