#!/usr/bin/env python3
"""Prints records about functions of arrays; what they answer is worked out by a plain model of Trino's rules.

Every function is asked once with constants and once over a table of several rows, from arrays drawn by a fixed seed
and a few chosen ones.
"""

import itertools
import random

SEED = 7
CHOSEN = [None, [], [1], [None], [2, 2, 2], [3, None, 1, 3], [None, None, 5]]


def literal(value):
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return "ARRAY[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value)


def nested(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(map(nested, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{nested(key)}={nested(item)}" for key, item in value.items()) + "}"
    return str(value)


def cell(value):
    if value is None:
        return "NULL"
    return nested(value) if value != "" else "(empty)"


def record(rule, letters, sql, rows):
    print(f"# Trino: {rule}\nquery {letters}\n{sql}\n----")
    for row in rows:
        print(" | ".join(map(cell, row)))
    print()


# The model. None stands for NULL, in arguments and among items.


def strict(function):
    """NULL in any argument gives NULL."""
    return lambda *arguments: None if any(argument is None for argument in arguments) else function(*arguments)


def once(items):
    kept = []
    for item in items:
        if item not in kept:
            kept.append(item)
    return kept


def overlap(left, right):
    if not left or not right:
        return False
    if any(item is not None and item in right for item in left):
        return True
    return None if None in left or None in right else False


def extreme(choose):
    return lambda items: None if not items or None in items else choose(items)


def position(items, wanted):
    return items.index(wanted) + 1 if wanted in items else 0


def slice_of(items, start, length):
    first = start - 1 if start > 0 else len(items) + start
    return items[first:first + length] if 0 <= first < len(items) else []


def runs(items, size):
    size = min(size, len(items))
    return [items[first:first + size] for first in range(len(items) - size + 1)]


def holds_run(items, wanted):
    return any(items[first:first + len(wanted)] == wanted for first in range(len(items) - len(wanted) + 1))


def counted(items):
    known = [item for item in items if item is not None]
    return {item: known.count(item) for item in once(known)}


def choices(items, size):
    """Choices in the order of their last items, then of the items before."""
    found = itertools.combinations(range(len(items)), size)
    return [[items[at] for at in choice] for choice in sorted(found, key=lambda choice: choice[::-1])]


def in_order(items):
    return sorted(item for item in items if item is not None) + [None] * items.count(None)


ONE = [
    ("array_distinct", "J", "array_distinct keeps each item once, NULL too", once),
    ("array_max", "I", "array_max is NULL if an item is, or there is none", extreme(max)),
    ("array_min", "I", "array_min is NULL if an item is, or there is none", extreme(min)),
    ("array_sort", "J", "array_sort puts NULLs last", in_order),
    ("array_first", "I", "array_first of an empty array is NULL", lambda items: items[0] if items else None),
    ("array_last", "I", "array_last of an empty array is NULL", lambda items: items[-1] if items else None),
    ("array_histogram", "J", "array_histogram leaves NULL out", counted),
    ("reverse", "J", "reverse of an array", lambda items: items[::-1]),
    ("cardinality", "I", "cardinality counts NULLs", len),
]

TWO = [
    ("array_except", "J", "array_except keeps what the second lacks, each once", lambda a, b: [x for x in once(a) if x not in b]),
    ("array_intersect", "J", "array_intersect keeps what both have, each once", lambda a, b: [x for x in once(a) if x in b]),
    ("array_union", "J", "array_union has each item once", lambda a, b: once(a + b)),
    ("arrays_overlap", "B", "arrays_overlap is NULL if only a NULL could be common", overlap),
    ("contains_sequence", "B", "contains_sequence finds items that follow each other", holds_run),
]

WITH_NUMBER = [
    ("array_position", "I", "array_position is 0 for what is not there", position),
    ("array_remove", "J", "array_remove keeps NULLs", lambda items, gone: [x for x in items if x is None or x != gone]),
    ("ngrams", "J", "ngrams gives the whole array if it is short", lambda items, n: runs(items, n)),
    ("combinations", "J", "combinations of n items", choices),
]


def drawn(random_numbers, length=None):
    length = random_numbers.randrange(6) if length is None else length
    return [random_numbers.choice([None, 1, 2, 3, 4]) for _ in range(length)]


def table(rows, names):
    values = ", ".join("(" + ", ".join(map(literal, (at, *row))) + ")" for at, row in enumerate(rows))
    return f"(VALUES {values}) AS t(k, {names})"


def main():
    numbers = random.Random(SEED)
    print(f"# Made by {__file__.rsplit('/', 1)[-1]}; change that file instead.\n")
    for name, letter, rule, function in ONE:
        arrays = CHOSEN + [drawn(numbers) for _ in range(4)]
        of = strict(function)
        record(f"{rule}; over rows", "I" + letter, f"SELECT k, {name}(a) FROM {table([[a] for a in arrays], 'a')} ORDER BY k",
               [(at, of(a)) for at, a in enumerate(arrays)])
        for array in ([4, None, 4, 1], [9, 3, 7]):
            record(f"{rule}; constants", letter, f"SELECT {name}({literal(array)})", [(of(array),)])
    for name, letter, rule, function in TWO:
        pairs = [(a, b) for a in CHOSEN[:4] for b in CHOSEN[:3]] + [(drawn(numbers), drawn(numbers)) for _ in range(6)]
        pairs += [([1, 2, 3, None], [2, 3]), ([1, 2, 3], [1, 3])]
        of = strict(function)
        record(f"{rule}; over rows", "I" + letter, f"SELECT k, {name}(a, b) FROM {table(pairs, 'a, b')} ORDER BY k",
               [(at, of(*pair)) for at, pair in enumerate(pairs)])
        left, right = [5, 1, 1, None], [1, 7]
        record(f"{rule}; constants", letter, f"SELECT {name}({literal(left)}, {literal(right)})", [(of(left, right),)])
        record(f"{rule}; an array against a constant", "I" + letter,
               f"SELECT k, {name}(a, ARRAY[1, 3]) FROM {table([[a] for a in CHOSEN], 'a')} ORDER BY k",
               [(at, of(a, [1, 3])) for at, a in enumerate(CHOSEN)])
    for name, letter, rule, function in WITH_NUMBER:
        pairs = [(a, n) for a in CHOSEN for n in (1, 2, None)] + [(drawn(numbers), numbers.randrange(1, 5)) for _ in range(6)]
        of = strict(function)
        record(f"{rule}; over rows", "I" + letter, f"SELECT k, {name}(a, n) FROM {table(pairs, 'a, n')} ORDER BY k",
               [(at, of(*pair)) for at, pair in enumerate(pairs)])
        array = [1, 2, 3, 2, None]
        record(f"{rule}; constants", letter, f"SELECT {name}({literal(array)}, 2)", [(of(array, 2),)])
    cuts = [(array, start, length) for array in ([1, 2, 3, 4, 5], [], [7, None]) for start in (1, 2, 5, 9, -1, -2, -5, -6) for length in (0, 2)]
    record("slice counts from 1, from the end if negative; over rows", "IJ",
           f"SELECT k, slice(a, s, n) FROM {table(cuts, 'a, s, n')} ORDER BY k",
           [(at, slice_of(*cut)) for at, cut in enumerate(cuts)])
    for start, length in ((2, 3), (-3, 2), (-3, 9), (6, 1)):
        record("slice counts from 1, from the end if negative; constants", "J",
               f"SELECT slice(ARRAY[1, 2, 3, 4, 5], {start}, {length})", [(slice_of([1, 2, 3, 4, 5], start, length),)])
    trims = [([1, 2, 3], n) for n in range(4)] + [([], 0), (None, 1), ([1], None)]
    record("trim_array drops the last items", "IJ", f"SELECT k, trim_array(a, n) FROM {table(trims, 'a, n')} ORDER BY k",
           [(at, strict(lambda a, n: a[:len(a) - n])(a, n)) for at, (a, n) in enumerate(trims)])
    texts = [["a", None, "ü"], ["x"], [], [None], ["", "b"], None]
    record("array_join leaves NULLs out", "IT", f"SELECT k, array_join(a, '-') FROM {table([[a] for a in texts], 'a')} ORDER BY k",
           [(at, None if a is None else "-".join(x for x in a if x is not None)) for at, a in enumerate(texts)])
    record("array_join with a text for NULLs", "IT", f"SELECT k, array_join(a, '-', '?') FROM {table([[a] for a in texts], 'a')} ORDER BY k",
           [(at, None if a is None else "-".join("?" if x is None else x for x in a)) for at, a in enumerate(texts)])
    for function, of in (("array_sort", in_order), ("array_distinct", once), ("array_max", extreme(max)), ("reverse", lambda a: a[::-1])):
        letter = "T" if function == "array_max" else "J"
        words = ["kiwi", "Äpfel", "apple", "kiwi", "a"]
        record(f"{function} of texts, by their bytes", letter, f"SELECT {function}({literal(words)})", [(of(words),)])


main()
