"""Dates: adding, counting, truncating, fields and zones, by Python's datetime, calendar and zoneinfo."""

import calendar
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

TIMES = [
    datetime(2024, 1, 31, 10, 11, 12, 345000),
    datetime(2024, 2, 29, 23, 59, 59, 999000),
    datetime(2023, 12, 31, 0, 0, 0, 0),
    datetime(2021, 1, 3, 12, 30, 0, 1000),
    datetime(1969, 12, 31, 23, 59, 58, 500000),
]


def text(time):
    return time.strftime("%Y-%m-%d %H:%M:%S.") + f"{time.microsecond // 1000:03d}"


def literal(time):
    return f"timestamp '{text(time)}'"


def show(value):
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    return text(value) if isinstance(value, datetime) else str(value)


def record(rule, types, sql, rows):
    print(f"# Trino: {rule}")
    print(f"query {types}")
    print(sql)
    print("----")
    for row in rows:
        print(" | ".join(show(value) for value in row))
    print()


def add_months(time, months):
    index = time.year * 12 + time.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return time.replace(year=year, month=month + 1, day=min(time.day, last))


def add(unit, count, time):
    if unit in ("month", "quarter", "year"):
        return add_months(time, count * {"month": 1, "quarter": 3, "year": 12}[unit])
    step = {"millisecond": timedelta(milliseconds=1)}.get(unit) or timedelta(**{unit + "s": 1})
    return time + count * step


def diff(unit, start, end):
    if end < start:
        return -diff(unit, end, start)
    if unit in ("month", "quarter", "year"):
        months = (end.year - start.year) * 12 + end.month - start.month
        if add_months(start, months) > end:
            months -= 1
        return months // {"month": 1, "quarter": 3, "year": 12}[unit]
    step = {"millisecond": timedelta(milliseconds=1)}.get(unit) or timedelta(**{unit + "s": 1})
    return (end - start) // step


def trunc(unit, time):
    day = time.replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        "millisecond": time,
        "second": time.replace(microsecond=0),
        "minute": time.replace(second=0, microsecond=0),
        "hour": time.replace(minute=0, second=0, microsecond=0),
        "day": day,
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "quarter": day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
        "year": day.replace(month=1, day=1),
    }[unit]


UNITS = ["millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year"]
COLUMN = "(VALUES " + ", ".join(f"({literal(time)})" for time in TIMES) + ") AS t(x)"

for unit in UNITS:
    for count in (1, -13):
        rule = f"date_add('{unit}', {count}, timestamp) keeps the type; a day that a month lacks becomes its last"
        record(rule, "P", f"SELECT date_add('{unit}', {count}, x) FROM {COLUMN}", [[add(unit, count, t)] for t in TIMES])
    rule = f"date_diff('{unit}', a, b) counts whole units, towards zero"
    rows = [[diff(unit, time, TIMES[0]), diff(unit, TIMES[1], time)] for time in TIMES]
    record(rule, "II", f"SELECT date_diff('{unit}', x, {literal(TIMES[0])}), date_diff('{unit}', {literal(TIMES[1])}, x) FROM {COLUMN}", rows)
    rule = f"date_trunc('{unit}', timestamp) is the start of the unit; weeks start on Monday"
    record(rule, "P", f"SELECT date_trunc('{unit}', x) FROM {COLUMN}", [[trunc(unit, t)] for t in TIMES])

DAYS = [date(2024, 1, 31), date(2020, 2, 29), date(2023, 11, 30), date(2022, 12, 31)]
DAY_COLUMN = "(VALUES " + ", ".join(f"(date '{day}')" for day in DAYS) + ") AS t(x)"
for unit in ("day", "week", "month", "quarter", "year"):
    record(f"date_add('{unit}', n, date) is a date", "PP",
           f"SELECT date_add('{unit}', 5, x), date_add('{unit}', -5, x) FROM {DAY_COLUMN}",
           [[add(unit, 5, day), add(unit, -5, day)] for day in DAYS])
    record(f"date_diff('{unit}', date, date)", "I",
           f"SELECT date_diff('{unit}', x, date '2024-02-28') FROM {DAY_COLUMN}",
           [[diff(unit, day, date(2024, 2, 28))] for day in DAYS])
    full = [trunc(unit, datetime(day.year, day.month, day.day)).date() for day in DAYS]
    record(f"date_trunc('{unit}', date) is a date", "P", f"SELECT date_trunc('{unit}', x) FROM {DAY_COLUMN}", [[day] for day in full])

