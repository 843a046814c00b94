"""Texts of `url.slt`: Python's urllib beside Trino's functions."""
from urllib.parse import parse_qsl, quote_plus, unquote, unquote_plus, urlsplit

URLS = [
    "https://example.com/path1/p.php?k1=v1&k2=v2#Ref1",
    "http://user:secret@s3.amazonaws.com:8443/bucket/a%20key?versionId=x%2By&empty=&flag",
    "https://signin.aws.amazon.com/console?region=eu-central-1&state=a+b#top",
    "s3://bucket/key/with/slashes",
    "http://[2001:db8::1]:8080/x",
    "/relative/path?q=1",
    "https://example.com",
    "http://10.0.0.1:80/latest/meta-data/",
]
TEXTS = ["", "plain", "a b", "a+b", "50%", "ä/ö?ü=1&x", "-_.*~!'()", "日本", "arn:aws:s3:::b/k", "a\tb"]


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def cell(value):
    return "NULL" if value is None else str(value) or "(empty)"


def column(rule, types, call, texts, function):
    values = ", ".join(f"({index}, {quoted(text)})" for index, text in enumerate(texts))
    print(f"# Trino: {rule}\nquery {types}\nSELECT {call} FROM (VALUES {values}, (99, NULL)) AS t(i, x) ORDER BY i\n----")
    for text in texts:
        print(cell(function(text)))
    print("NULL\n")


def host(url):
    name = urlsplit(url).hostname or ""
    return f"[{name}]" if ":" in name else name


def parameter(name):
    return lambda url: dict(reversed(parse_qsl(urlsplit(url).query, keep_blank_values=True))).get(name)


column("url_extract_protocol", "T", "url_extract_protocol(x)", URLS, lambda url: urlsplit(url).scheme)
column("url_extract_host", "T", "url_extract_host(x)", URLS, host)
column("url_extract_port is NULL if none is named", "I", "url_extract_port(x)", URLS, lambda url: urlsplit(url).port)
column("url_extract_path is decoded", "T", "url_extract_path(x)", URLS, lambda url: unquote(urlsplit(url).path))
column("url_extract_query", "T", "url_extract_query(x)", URLS, lambda url: unquote(urlsplit(url).query))
column("url_extract_fragment", "T", "url_extract_fragment(x)", URLS, lambda url: urlsplit(url).fragment)
for name in ("k1", "versionId", "empty", "flag", "state", "region", "q", "none"):
    column(f"url_extract_parameter {name}", "T", f"url_extract_parameter(x, '{name}')", URLS, parameter(name))

# Trino leaves `*` as it is and encodes `~`; Python does it the other way round.
encoded = lambda text: quote_plus(text, safe="*").replace("~", "%7E")
column("url_encode writes form parameters", "T", "url_encode(x)", TEXTS, encoded)
column("url_decode reads what url_encode writes", "B", "url_decode(url_encode(x)) = x", TEXTS, lambda text: "true")
for text in ("a%20b", "a+b", "%E6%97%A5", "x%2By", "%7e"):
    print(f"# Trino: url_decode of escapes\nquery T\nSELECT url_decode('{text}')\n----\n{cell(unquote_plus(text))}\n")
