"""Patterns of dates: date_format and date_parse (MySQL), format_datetime and parse_datetime (Joda), by strftime."""

from datetime import datetime, timedelta

TIMES = [
    datetime(2024, 1, 5, 13, 4, 5, 678000),
    datetime(2023, 12, 31, 0, 0, 0, 0),
    datetime(1999, 10, 10, 12, 59, 59, 999000),
    datetime(2027, 1, 1, 23, 8, 9, 10000),
]


def text(time):
    return time.strftime("%Y-%m-%d %H:%M:%S.") + f"{time.microsecond // 1000:03d}"


def quoted(value):
    return "'" + value.replace("'", "''") + "'"


COLUMN = "(VALUES " + ", ".join(f"(timestamp '{text(time)}')" for time in TIMES) + ") AS t(x)"


def record(rule, types, sql, rows):
    print(f"# Trino: {rule}")
    print(f"query {types}")
    print(sql)
    print("----")
    for row in rows:
        print(row)
    print()


# MySQL's letter, and what Python writes.
MYSQL = {
    "%a": lambda t: t.strftime("%a"),
    "%b": lambda t: t.strftime("%b"),
    "%c": lambda t: str(t.month),
    "%d": lambda t: t.strftime("%d"),
    "%e": lambda t: str(t.day),
    "%f": lambda t: t.strftime("%f"),
    "%H": lambda t: t.strftime("%H"),
    "%h": lambda t: t.strftime("%I"),
    "%I": lambda t: t.strftime("%I"),
    "%i": lambda t: t.strftime("%M"),
    "%j": lambda t: t.strftime("%j"),
    "%k": lambda t: str(t.hour),
    "%l": lambda t: str((t.hour + 11) % 12 + 1),
    "%M": lambda t: t.strftime("%B"),
    "%m": lambda t: t.strftime("%m"),
    "%p": lambda t: t.strftime("%p"),
    "%r": lambda t: t.strftime("%I:%M:%S %p"),
    "%S": lambda t: t.strftime("%S"),
    "%s": lambda t: t.strftime("%S"),
    "%T": lambda t: t.strftime("%H:%M:%S"),
    "%v": lambda t: t.strftime("%V"),
    "%W": lambda t: t.strftime("%A"),
    "%x": lambda t: t.strftime("%G"),
    "%Y": lambda t: t.strftime("%Y"),
    "%y": lambda t: t.strftime("%y"),
    "%%": lambda t: "%",
    "%Y-%m-%d %H:%i:%s": lambda t: t.strftime("%Y-%m-%d %H:%M:%S"),
    "%W, %e %M %Y": lambda t: t.strftime("%A, ") + str(t.day) + t.strftime(" %B %Y"),
}
for pattern, oracle in MYSQL.items():
    record(f"date_format(x, '{pattern}') as MySQL writes it", "T", f"SELECT date_format(x, {quoted(pattern)}) FROM {COLUMN}",
           [oracle(time) for time in TIMES])

JODA = {
    "yyyy": lambda t: t.strftime("%Y"),
    "y": lambda t: str(t.year),
    "yy": lambda t: t.strftime("%y"),
    "Y": lambda t: str(t.year),
    "yyyyy": lambda t: f"{t.year:05d}",
    "x": lambda t: t.strftime("%G"),
    "w": lambda t: str(t.isocalendar()[1]),
    "ww": lambda t: t.strftime("%V"),
    "e": lambda t: str(t.isoweekday()),
    "E": lambda t: t.strftime("%a"),
    "EEEE": lambda t: t.strftime("%A"),
    "D": lambda t: str(t.timetuple().tm_yday),
    "DDD": lambda t: t.strftime("%j"),
    "M": lambda t: str(t.month),
    "MM": lambda t: t.strftime("%m"),
    "MMM": lambda t: t.strftime("%b"),
    "MMMM": lambda t: t.strftime("%B"),
    "d": lambda t: str(t.day),
    "dd": lambda t: t.strftime("%d"),
    "a": lambda t: t.strftime("%p"),
    "K": lambda t: str(t.hour % 12),
    "h": lambda t: str((t.hour + 11) % 12 + 1),
    "hh": lambda t: t.strftime("%I"),
    "H": lambda t: str(t.hour),
    "HH": lambda t: t.strftime("%H"),
    "k": lambda t: str(t.hour or 24),
    "kk": lambda t: f"{t.hour or 24:02d}",
    "mm": lambda t: t.strftime("%M"),
    "ss": lambda t: t.strftime("%S"),
    "S": lambda t: t.strftime("%f")[:1],
    "SSS": lambda t: t.strftime("%f")[:3],
    "SSSSSS": lambda t: t.strftime("%f"),
    "G": lambda t: "AD",
    "C": lambda t: str(t.year // 100),
    "yyyy-MM-dd'T'HH:mm:ss.SSS": lambda t: t.strftime("%Y-%m-%dT%H:%M:%S.") + t.strftime("%f")[:3],
    "h 'o''clock' a": lambda t: str((t.hour + 11) % 12 + 1) + " o'clock " + t.strftime("%p"),
    "yyyyMMddHHmmss": lambda t: t.strftime("%Y%m%d%H%M%S"),
}
for pattern, oracle in JODA.items():
    record(f"format_datetime(x, {pattern!r}) as Joda-Time writes it", "T",
           f"SELECT format_datetime(x, {quoted(pattern)}) FROM {COLUMN}", [oracle(time) for time in TIMES])

# What is written by a pattern is read by it: Python's pattern, MySQL's, Joda's.
BOTH = [
    ("%Y-%m-%d", "%Y-%m-%d", "yyyy-MM-dd"),
    ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%i:%s", "yyyy-MM-dd HH:mm:ss"),
    ("%d/%b/%Y:%H:%M:%S", "%d/%b/%Y:%T", "dd/MMM/yyyy:HH:mm:ss"),
    ("%A, %d %B %Y", "%W, %d %M %Y", "EEEE, dd MMMM yyyy"),
    ("%Y %j", "%Y %j", "yyyy DDD"),
    ("%y%m%d", "%y%m%d", "yyMMdd"),
    ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %r", "MM/dd/yyyy hh:mm:ss a"),
    ("%Y%m%d%H%M%S", "%Y%m%d%H%i%s", "yyyyMMddHHmmss"),
    ("%G-W%V", "%x-W%v", "xxxx-'W'ww"),
    ("%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%dT%H:%i:%s.%f", "yyyy-MM-dd'T'HH:mm:ss.SSSSSS"),
]
for python, mysql, joda in BOTH:
    written = [time.strftime(python) for time in TIMES]
    if "%G" in python:
        read = [datetime.strptime(each + "-1", "%G-W%V-%u") for each in written]
    else:
        read = [datetime.strptime(each, python) for each in written]
    values = "(VALUES " + ", ".join(f"({quoted(each)})" for each in written) + ") AS t(x)"
    record(f"date_parse(text, '{mysql}')", "P", f"SELECT date_parse(x, {quoted(mysql)}) FROM {values}", [text(t) for t in read])
    record(f"parse_datetime(text, {joda!r})", "P", f"SELECT parse_datetime(x, {quoted(joda)}) FROM {values}", [text(t) for t in read])

for offset, hours in (("Z", 0), ("+0530", 5.5), ("-08:00", -8)):
    at = datetime(2024, 5, 11, 11, 15, 5)
    record(f"parse_datetime reads the offset {offset}", "P",
           f"SELECT parse_datetime('{at.isoformat()}{offset}', 'yyyy-MM-dd''T''HH:mm:ssZ')", [text(at - timedelta(hours=hours))])
