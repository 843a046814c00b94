"""Texts of `strings.slt`: Python's str, unicodedata and format beside Trino's functions."""
import unicodedata

TEXTS = ["", "a", "hello", "Héllo Wörld", "aé😀b", "日本語テキスト", "a,b,,c", "xxabcxx", "AbC123"]


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def cell(value):
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(value) + "]"
    text = str(value)
    if text == "":
        return "(empty)"
    shown = text.replace("\n", "\\n")
    return f'"{shown}"' if text != text.strip() else shown


def record(rule, types, sql, *rows):
    print(f"# Trino: {rule}\nquery {types}\n{sql}\n----")
    for row in rows:
        print(" | ".join(cell(value) for value in row))
    print()


def column(rule, types, call, function, texts=TEXTS):
    """One record over a column of texts, with a NULL at its end."""
    values = ", ".join(f"({index}, {quoted(text)})" for index, text in enumerate(texts))
    sql = f"SELECT {call} FROM (VALUES {values}, (99, NULL)) AS t(i, x) ORDER BY i"
    record(rule, types, sql, *[(function(text),) for text in texts], (None,))


column("length counts code points", "I", "length(x)", len)
column("reverse turns code points around", "T", "reverse(x)", lambda x: x[::-1])
column("upper", "T", "upper(x)", str.upper)
column("lower", "T", "lower(x)", str.lower)
column("to_utf8 gives the bytes of UTF-8", "J", "to_utf8(x)", lambda x: x.encode().hex() or "(empty)")
column("to_hex is in upper case", "T", "to_hex(to_utf8(x))", lambda x: x.encode().hex().upper())
column("replace with two arguments removes", "T", "replace(x, 'a')", lambda x: x.replace("a", ""))
column("replace replaces every occurrence", "T", "replace(x, 'l', '<é>')", lambda x: x.replace("l", "<é>"))
column("split with a delimiter", "J", "split(x, ',')", lambda x: x.split(","))
column("split with a limit keeps the rest in the last item", "J", "split(x, ',', 2)", lambda x: x.split(",", 1))
column("trim of a set of characters", "T", "trim(BOTH 'xo' FROM x)", lambda x: x.strip("xo"))
column("ltrim of a set of characters", "T", "ltrim(x, 'xh')", lambda x: x.lstrip("xh"))
column("rtrim of a set of characters", "T", "rtrim(x, 'xo')", lambda x: x.rstrip("xo"))
column("strpos counts code points from 1; 0 if it is not there", "I", "strpos(x, 'b')", lambda x: x.find("b") + 1)
column("position(x IN y)", "I", "position('l' IN x)", lambda x: x.find("l") + 1)
column("starts_with", "B", "starts_with(x, 'a')", lambda x: x.startswith("a"))

for start in (1, 2, 4, -1, -3, 0, 9, -9):
    def part(x, start=start):
        if start == 0 or start > len(x) or -start > len(x):
            return ""
        first = start - 1 if start > 0 else len(x) + start
        return x[first:]
    column(f"substr from {start}", "T", f"substr(x, {start})", part)
    column(f"substr from {start}, two characters", "T", f"substr(x, {start}, 2)", lambda x, part=part: part(x)[:2])

for size in (0, 1, 3, 7):
    def pad(x, size=size):
        return ("<é>" * 9)[: size - len(x)] if size > len(x) else ""
    column(f"lpad to {size}: pads or cuts", "T", f"lpad(x, {size}, '<é>')", lambda x, pad=pad, size=size: (pad(x) + x)[:size] if size > len(x) else x[:size])
    column(f"rpad to {size}: pads or cuts", "T", f"rpad(x, {size}, '<é>')", lambda x, pad=pad, size=size: (x + pad(x))[:size])

for index in (1, 2, 3, 4, 5):
    def one(x, index=index):
        parts = x.split(",")
        return parts[index - 1] if index <= len(parts) else None
    column(f"split_part {index}", "T", f"split_part(x, ',', {index})", one)

FORMS = ["é", "e\u0301", "ﬁ", "Å", "Å", "①", "한글", "ｱ"]
for form in ("NFC", "NFD", "NFKC", "NFKD"):
    column(f"normalize to {form}", "T", f"to_hex(to_utf8(normalize(x, {form})))",
           lambda x, form=form: unicodedata.normalize(form, x).encode().hex().upper(), FORMS)

for code in (65, 228, 8364, 128512):
    record("chr and codepoint are each other's reverse", "TI", f"SELECT chr({code}), codepoint({quoted(chr(code))})", (chr(code), code))


def edits(a, b):
    before = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (x != y)))
        before = row
    return before[-1]


PAIRS = [("kitten", "sitting"), ("", "abc"), ("abc", ""), ("flaw", "lawn"), ("日本語", "日本人"), ("same", "same"), ("GetObject", "PutObject"), ("ab", "ba")]
for a, b in PAIRS:
    record("levenshtein_distance counts single edits", "I", f"SELECT levenshtein_distance({quoted(a)}, {quoted(b)})", (edits(a, b),))

for pattern, value in [("%d", 42), ("%5d", 42), ("%-5d|", 42), ("%05d", -42), ("%,d", 1234567), ("%x", 255), ("%X", 48879), ("%o", 8), ("%+d", 7)]:
    record("format of integers is as in printf", "T", f"SELECT format({quoted(pattern)}, {value})",
           ((f"{value:,}" if "," in pattern else pattern % value),))
for pattern, value in [("%.2f", 3.14159), ("%f", 2.5), ("%8.3f", 2.71828), ("%.0f", 7.7), ("%e", 12345.678), ("%.3e", 0.00012), ("%010.2f", -3.5), ("%,.2f", 9876543.217e0)]:
    text = f"{value:,.2f}" if "," in pattern else pattern % value
    record("format of doubles is as in printf", "T", f"SELECT format({quoted(pattern)}, CAST({value!r} AS double))", (text,))
