# SPDX-License-Identifier: BSD-2-Clause
"""Which one a client keeps to, from the text of sextant-steering(7)."""
import functools
import ipaddress

MASK = (1 << 64) - 1


def mix(x):
    x = ((x ^ x >> 30) * 0xbf58476d1ce4e5b9) & MASK
    x = ((x ^ x >> 27) * 0x94d049bb133111eb) & MASK
    return x ^ x >> 31


def fnv(octets):
    h = 0xcbf29ce484222325
    for octet in octets:
        h = ((h ^ octet) * 0x100000001b3) & MASK
    return h


def client(ip):
    ip = ipaddress.ip_address(ip)
    return mix(fnv(b"4" + ip.packed[:3] if ip.version == 4 else b"6" + ip.packed[:6]))


def address(ip):
    return mix(fnv(b"a" + ipaddress.ip_address(ip).packed))


def name(text):
    labels = text.lower().rstrip(".").split(".")
    return mix(fnv(b"n" + b"".join(bytes([len(x)]) + x.encode() for x in labels) + b"\0"))


def region(text):
    return mix(fnv(b"r" + text.encode()))


def cost(draw):
    draw = draw or 1
    zeros = 64 - draw.bit_length()
    m = (draw << zeros) >> 32
    fraction = 0
    for _ in range(24):
        m = m * m >> 31
        fraction <<= 1
        if m >> 32:
            m >>= 1
            fraction |= 1
    return ((zeros + 1) << 24) - fraction


def order(ip, candidates):
    """The keys of {key: (hash, weight)}, the one that the client keeps to first."""
    mine = client(ip)

    def compare(x, y):
        (hash_x, weight_x), (hash_y, weight_y) = candidates[x], candidates[y]
        draw_x, draw_y = mix(mine ^ hash_x), mix(mine ^ hash_y)
        if weight_x == weight_y:
            return -1 if draw_x > draw_y else 1
        if 0 in (weight_x, weight_y):
            return -1 if weight_y == 0 else 1
        left, right = cost(draw_x) * weight_y, cost(draw_y) * weight_x
        if left != right:
            return -1 if left < right else 1
        return -1 if draw_x > draw_y else 1
    return sorted(candidates, key=functools.cmp_to_key(compare))
