# SPDX-License-Identifier: BSD-2-Clause
"""`watch`: trouble and its end, a line each, to everybody who looks on."""
import json
import os
import select
import socket
import subprocess
import time

from limits import SLOW, eventually
from world import program

CONFIG = """zones:
  - {domain: example.com, file: example.com.zone}
checks:
  - {name: web, tcp: {port: BACKEND_PORT}, interval: 1s, confirm_interval: 200ms, timeout: 900ms}
pools:
  - {name: edge, check: web, default: 127.8.1.1}
"""


def begin(world):
    backend = world.backend("127.8.1.1")
    world.zone("example.com", "www POOL edge\n")
    world.configure(CONFIG)
    world.start()
    eventually(lambda: set(world.states().values()) == {"up"}, within=8)
    return backend


LONG = "a-pool-with-a-very-long-name-" * 2


class Watcher:
    """sextantctl watch, through a pipe."""

    def __init__(self, world, *words):
        self.process = subprocess.Popen(
            [program("SEXTANTCTL", "sextantctl"), "-s", str(world.folder / "control.sock"), *words, "watch"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.lines = []
        self.rest = b""

    def read(self, wanted):
        """Until a line has this."""
        end = time.monotonic() + 20 * SLOW
        while True:
            found = [line for line in self.lines if wanted in line]
            if found:
                return found[0]
            assert select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0], self.lines
            got = os.read(self.process.stdout.fileno(), 65536)
            assert got, self.lines
            *whole, self.rest = (self.rest + got).split(b"\n")
            self.lines += [line.decode() for line in whole]

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def test_all_are_told(world):
    backend = begin(world)
    watchers = [Watcher(world), Watcher(world, "--json"), Watcher(world, "--json")]
    try:
        for w in watchers:
            w.read("watching")
        backend.refuse()
        plain, first, second = (w.read("127.8.1.1") for w in watchers)
        assert " target web 127.8.1.1" in plain
        event = json.loads(first)
        assert (event["bad"], event["kind"], event["severity"] in ("warning", "critical")) == (True, "target", True)
        assert event == json.loads(second)
        assert "critical pool edge: " in watchers[0].read(" pool edge: ")
        backend.answer()
        assert json.loads(watchers[1].read('"bad":false'))["severity"] is None
        assert " good " in watchers[0].read(" good ")
        # others are served meanwhile, and what was told is no end of a reply
        assert world.ctl("status")
        world.stop()
        for w in watchers:
            assert w.process.wait(10 * SLOW) in (0, 1)
    finally:
        for w in watchers:
            w.end()


def watching(world):
    w = Watcher(world)
    try:
        w.read("watching")
        return w
    except AssertionError:
        w.end()
        return None


def test_who_hangs_up_is_forgotten(world):
    """Also who has said that he sends no more, and when nothing happens: more come and go
    than there is room for."""
    begin(world)
    for _ in range(5):
        some = [eventually(lambda: watching(world), within=10) for _ in range(15)]
        for w in some:
            w.end()


def test_too_many(world):
    begin(world)
    some = [Watcher(world) for _ in range(32)]
    try:
        for w in some:
            w.read("watching")
        reply = world.ctl_json("watch", ok=False)
        assert reply["code"] == "busy"
    finally:
        for w in some:
            w.end()


def test_a_slow_reader_is_cut(world):
    """Who does not read is cut off once the room for it is full; others are told on."""
    begin(world)
    pools = "".join("  - {name: " + LONG + "%d, check: web, default: 127.8.2.%d}\n" % (i, 1 + i % 200) for i in range(1500))
    world.configure(CONFIG + pools)
    slow = socket.socket(socket.AF_UNIX)
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.connect(str(world.folder / "control.sock"))
    slow.sendall(b"json watch\n")
    good = Watcher(world)
    try:
        good.read("watching")
        world.ctl("reload")
        for i in (0, 700, 1499):
            good.read(" pool " + LONG + "%d: " % i)
        world.configure(CONFIG)
        world.ctl("reload", "--force")
        good.read("%d: it is no longer there" % 1499)
        eventually(lambda: "control client cut, it reads too slowly" in world.text(), within=15)
        world.ctl("status")
    finally:
        good.end()
        slow.close()
