"""Aggregates, by Python's statistics and collections."""

import collections
import math
import statistics

NUMBERS = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5]
PAIRS = list(zip([1.0, 2.0, 3.0, 4.0, 5.0, 6.5], [2.5, 1.5, 4.0, 5.5, 4.5, 9.0]))
MASK = (1 << 64) - 1
PRIMES = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5)

COLUMN = "(VALUES " + ", ".join(f"({number})" for number in NUMBERS) + ") AS t(x)"
PAIR_COLUMN = "(VALUES " + ", ".join(f"({x:e}, {y:e})" for x, y in PAIRS) + ") AS t(x, y)"


def record(rule, types, sql, rows):
    print(f"# Trino: {rule}")
    print(f"query {types}")
    print(sql)
    print("----")
    for row in rows:
        print(row)
    print()


def rounded(name, arguments, value, source, rule=None):
    """Floating sums differ in their last digits, whatever adds them."""
    record(rule or f"{name}({arguments})", "B", f"SELECT abs({name}({arguments}) - {value!r}e0) < 1e-9 FROM {source}"
           if "e" not in repr(value) else f"SELECT abs({name}({arguments}) - {value!r}) < 1e-9 FROM {source}", ["true"])


count = len(NUMBERS)
mean = statistics.fmean(NUMBERS)
moments = {power: sum((x - mean) ** power for x in NUMBERS) for power in (2, 3, 4)}
rounded("avg", "x", mean, COLUMN, "avg(bigint) is a double")
rounded("stddev", "x", statistics.stdev(NUMBERS), COLUMN)
rounded("stddev_samp", "x", statistics.stdev(NUMBERS), COLUMN)
rounded("stddev_pop", "x", statistics.pstdev(NUMBERS), COLUMN)
rounded("variance", "x", statistics.variance(NUMBERS), COLUMN)
rounded("var_samp", "x", statistics.variance(NUMBERS), COLUMN)
rounded("var_pop", "x", statistics.pvariance(NUMBERS), COLUMN)
rounded("geometric_mean", "x", statistics.geometric_mean(NUMBERS), COLUMN)
rounded("skewness", "x", math.sqrt(count) * moments[3] / moments[2] ** 1.5, COLUMN)
variance = statistics.variance(NUMBERS)
scale = count * (count + 1) / ((count - 1) * (count - 2) * (count - 3))
rounded("kurtosis", "x", scale * moments[4] / variance**2 - 3 * (count - 1) ** 2 / ((count - 2) * (count - 3)), COLUMN)
total = sum(NUMBERS)
rounded("entropy", "x", -sum(x / total * math.log2(x / total) for x in NUMBERS), COLUMN, "entropy(count) is in bits")

xs, ys = [x for x, _ in PAIRS], [y for _, y in PAIRS]
line = statistics.linear_regression(xs, ys)
rounded("corr", "y, x", statistics.correlation(xs, ys), PAIR_COLUMN)
rounded("covar_samp", "y, x", statistics.covariance(xs, ys), PAIR_COLUMN)
rounded("covar_pop", "y, x", statistics.covariance(xs, ys) * (len(xs) - 1) / len(xs), PAIR_COLUMN)
rounded("regr_slope", "y, x", line.slope, PAIR_COLUMN, "regr_slope(y, x): the dependent value comes first")
rounded("regr_intercept", "y, x", line.intercept, PAIR_COLUMN)

record("sum, count, min and max of bigint", "IIII", f"SELECT sum(x), count(x), min(x), max(x) FROM {COLUMN}",
       [f"{sum(NUMBERS)} | {count} | {min(NUMBERS)} | {max(NUMBERS)}"])
record("count(DISTINCT x), sum(DISTINCT x)", "II", f"SELECT count(DISTINCT x), sum(DISTINCT x) FROM {COLUMN}",
       [f"{len(set(NUMBERS))} | {sum(set(NUMBERS))}"])
bits = [NUMBERS[0]] * 3
for number in NUMBERS[1:]:
    bits = [bits[0] & number, bits[1] | number, bits[2] ^ number]
record("bitwise_and_agg, bitwise_or_agg and bitwise_xor_agg", "III",
       f"SELECT bitwise_and_agg(x), bitwise_or_agg(x), bitwise_xor_agg(x) FROM {COLUMN}", [" | ".join(map(str, bits))])

counts = collections.Counter(NUMBERS)
for key in sorted(counts):
    record(f"histogram(x) counts each value; here {key}", "I", f"SELECT element_at(histogram(x), {key}) FROM {COLUMN}",
           [str(counts[key])])
for most in (1, 3):
    record(f"max(x, {most}) and min(x, {most}) are arrays, best first", "JJ", f"SELECT max(x, {most}), min(x, {most}) FROM {COLUMN}",
           [f"{sorted(NUMBERS)[::-1][:most]} | {sorted(NUMBERS)[:most]}"])
