# SPDX-License-Identifier: BSD-2-Clause
"""Packets nobody should send, by the thousand: each is answered within the rules or not at
all, and who asks properly is answered all the while.

SEED=N repeats a run, PACKETS=N makes it longer.
"""
import os
import random
import socket
import struct
import threading
import time

import dns.exception
import dns.name
import pytest

import everything
import oracle
from limits import SLOW, eventually

SEED = int(os.environ.get("SEED") or random.randrange(1 << 32))
PACKETS = int(os.environ.get("PACKETS") or 4000)
UDP_CAP = 1232
OWNERS = ["www", "edge", "alias", "cname", "a.w", "w", "b.t", "q.c", "x.d", "d", "y.r1", "c1",
          "lost", "h.sub", "sub", "mx", "big", "x.h0", "nx", "*.w", "a.b.nx"]
ZONES = ["example.com."] * 8 + ["store.example.", "s.store.example.", "example.org.", "."]
TYPES = [1, 28, 5, 2, 6, 15, 16, 39, 43, 255, 0, 41, 64, 250, 251, 252, 65280, 65535]
MARK = b"\xfe\xed"
WWW = b"\x03www\x07example\x03com\x00\x00\x01\x00\x01"


def name_of(rng):
    labels = [rng.choice(OWNERS)] + [rng.choice(ZONES)]
    if rng.random() < 0.05:
        labels[:0] = [rng.choice(["a", "B", "c" * 63])] * rng.randrange(1, 120)
    text = ".".join(labels).replace("..", ".") if rng.random() < 0.95 else labels[-1]
    try:
        return dns.name.from_text(text).to_wire()
    except dns.exception.DNSException:
        return b"\x01a" * 127 + b"\x00"


def option(rng):
    kind = rng.randrange(4)
    if kind == 0:
        return struct.pack("!HH", 3, 0)
    if kind == 1:
        bits = rng.randrange(0, 135)
        return struct.pack("!HHHBB", 8, 4 + (bits + 7) // 8, rng.choice([1, 2, 2, 0, 9]), bits,
                           rng.choice([0, 0, 0, 7])) + bytes((bits + 7) // 8)
    if kind == 2:
        return struct.pack("!HHHBB", 8, 7, 1, 24, 0) + bytes([127, 1, 0])
    return struct.pack("!HH", rng.randrange(65536), 3) + b"abc"


def question(rng):
    flags = rng.randrange(65536) if rng.random() < 0.1 else 0
    q = bytearray(struct.pack("!HHHHHH", rng.randrange(0xfe00), flags, 1, 0, 0, 0))
    q += name_of(rng) + struct.pack("!HH", rng.choice(TYPES), rng.choice([1] * 8 + [3, 255]))
    if rng.random() < 0.7:
        options = b"".join(option(rng) for _ in range(rng.choice([0, 1, 1, 2])))
        q[10:12] = b"\x00\x01"
        q += b"\x00" + struct.pack("!HHIH", 41, rng.choice([0, 512, 1232, 65535]),
                                   rng.choice([0, 0x8000, 0x10000]), len(options)) + options
    return q


def mutated(rng):
    q = question(rng)
    for _ in range(rng.choice([0, 0, 0, 1, 1, 2, 5])):
        at = rng.randrange(len(q)) if q else 0
        what = rng.randrange(6)
        if what == 0:
            q[at:at + 1] = [rng.randrange(256)]
        elif what == 1:
            q[at:at + 1] = [rng.choice([0, 63, 64, 0x80, 0xc0, 0xff])]
        elif what == 2:
            del q[at:]
        elif what == 3:
            q[at:at] = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 20)))
        elif what == 4 and len(q) >= 12:
            q[rng.randrange(4, 12)] = rng.choice([0, 1, 2, 255])
        elif what == 5 and rng.random() < 0.05:
            q += bytes(rng.randrange(6000))
    return bytes(q)


def check_response(wire, limit):
    assert 12 <= len(wire) <= limit
    assert wire[2] & 0x80, "no response: %s" % wire.hex()
    oracle.accept(wire)


@pytest.fixture
def hostile(world):
    """The world, with somebody in it who asks properly and must be answered."""
    print("SEED=%d" % SEED)
    everything.start(world, "  tcp_per_client: 0\n")
    over, said = threading.Event(), []

    def canary():
        while not over.is_set():
            try:
                got = world.ask("www.example.com", tcp=len(said) % 4 == 0, timeout=2)
                said.append(got.data == ["192.0.2.1"])
            except (OSError, EOFError, dns.exception.DNSException) as e:
                said.append(e)
            time.sleep(0.01)

    thread = threading.Thread(target=canary)
    thread.start()
    yield world
    over.set()
    thread.join()
    wrong = [s for s in said if s is not True]
    assert said and not wrong, "%d of %d: %s" % (len(wrong), len(said), wrong[:3])


def test_over_udp(hostile):
    rng = random.Random(SEED)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.1.0.1", 0))
        s.connect((hostile.address, hostile.port))
        s.settimeout(5 * SLOW)
        for _ in range(PACKETS // 40):
            for _ in range(40):
                s.send(mutated(rng))
            # a question of our own behind each forty, so that no queue runs over
            s.send(MARK + struct.pack("!HHHHH", 0, 1, 0, 0, 0) + WWW)
            while (got := s.recv(65535))[:2] != MARK or got[-4:] != b"\xc0\x00\x02\x01":
                check_response(got, UDP_CAP)


def test_over_tcp(hostile):
    """Some clients read all, some nothing, some vanish with a reset."""
    rng = random.Random(SEED + 1)
    for i in range(40):
        data = b"".join(
            struct.pack("!H", len(q) if rng.random() < 0.998 else rng.randrange(65536)) + q
            for q in (mutated(rng) for _ in range(PACKETS // 40)))
        with socket.create_connection((hostile.address, hostile.port), timeout=5 * SLOW) as s:
            if i % 4 == 0:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if i % 4 < 2:
                s.setblocking(False)
                try:
                    s.send(data)
                except BlockingIOError:
                    pass
                continue
            sender = threading.Thread(target=send_and_end, args=(s, data))
            sender.start()
            got = bytearray()
            try:
                while part := s.recv(1 << 20):
                    got += part
            except ConnectionResetError:
                pass  # what was behind a broken length was not read any more
            sender.join()
        while len(got) >= 2 and len(got) >= 2 + (n := struct.unpack("!H", got[:2])[0]):
            check_response(bytes(got[2:2 + n]), 65535)
            del got[:2 + n]


def send_and_end(s, data):
    try:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def test_who_promises_and_does_not_keep(hostile):
    """Two hundred clients that begin a request, two hundred that never read an answer."""
    clients = []
    ask = struct.pack("!H", 12 + 21) + bytes([0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]) + \
        b"\x03big" + WWW[4:-4] + b"\x00\x10\x00\x01"
    for i in range(400):
        s = socket.create_connection((hostile.address, hostile.port), timeout=5 * SLOW)
        s.setblocking(False)
        s.send(b"\xff\xff" + bytes(3000) if i < 200 else ask * 10)
        clients.append(s)
    assert hostile.ask("www.example.com", tcp=True).data == ["192.0.2.1"]
    for s in clients:
        s.close()
    eventually(lambda: hostile.ask("www.example.com", tcp=True).data, within=2)
