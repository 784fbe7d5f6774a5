# SPDX-License-Identifier: BSD-2-Clause
"""The end, asked for at awkward moments: always in good order, and soon."""
import random
import signal
import socket
import time

from limits import SLOW, eventually

CONFIG = "zones:\n  - {domain: example.com, file: example.com.zone, store: on}\n"


def test_amid_queued_reloads(world):
    """A client has asked for a hundred reloads in one write: the one that runs is the last."""
    world.zone("example.com", "".join("n%d A 192.0.2.1\n" % i for i in range(20000)))
    world.configure(CONFIG)
    world.start()
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(str(world.folder / "control.sock"))
        s.sendall(b"reload\n" * 100)
        eventually(lambda: world.text().count("reload begun") >= 2, within=5)
        world.stop()
    text = world.text()
    assert "reload begun" not in text[text.index("stop asked"):]


def test_asked_twice(world):
    """Who cannot wait and asks again does not spoil the exit code."""
    world.zone("example.com", "www A 192.0.2.1\n")
    world.configure(CONFIG)
    for _ in range(5):
        world.start()
        end = time.monotonic() + 10 * SLOW
        while world.process.poll() is None and time.monotonic() < end:
            world.signal(signal.SIGTERM)
        world.wait_ended()


def test_right_after_the_start(world):
    """While records are read, the first probes run or nothing listens yet."""
    rng = random.Random(4)
    world.backend("127.0.0.2")
    world.zone("example.com", "edge POOL edge\n")
    world.configure(
        "checks:\n  - {name: web, http: {port: BACKEND_PORT, path: /}}\n"
        "pools:\n  - {name: edge, check: web, default: [127.0.0.2]}\n" + CONFIG)
    for _ in range(8):
        begun = world.text().count("store is loaded")
        world.start(ready=False)
        eventually(lambda: world.text().count("store is loaded") > begun, within=8)
        # the signals' handlers stand from when the store has started
        eventually(lambda: (world.folder / "control.sock").exists(), within=8)
        time.sleep(0.02 + rng.random() * 0.02)
        world.stop()