record("max(x, n) with n beyond the count gives all", "J", f"SELECT max(x, 100) FROM {COLUMN}", [str(sorted(NUMBERS)[::-1])])
by_y = sorted(PAIRS, key=lambda pair: pair[1])
record("max_by(x, y) and min_by(x, y)", "RR", f"SELECT max_by(x, y), min_by(x, y) FROM {PAIR_COLUMN}", [f"{by_y[-1][0]} | {by_y[0][0]}"])
record("max_by(x, y, n) and min_by(x, y, n) are arrays", "JJ", f"SELECT max_by(x, y, 3), min_by(x, y, 2) FROM {PAIR_COLUMN}",
       [f"{[x for x, _ in by_y[::-1][:3]]} | {[x for x, _ in by_y[:2]]}"])
for percentage in (0.1, 0.25, 0.5, 0.75, 0.99):
    record(f"approx_percentile(x, {percentage}) is one of few values", "I", f"SELECT approx_percentile(x, {percentage}) FROM {COLUMN}",
           [str(sorted(NUMBERS)[int(percentage * count)])])
record("array_agg(x ORDER BY x), and DESC", "JJ", f"SELECT array_agg(x ORDER BY x), array_agg(x ORDER BY x DESC) FROM {COLUMN}",
       [f"{sorted(NUMBERS)} | {sorted(NUMBERS)[::-1]}"])
record("listagg(x, ',') WITHIN GROUP (ORDER BY x)", "T",
       f"SELECT listagg(CAST(x AS varchar), ',') WITHIN GROUP (ORDER BY x) FROM {COLUMN}", [",".join(map(str, sorted(NUMBERS)))])
groups = collections.defaultdict(list)
for number in NUMBERS:
    groups[number % 3].append(number)
record("aggregates by group", "IIIJ", f"SELECT x % 3, count(*), sum(x), max(x, 2) FROM {COLUMN} GROUP BY 1 ORDER BY 1",
       [f"{key} | {len(groups[key])} | {sum(groups[key])} | {sorted(groups[key])[::-1][:2]}" for key in sorted(groups)])
running = []
for index in range(len(NUMBERS)):
    part = sorted(NUMBERS)[: index + 1]
    running.append(f"{sorted(NUMBERS)[index]} | {sum(part)} | {sorted(NUMBERS)[max(0, index - 2)]}")
record("a running sum over rows, and a value two rows before", "III",
       f"SELECT x, sum(x) OVER (ORDER BY x ROWS UNBOUNDED PRECEDING), min(x) OVER (ORDER BY x ROWS 2 PRECEDING) FROM {COLUMN} ORDER BY 1, 2",
       running)
order = sorted(NUMBERS)
record("rank, dense_rank and row_number", "IIII",
       f"SELECT x, rank() OVER (ORDER BY x), dense_rank() OVER (ORDER BY x), row_number() OVER (ORDER BY x) FROM {COLUMN} ORDER BY 1, 4",
       [f"{x} | {order.index(x) + 1} | {sorted(set(order)).index(x) + 1} | {i + 1}" for i, x in enumerate(order)])
record("percent_rank and cume_dist", "IRR",
       f"SELECT DISTINCT x, percent_rank() OVER (ORDER BY x), cume_dist() OVER (ORDER BY x) FROM {COLUMN} ORDER BY 1",
       [f"{x} | {order.index(x) / (count - 1)} | {sum(y <= x for y in order) / count}" for x in sorted(set(order))])
tiles = [tile + 1 for tile in range(4) for _ in range(count // 4 + (1 if tile < count % 4 else 0))]
record("ntile(4): the first tiles take what is over", "II",
       f"SELECT x, ntile(4) OVER (ORDER BY x) FROM {COLUMN} ORDER BY x, 2", [f"{x} | {tile}" for x, tile in zip(order, tiles)])
record("lag and lead by two, with a default", "III",
       f"SELECT x, lag(x, 2, -1) OVER (ORDER BY x), lead(x, 2, -1) OVER (ORDER BY x) FROM (SELECT DISTINCT x FROM {COLUMN}) ORDER BY x",
       [f"{x} | {s[i - 2] if i >= 2 else -1} | {s[i + 2] if i + 2 < len(s) else -1}" for s in [sorted(set(order))] for i, x in enumerate(s)])


def rotated(value, by):
    return ((value << by) | (value >> (64 - by))) & MASK


def xxhash64_of_word(value):
    """The hash of eight bytes with seed 0."""
    total = (PRIMES[4] + 8) & MASK
    total ^= rotated(value * PRIMES[1] & MASK, 31) * PRIMES[0] & MASK
    total = (rotated(total, 27) * PRIMES[0] + PRIMES[3]) & MASK
    total = (total ^ (total >> 33)) * PRIMES[1] & MASK
    total = (total ^ (total >> 29)) * PRIMES[2] & MASK
    return total ^ (total >> 32)


def checksum(values):
    total = sum(PRIMES[0] if value is None else xxhash64_of_word(value & MASK) * PRIMES[0] for value in values)
    return (total & MASK).to_bytes(8, "little").hex()


for values in ([1], [1, 2, 3], [-1, 0], [None], [None, 7, 7], [2**62, -(2**62)]):
    source = ", ".join("(NULL)" if value is None else f"({value})" for value in values)
    record(f"checksum of {values} as bigint", "J", f"SELECT checksum(CAST(x AS bigint)) FROM (VALUES {source}) AS t(x)", [checksum(values)])
