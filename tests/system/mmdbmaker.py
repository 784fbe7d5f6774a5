# SPDX-License-Identifier: BSD-2-Clause
"""Writes MaxMind DB files (format 2.0): {"10.0.0.0/8": {"country": {"iso_code": "SE"}}}."""
import ipaddress

ZERO = b"\0" * 16


def control(kind, size):
    first = (kind << 5 if kind < 8 else 0) | min(size, 29)
    assert size < 285
    return (bytes([first]) + (bytes([kind - 7]) if kind > 7 else b"")
            + (bytes([size - 29]) if size >= 29 else b""))


def encode(value):
    if isinstance(value, str):
        return control(2, len(value.encode())) + value.encode()
    if isinstance(value, dict):
        return control(7, len(value)) + b"".join(encode(k) + encode(v) for k, v in value.items())
    if isinstance(value, list):
        return control(11, len(value)) + b"".join(map(encode, value))
    if value >= 1 << 32:
        return control(9, 8) + value.to_bytes(8, "big")
    return control(6, 4) + value.to_bytes(4, "big")


def database(networks, kind="Test-City", built=1750000000):
    """The octets of a file; no network may lie inside another."""
    nodes, data, places = [[None, None]], b"", {}
    for text, record in networks.items():
        net = ipaddress.ip_network(text)
        at, length = int(net.network_address), net.prefixlen
        if net.version == 4:
            length += 96
        packed = encode(record)
        if packed not in places:
            places[packed] = len(data)
            data += packed
        node = 0
        for i in range(length):
            bit = at >> (127 - i) & 1
            if i == length - 1:
                nodes[node][bit] = ("data", places[packed])
            else:
                if nodes[node][bit] is None:
                    nodes[node][bit] = len(nodes)
                    nodes.append([None, None])
                node = nodes[node][bit]
    tree = b""
    for node in nodes:
        for slot in node:
            if slot is None:
                value = len(nodes)
            elif isinstance(slot, tuple):
                value = len(nodes) + 16 + slot[1]
            else:
                value = slot
            tree += value.to_bytes(3, "big")
    meta = {"node_count": len(nodes), "record_size": 24, "ip_version": 6,
            "database_type": kind, "languages": ["en"], "binary_format_major_version": 2,
            "binary_format_minor_version": 0, "build_epoch": built, "description": {"en": kind}}
    # the specification's types: small numbers are uint16, the epoch uint64
    out = control(7, len(meta))
    for key, value in meta.items():
        out += encode(key)
        if key in ("record_size", "ip_version", "binary_format_major_version",
                   "binary_format_minor_version"):
            out += control(5, 2) + value.to_bytes(2, "big")
        elif key == "build_epoch":
            out += control(9, 8) + value.to_bytes(8, "big")
        else:
            out += encode(value)
    return tree + ZERO + data + b"\xab\xcd\xefMaxMind.com" + out


def country(code, **more):
    return {"country": {"iso_code": code}, **more}
