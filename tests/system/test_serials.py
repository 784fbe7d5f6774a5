# SPDX-License-Identifier: BSD-2-Clause
"""The serials that are ours never go back, wherever the process ends and whatever the clock
says then.

KILLS=100 kills as often as that in test_killed_with_a_wrong_clock."""
import os
import random
import shutil
import subprocess
import threading
import time

import dns.exception
import pytest

from limits import eventually

CONFIG = """
zones:
  - {domain: example.com, file: example.com.zone, store: on}
  - {domain: own.example, store: on, ns: [ns1.example.net]}
"""
ZONES = ("example.com", "own.example")

CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

int
clock_gettime(clockid_t id, struct timespec *t)
{
    static int (*real)(clockid_t, struct timespec *);
    static long ahead;

    if (real == NULL) {
        const char *text = getenv("CLOCK_AHEAD");

        ahead = text == NULL ? 0 : atol(text);
        *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    }
    if (real(id, t) != 0)
        return -1;
    if (id == CLOCK_REALTIME)
        t->tv_sec += ahead;
    return 0;
}
"""


@pytest.fixture
def clock(world, monkeypatch):
    """clock(s): the servers to come are so many seconds ahead."""
    if shutil.which("cc") is None:
        pytest.skip("no compiler is installed")
    source = world.write("clock.c", CLOCK)
    library = world.folder / "clock.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True)
    monkeypatch.setenv("LD_PRELOAD", str(library))
    monkeypatch.setenv("ASAN_OPTIONS", "verify_asan_link_order=0")
    return lambda ahead: monkeypatch.setenv("CLOCK_AHEAD", str(ahead))


def serial(world, zone, **options):
    got = world.ask(zone, "SOA", **options)
    return int(got.data[0].split()[2]) if got.data else None


def change(world, zone, n):
    world.ctl("records", "set", "n." + zone, "A", "values=192.0.2.%d" % (n % 250))


def begin(world):
    world.zone("example.com", "www A 192.0.2.1\n")
    world.configure(CONFIG)
    world.start()


def test_a_clock_that_is_behind(world, clock):
    """After a stop and after SIGKILL: one more than was served last, or little more."""
    clock(0)
    begin(world)
    now = int(time.time())
    first = {z: serial(world, z) for z in ZONES}
    assert all(now - 30 <= s <= now + 30 for s in first.values())
    world.stop()
    clock(-86400)
    world.start()
    second = {z: serial(world, z) for z in ZONES}
    assert all(second[z] == first[z] + 1 for z in ZONES)
    for z in ZONES:
        change(world, z, 1)
        # the content is there at once; the serial a second later, at most one step in each
        assert world.ask("n." + z).data == ["192.0.2.1"]
        eventually(lambda: serial(world, z) > second[z], within=5)
    second = {z: serial(world, z) for z in ZONES}
    world.kill()
    clock(-2 * 86400)
    world.start()
    third = {z: serial(world, z) for z in ZONES}
    assert all(second[z] < third[z] <= second[z] + 200 for z in ZONES)
    # and with a clock that is right again it is the time
    world.stop()
    clock(3600)
    world.start()
    now = int(time.time()) + 3600
    assert all(now - 30 <= serial(world, z) <= now + 30 for z in ZONES)


def test_killed_with_a_wrong_clock(world, clock):
    """A secondary that looks all the time never sees a serial fall, over many lives."""
    seen = {z: 0 for z in ZONES}
    fallen = []
    clock(0)
    begin(world)
    for n in range(int(os.environ.get("KILLS", "4"))):
        life = {}
        end = threading.Event()

        def look():
            while not end.is_set():
                for z in ZONES:
                    try:
                        s = serial(world, z, timeout=0.5)
                    except (OSError, dns.exception.Timeout):
                        continue
                    if s is None:
                        continue
                    if s < life.get(z, 0) or (z not in life and s <= seen[z]):
                        fallen.append((n, z, seen[z], life.get(z), s))
                    life[z] = s

        looker = threading.Thread(target=look)
        looker.start()
        try:
            eventually(lambda: len(life) == len(ZONES), within=10)
            for i in range(random.randrange(3)):
                change(world, random.choice(ZONES), n * 7 + i)
            threading.Event().wait(random.uniform(0, 0.2))
        finally:
            world.kill()
            end.set()
            looker.join()
        seen.update(life)
        assert not fallen
        clock(random.choice([-100000, -3600, -20, -1, 0, 0, 30]))
        world.start()
