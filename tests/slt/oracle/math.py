"""Numbers of `math.slt`: Python's math and integers beside Trino's functions."""
import math

DOUBLES = [0.0, 1.0, -1.0, 0.5, 2.5, -2.5, 1234.5678, 1e10, 0.001]
INTEGERS = [0, 1, -1, 5, -8, 1250, -1250, 123456789]


def java(number):
    """A double as Java's Double.toString writes it."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number == 0 or 1e-3 <= abs(number) < 1e7:
        text = repr(number)
        return f"{number:f}" if "e" in text else text
    digits, exponent = f"{number!r}e0".split("e")[:2] if "e" in repr(number) else scientific(number)
    digits = digits if "." in digits else digits + ".0"
    return f"{digits}E{int(exponent)}"


def scientific(number):
    for precision in range(17):
        text = f"{number:.{precision}e}"
        if float(text) == number:
            return text.split("e")
    return f"{number:.17e}".split("e")


def cell(value):
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    return java(value) if isinstance(value, float) else str(value)


def record(rule, types, sql, *values):
    print(f"# Trino: {rule}\nquery {types}\n{sql}\n----")
    for value in values:
        print(cell(value))
    print()


def column(rule, types, call, numbers, function):
    shown = [f"CAST({number!r} AS double)" if isinstance(number, float) else str(number) for number in numbers]
    values = ", ".join(f"({index}, {number})" for index, number in enumerate(shown))
    record(rule, types, f"SELECT {call} FROM (VALUES {values}, (99, NULL)) AS t(i, x) ORDER BY i",
           *[function(number) for number in numbers], None)


def away(number, digits=0):
    """Rounds half away from zero, as Trino does, through the scaled double."""
    unit = 10.0 ** digits
    return math.copysign(math.floor(abs(number) * unit + 0.5) / unit, number)


column("round of double: half away from zero", "R", "round(x)", DOUBLES, away)
column("round of double to digits", "R", "round(x, 2)", DOUBLES, lambda x: away(x, 2))
column("floor of double is double", "R", "floor(x)", DOUBLES, lambda x: float(math.floor(x)))
column("ceil of double is double", "R", "ceil(x)", DOUBLES, lambda x: math.copysign(float(math.ceil(x)), x) if math.ceil(x) == 0 else float(math.ceil(x)))
column("truncate of double is double", "R", "truncate(x)", DOUBLES, lambda x: math.copysign(float(math.trunc(x)), x))
column("sign of double is double", "R", "sign(x)", DOUBLES, lambda x: float((x > 0) - (x < 0)))
column("sign of bigint is bigint", "I", "sign(x)", INTEGERS, lambda x: (x > 0) - (x < 0))
column("abs", "I", "abs(x)", INTEGERS, abs)
column("round of bigint is bigint", "I", "round(x)", INTEGERS, lambda x: x)
column("round of bigint before the point", "I", "round(x, -2)", INTEGERS, lambda x: int(math.copysign((abs(x) + 50) // 100 * 100, x)))
column("floor of bigint is bigint", "I", "floor(x)", INTEGERS, lambda x: x)
column("mod has the sign of the dividend", "I", "mod(x, 3)", INTEGERS, lambda x: int(math.fmod(x, 3)))
column("mod by a negative number", "I", "mod(x, -7)", INTEGERS, lambda x: int(math.fmod(x, -7)))
column("mod of double", "R", "mod(x, 0.75)", DOUBLES, lambda x: math.fmod(x, 0.75))
column("% is mod", "I", "x % 3", INTEGERS, lambda x: int(math.fmod(x, 3)))
column("power is double", "R", "power(x, 2)", INTEGERS, lambda x: float(x) ** 2)
column("is_nan", "B", "is_nan(x)", DOUBLES, math.isnan)
column("degrees", "R", "round(degrees(x), 6)", DOUBLES[:6], lambda x: away(math.degrees(x), 6))

# The last digit is the libraries' own, so that nine are compared.
for name, function in (("sin", math.sin), ("cos", math.cos), ("tan", math.tan), ("sinh", math.sinh), ("cosh", math.cosh),
                       ("tanh", math.tanh), ("atan", math.atan), ("exp", math.exp), ("radians", math.radians)):
    column(name, "R", f"round({name}(x), 9)", DOUBLES[:6], lambda x: away(function(x), 9))
for name, function in (("ln", math.log), ("log2", math.log2), ("log10", math.log10), ("sqrt", math.sqrt),
                       ("cbrt", lambda x: x ** (1 / 3))):
    column(name, "R", f"round({name}(x), 9)", [1.0, 2.0, 8.0, 10.0, 1000.0, 0.5], lambda x: away(function(x), 9))
for base in (2, 10, 3):
    column(f"log({base}, x)", "R", f"round(log({base}, x), 9)", [1.0, 2.0, 9.0, 1000.0], lambda x: away(math.log(x, base), 9))
for y, x in ((1, 1), (-1, 0), (0, -1), (2, 3)):
    record("atan2(y, x)", "R", f"SELECT round(atan2({y}, {x}), 9)", away(math.atan2(y, x), 9))


def signed(number):
    """The bigint of 64 bits."""
    return (number + 2 ** 63) % 2 ** 64 - 2 ** 63


for other in (0, 25, -1, 6):
    column("bitwise_and", "I", f"bitwise_and(x, {other})", INTEGERS, lambda x: x & other)
    column("bitwise_or", "I", f"bitwise_or(x, {other})", INTEGERS, lambda x: x | other)
    column("bitwise_xor", "I", f"bitwise_xor(x, {other})", INTEGERS, lambda x: x ^ other)
column("bitwise_not", "I", "bitwise_not(x)", INTEGERS, lambda x: ~x)
for by in (0, 3, 60, 63, 64, 100):
    column(f"bitwise_left_shift by {by}", "I", f"bitwise_left_shift(x, {by})", INTEGERS, lambda x: signed(x << by) if by < 64 else 0)
    column(f"bitwise_right_shift by {by}", "I", f"bitwise_right_shift(x, {by})", INTEGERS,
           lambda x: signed((x % 2 ** 64) >> by) if by < 64 else 0)
    column(f"bitwise_right_shift_arithmetic by {by}", "I", f"bitwise_right_shift_arithmetic(x, {by})", INTEGERS,
           lambda x: x >> min(by, 63))
column("bit_count of 64 bits", "I", "bit_count(x, 64)", INTEGERS, lambda x: bin(x % 2 ** 64).count("1"))
column("bit_count of 32 bits", "I", "bit_count(x, 32)", INTEGERS, lambda x: bin(x % 2 ** 32).count("1"))

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def in_base(number, radix):
    text, rest = "", abs(number)
    while rest or not text:
        text, rest = DIGITS[rest % radix] + text, rest // radix
    return ("-" if number < 0 else "") + text


for radix in (2, 8, 10, 16, 36):
    column(f"to_base {radix} is in lower case", "T", f"to_base(x, {radix})", INTEGERS, lambda x: in_base(x, radix))
    column(f"from_base {radix}", "I", f"from_base(to_base(x, {radix}), {radix})", INTEGERS, lambda x: int(in_base(x, radix), radix))


def bucket(x, first, second, count):
    lower, upper = min(first, second), max(first, second)
    found = 0 if x < lower else count + 1 if x >= upper else int(count * (x - lower) / (upper - lower) + 1)
    return count - found + 1 if first > second else found


for first, second, count in ((0, 10, 5), (10, 0, 5), (-5, 5, 3), (0, 1, 1)):
    column("width_bucket of equal buckets", "I", f"width_bucket(x, {first}, {second}, {count})", DOUBLES,
           lambda x: bucket(x, first, second, count))
column("width_bucket of an array of bounds", "I", "width_bucket(x, ARRAY[0.0, 1.0, 100.0])", DOUBLES,
       lambda x: sum(bound <= x for bound in (0.0, 1.0, 100.0)))


def wilson(successes, trials, z, side):
    p = successes / trials
    spread = z * math.sqrt((p * (1 - p) + z * z / (4 * trials)) / trials)
    return away((p + z * z / (2 * trials) + side * spread) / (1 + z * z / trials), 9)


for successes, trials, z in ((1250, 1310, 1.96), (0, 10, 1.96), (10, 10, 2.58), (3, 7, 0.0)):
    record("wilson_interval_lower", "R", f"SELECT round(wilson_interval_lower({successes}, {trials}, {z}), 9)", wilson(successes, trials, z, -1))
    record("wilson_interval_upper", "R", f"SELECT round(wilson_interval_upper({successes}, {trials}, {z}), 9)", wilson(successes, trials, z, 1))
