"""Addresses of `net.slt`: Python's ipaddress beside our functions."""
import ipaddress

ADDRESSES = ["10.0.0.1", "10.255.255.255", "11.0.0.0", "172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0",
             "192.168.1.1", "192.167.255.255", "100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0", "127.0.0.1",
             "169.254.169.254", "203.0.113.7", "8.8.8.8", "255.255.255.255", "::1", "::2", "fe80::1", "febf::1", "fec0::1",
             "fc00::1", "fdff::1", "fe00::1", "2001:db8::1", "2600:1f18::5", "::ffff:10.0.0.1", "::ffff:8.8.8.8",
             "s3.amazonaws.com", "AWS Internal", "", "10.0.0", "10.0.0.256", "1.2.3.4/32"]
NETWORKS = ["10.0.0.0/8", "172.16.0.0/12", "0.0.0.0/0", "203.0.113.7/32", "192.168.1.77/24", "100.64.0.0/10",
            "2001:db8::/32", "::/0", "fe80::/10", "2001:db8::1/128", "2001:db8:0:7::9/61"]
PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "::1/128",
           "fc00::/7", "fe80::/10"]


def address(text):
    """The address, or None; an IPv4 address mapped into IPv6 is the IPv4 address."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def network(text):
    return ipaddress.ip_network(text, strict=False)


def within(text, *networks):
    found = address(text)
    if found is None:
        return None
    return any(found.version == network(net).version and found in network(net) for net in networks)


def cell(value):
    if value is None:
        return "NULL"
    return str(value).lower() if isinstance(value, bool) else str(value)


def record(rule, types, sql, rows):
    print(f"# {rule}\nquery {types}\n{sql}\n----")
    for row in rows:
        print(cell(row))
    print()


def column(rule, types, call, texts, function):
    values = ", ".join(f"({index}, '{text}')" for index, text in enumerate(texts))
    record(rule, types, f"SELECT {call} FROM (VALUES {values}, (99, NULL)) AS t(i, x) ORDER BY i",
           [function(text) for text in texts] + [None])


for net in NETWORKS:
    column(f"Trino: contains({net}, address); Auditlake: NULL for what is no address", "B", f"contains('{net}', x)", ADDRESSES,
           lambda text: within(text, net))
column("Auditlake: is_private_ip", "B", "is_private_ip(x)", ADDRESSES, lambda text: within(text, *PRIVATE))
column("Auditlake: ip_in of several networks", "B", "ip_in(x, '10.0.0.0/8', '2001:db8::/32', '8.8.8.8')", ADDRESSES,
       lambda text: within(text, "10.0.0.0/8", "2001:db8::/32", "8.8.8.8"))
column("Auditlake: ip_in of an array", "B", "ip_in(x, ARRAY['172.16.0.0/12', 'fe80::/10'])", ADDRESSES,
       lambda text: within(text, "172.16.0.0/12", "fe80::/10"))
column("Trino: contains with networks from a column", "B", "contains(x, '10.1.2.3')", NETWORKS, lambda net: within("10.1.2.3", net))

for bits in (0, 7, 9, 24, 31, 32):
    column(f"Trino: ip_prefix of {bits} bits", "T", f"ip_prefix(x, {bits})", ADDRESSES[:18] + ["::ffff:10.9.8.7"],
           lambda text: network(f"{address(text)}/{bits}"))
for bits in (0, 10, 33, 61, 64, 127, 128):
    column(f"Trino: ip_prefix of {bits} bits of IPv6", "T", f"ip_prefix(x, {bits})", ["::1", "fe80::1", "fdff::1", "2001:db8:ffff:ffff::1"],
           lambda text: network(f"{text}/{bits}"))
column("Trino: ip_subnet_min", "T", "ip_subnet_min(x)", NETWORKS, lambda net: network(net)[0])
column("Trino: ip_subnet_max", "T", "ip_subnet_max(x)", NETWORKS, lambda net: network(net)[-1])
column("Trino: ip_subnet_range", "J", "ip_subnet_range(x)", NETWORKS, lambda net: f"[{network(net)[0]}, {network(net)[-1]}]")
for inner in ("10.1.0.0/16", "0.0.0.0/0", "2001:db8:0:1::/64", "172.16.0.0/12", "192.168.1.9"):
    def is_in(outer, inner=network(inner)):
        outer = network(outer)
        return outer.version == inner.version and inner.subnet_of(outer)
    column(f"Trino: is_subnet_of with {inner} inside", "B", f"is_subnet_of(x, '{inner}')", NETWORKS, is_in)
