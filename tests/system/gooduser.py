# SPDX-License-Identifier: BSD-2-Clause
"""Somebody who asks properly while others do not, and measures how long he waits."""
import multiprocessing
import socket
import struct
import threading
import time

from limits import SLOW

WWW = b"\x03www\x07example\x03com\x00\x00\x01\x00\x01"
ANSWER = bytes([192, 0, 2, 1])
WORST = 1.0  # seconds: nobody may wait longer


def question(ident, name=WWW):
    return struct.pack("!HHHHHH", ident, 0, 1, 0, 0, 0) + name


def framed(ident, name=WWW):
    q = question(ident, name)
    return struct.pack("!H", len(q)) + q


def read_exactly(s, n):
    got = bytearray()
    while len(got) < n:
        part = s.recv(n - len(got))
        if not part:
            raise EOFError("closed after %d of %d octets" % (len(got), n))
        got += part
    return bytes(got)


def read_message(s):
    return read_exactly(s, struct.unpack("!H", read_exactly(s, 2))[0])


class GoodUser(threading.Thread):
    """Asks over UDP, over a new connection, and over one that he keeps, in turn."""

    def __init__(self, world):
        super().__init__()
        self.where = (world.address, world.port)
        self.over = threading.Event()
        self.took = {"udp": [], "new": [], "kept": []}
        self.wrong = []

    def run(self):
        ident = 0
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, self.connect() as kept:
            udp.settimeout(5 * SLOW)
            udp.connect(self.where)
            while not self.over.is_set():
                for how in self.took:
                    ident = (ident + 1) & 0xffff
                    begin = time.monotonic()
                    try:
                        got = self.ask(how, udp, kept, ident)
                        if got[:2] != struct.pack("!H", ident) or ANSWER not in got:
                            self.wrong.append((how, got[:40].hex()))
                    except (OSError, EOFError) as e:
                        self.wrong.append((how, repr(e)))
                        if how == "kept":
                            return
                    self.took[how].append(time.monotonic() - begin)
                time.sleep(0.005)

    def connect(self):
        return socket.create_connection(self.where, timeout=5 * SLOW)

    def ask(self, how, udp, kept, ident):
        if how == "udp":
            udp.send(question(ident))
            return udp.recv(4096)
        if how == "kept":
            kept.sendall(framed(ident))
            return read_message(kept)
        with self.connect() as s:
            s.sendall(framed(ident))
            return read_message(s)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()

    def check(self, what):
        """Nothing was lost, and nobody waited long."""
        for how, took in self.took.items():
            took.sort()
            print("%-28s %-5s %5d asked, median %7.2f ms, 99 %% %7.2f ms, worst %7.2f ms" % (
                what, how, len(took), 1e3 * took[len(took) // 2],
                1e3 * took[len(took) * 99 // 100], 1e3 * took[-1]))
        assert not self.wrong, self.wrong[:3]
        assert all(took and took[-1] < WORST * SLOW for took in self.took.values())


def beside(world, what, abuse, *args):
    """Runs abuse(where, *args) in a process of its own, so that it does not take the
    good user's time, and has him ask meanwhile; returns what it says."""
    here, there = multiprocessing.get_context("fork").Pipe(duplex=False)

    def run():
        try:
            there.send((True, abuse((world.address, world.port), *args)))
        except BaseException as e:  # told, not swallowed
            there.send((False, repr(e)))

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    try:
        with GoodUser(world) as user:
            assert here.poll(60 * SLOW), "the abuse does not end"
            good, said = here.recv()
            time.sleep(0.2)
        process.join(10 * SLOW)
    finally:
        if process.is_alive():
            process.kill()
        process.join()
    user.check(what)
    assert good, said
    return said
