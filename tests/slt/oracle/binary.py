"""Bytes of `binary.slt`: Python's hashlib, hmac, zlib, base64 and struct beside Trino's functions."""
import base64
import hashlib
import hmac
import struct
import zlib

TEXTS = ["", "a", "abc", "hello world", "äöü €", "x" * 55, "x" * 56, "x" * 64, "x" * 200, "{\"k\": [1, 2]}"]
NUMBERS = [0, 1, -1, 255, 65536, 2147483647, -2147483648]
LARGE = [9223372036854775807, -9223372036854775808, 1234567890123]


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def cell(value):
    if value is None:
        return "NULL"
    return str(value) if str(value) else "(empty)"


def column(rule, types, call, texts, function):
    values = ", ".join(f"({index}, {quoted(text) if isinstance(text, str) else text})" for index, text in enumerate(texts))
    print(f"# Trino: {rule}\nquery {types}\nSELECT {call} FROM (VALUES {values}, (99, NULL)) AS t(i, x) ORDER BY i\n----")
    for text in texts:
        print(cell(function(text)))
    print("NULL\n")


for name in ("md5", "sha1", "sha256", "sha512"):
    digest = getattr(hashlib, name)
    column(f"{name} of varbinary gives varbinary", "J", f"{name}(to_utf8(x))", TEXTS, lambda x: digest(x.encode()).hexdigest())
    column(f"to_hex({name}(..))", "T", f"to_hex({name}(to_utf8(x)))", TEXTS, lambda x: digest(x.encode()).hexdigest().upper())
for name in ("sha1", "sha256", "sha512"):
    for key in ("key", "k" * 200):
        column(f"hmac_{name} with a key of {len(key)} bytes", "J", f"hmac_{name}(to_utf8(x), to_utf8('{key}'))", TEXTS,
               lambda x: hmac.new(key.encode(), x.encode(), name).hexdigest())
column("crc32 gives a bigint", "I", "crc32(to_utf8(x))", TEXTS, lambda x: zlib.crc32(x.encode()))
column("to_base64", "T", "to_base64(to_utf8(x))", TEXTS, lambda x: base64.b64encode(x.encode()).decode())
column("to_base64url", "T", "to_base64url(to_utf8(x))", TEXTS, lambda x: base64.urlsafe_b64encode(x.encode()).decode())
column("to_base32", "T", "to_base32(to_utf8(x))", TEXTS, lambda x: base64.b32encode(x.encode()).decode())
for form in ("base64", "base64url", "base32", "hex"):
    column(f"from_{form} reads what to_{form} writes", "T", f"from_utf8(from_{form}(to_{form}(to_utf8(x))))", TEXTS, lambda x: x)
column("length of varbinary counts bytes", "I", "length(to_utf8(x))", TEXTS, lambda x: len(x.encode()))
column("reverse of varbinary", "J", "reverse(to_utf8(x))", TEXTS, lambda x: x.encode()[::-1].hex())
column("substr of varbinary", "J", "substr(to_utf8(x), 2, 3)", TEXTS, lambda x: x.encode()[1:4].hex())
column("to_big_endian_64", "J", "to_big_endian_64(x)", NUMBERS + LARGE, lambda x: struct.pack(">q", x).hex())
column("to_big_endian_32", "J", "to_big_endian_32(x)", NUMBERS, lambda x: struct.pack(">i", x).hex())
column("from_big_endian_64", "I", "from_big_endian_64(to_big_endian_64(x))", NUMBERS + LARGE, lambda x: x)
column("from_big_endian_32", "I", "from_big_endian_32(to_big_endian_32(x))", NUMBERS, lambda x: x)
column("to_ieee754_64", "J", "to_ieee754_64(x)", NUMBERS, lambda x: struct.pack(">d", x).hex())

for code in ("ff", "c3", "e282", "41c342", "f0908d", "eda080"):
    text = bytes.fromhex(code).decode("utf-8", "replace")
    print(f"# Trino: from_utf8 replaces what is no UTF-8\nquery T\nSELECT from_utf8(X'{code}')\n----\n{text}\n")
