# SPDX-License-Identifier: BSD-2-Clause
"""A whole zone asked in one go: many questions on one TCP connection, answers in short."""
import collections
import socket
import struct
import threading

import dns.message
import dns.rcode

from limits import SLOW

TYPES = {"A": 1, "CNAME": 5, "TXT": 16, "AAAA": 28}
WINDOW = 2000  # questions that are not answered yet

# rcode: as a word; data: the RDATA of the type asked for, as octets, sorted; ttl: theirs
Short = collections.namedtuple("Short", "rcode data ttl")


def encode_name(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def question(ident, name, rdtype):
    return (struct.pack("!6H", ident, 0, 1, 0, 0, 0) + encode_name(name)
            + struct.pack("!2H", TYPES[rdtype], 1))


def skip_name(wire, at):
    while True:
        n = wire[at]
        if n == 0:
            return at + 1
        if n >= 0xc0:
            return at + 2
        at += 1 + n


def shorten(wire, rdtype):
    """Only what is asked for counts: a CNAME before it does not."""
    flags, _, answers = struct.unpack_from("!3H", wire, 2)
    at = skip_name(wire, 12) + 4
    data, ttl = [], None
    for _ in range(answers):
        at = skip_name(wire, at)
        kind, _, seconds, n = struct.unpack_from("!2HIH", wire, at)
        at += 10
        if kind == TYPES[rdtype]:
            data.append(wire[at:at + n])
            ttl = seconds
        at += n
    return Short(dns.rcode.to_text(flags & 15), tuple(sorted(data)), ttl)


def ask_all(port, questions, source="127.0.0.1", window=WINDOW, timeout=20):
    """The answers to [(name without the last dot, type)], in their order."""
    out = [None] * len(questions)
    room = threading.Semaphore(window)
    failed = []

    def send(s):
        batch = []
        try:
            for i, (name, rdtype) in enumerate(questions):
                if not room.acquire(blocking=False):
                    s.sendall(b"".join(batch))
                    batch = []
                    if not room.acquire(timeout=timeout * SLOW):
                        return
                q = question(i & 0xffff, name, rdtype)
                batch.append(struct.pack("!H", len(q)) + q)
            s.sendall(b"".join(batch))
        except OSError as e:
            failed.append(e)

    with socket.create_connection(("127.0.0.1", port), timeout * SLOW, (source, 0)) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sender = threading.Thread(target=send, args=(s,), daemon=True)
        sender.start()
        buffer, left, low = bytearray(), len(questions), 0
        while left:
            part = s.recv(1 << 18)
            assert part, "the connection was closed with %d answers to come %s" % (left, failed)
            buffer += part
            at = 0
            while len(buffer) - at >= 2:
                n = struct.unpack_from("!H", buffer, at)[0]
                if len(buffer) - at < n + 2:
                    break
                wire = bytes(buffer[at + 2:at + 2 + n])
                at += n + 2
                i = low + ((struct.unpack_from("!H", wire)[0] - low) & 0xffff)
                assert out[i] is None, "answered twice"
                out[i] = shorten(wire, questions[i][1])
                while low < len(out) and out[low] is not None:
                    low += 1
                left -= 1
                room.release()
            del buffer[:at]
        sender.join()
    return out