FIELDS = {
    "year": lambda t: t.year,
    "quarter": lambda t: (t.month + 2) // 3,
    "month": lambda t: t.month,
    "week": lambda t: t.isocalendar()[1],
    "week_of_year": lambda t: t.isocalendar()[1],
    "year_of_week": lambda t: t.isocalendar()[0],
    "yow": lambda t: t.isocalendar()[0],
    "day": lambda t: t.day,
    "day_of_month": lambda t: t.day,
    "day_of_week": lambda t: t.isoweekday(),
    "dow": lambda t: t.isoweekday(),
    "day_of_year": lambda t: t.timetuple().tm_yday,
    "doy": lambda t: t.timetuple().tm_yday,
    "hour": lambda t: t.hour,
    "minute": lambda t: t.minute,
    "second": lambda t: t.second,
    "millisecond": lambda t: t.microsecond // 1000,
}
for name, field in FIELDS.items():
    record(f"{name}(x) is a bigint", "I", f"SELECT {name}(x) FROM {COLUMN}", [[field(t)] for t in TIMES])
for name in ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "DAY_OF_MONTH", "DAY_OF_WEEK", "DOW", "DAY_OF_YEAR", "DOY",
             "YEAR_OF_WEEK", "YOW", "HOUR", "MINUTE", "SECOND"):
    record(f"extract({name} FROM x) is {name.lower()}(x); Sunday is day 7", "I",
           f"SELECT extract({name} FROM x) FROM {COLUMN}", [[FIELDS[name.lower()](t)] for t in TIMES])

record("last_day_of_month(x) is a date", "P", f"SELECT last_day_of_month(x) FROM {COLUMN}",
       [[date(t.year, t.month, calendar.monthrange(t.year, t.month)[1])] for t in TIMES])

ZONES = ["America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns"]
INSTANTS = [datetime(2024, 3, 10, 6, 59, 59), datetime(2024, 3, 10, 7, 0, 0), datetime(2024, 10, 27, 1, 0, 0),
            datetime(2024, 7, 1, 18, 45, 30)]
INSTANT_COLUMN = "(VALUES " + ", ".join(f"({literal(t)})" for t in INSTANTS) + ") AS t(x)"
for zone in ZONES:
    local = [t.replace(tzinfo=timezone.utc).astimezone(ZoneInfo(zone)) for t in INSTANTS]
    record(f"the fields of at_timezone(x, '{zone}') are those of its clocks", "IIII",
           f"SELECT day(y), hour(y), minute(y), dow(y) FROM (SELECT at_timezone(x, '{zone}') AS y FROM {INSTANT_COLUMN})",
           [[t.day, t.hour, t.minute, t.isoweekday()] for t in local])
    offsets = [int(t.utcoffset().total_seconds() // 60) for t in local]
    record(f"timezone_hour and timezone_minute of {zone} are the parts of its offset, both with its sign", "II",
           f"SELECT timezone_hour(at_timezone(x, '{zone}')), timezone_minute(at_timezone(x, '{zone}')) FROM {INSTANT_COLUMN}",
           [[int(m / 60), m - int(m / 60) * 60] for m in offsets])
    record(f"with_timezone(x, '{zone}') takes x for what clocks show there", "R",
           f"SELECT to_unixtime(with_timezone(x, '{zone}')) FROM (VALUES ({literal(INSTANTS[3])})) AS t(x)",
           [[f"{INSTANTS[3].replace(tzinfo=ZoneInfo(zone)).timestamp() / 1e9}E9"]])

for seconds in (0, 1700000000, -1, 951782400, 4102444799):
    record("from_unixtime(double) is an instant", "P", f"SELECT from_unixtime({seconds})",
           [[datetime(1970, 1, 1) + timedelta(seconds=seconds)]])
