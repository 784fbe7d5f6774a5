# SPDX-License-Identifier: BSD-2-Clause
"""tests/fuzz/wirefuzz against a server that has everything: spoilt packets over UDP and
TCP; each response is put before ldns, and a good query between them is always answered.

SEED=N repeats a run; WIRE_UDP=N and WIRE_TCP=N make it longer.
"""
import os
import random
import subprocess

import pytest

import everything
from limits import SLOW, eventually
from world import SOURCE

SEED = int(os.environ.get("SEED") or random.randrange(1 << 32))
COUNTS = {"udp": int(os.environ.get("WIRE_UDP") or 40000),
          "tcp": int(os.environ.get("WIRE_TCP") or 10000)}


@pytest.fixture
def fuzzed(world):
    program = os.environ.get("WIREFUZZ") or os.path.join(
        os.path.dirname(os.environ.get("SEXTANTD") or str(SOURCE / "build/sextantd")),
        "tests/fuzz/wirefuzz")
    if not os.access(program, os.X_OK):
        pytest.skip("%s is not there" % program)
    everything.start(world)
    world.fuzz = program
    return world


def run(world, over, seed, count):
    corpora = [str(SOURCE / "tests/fuzz/corpus" / c) for c in ("query", "answer")]
    options = ["-t"] if over == "tcp" else []
    got = subprocess.run(
        [world.fuzz, *options, "-n", str(count), "-s", str(seed), world.address, str(world.port),
         *corpora],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        # of the messages that are put before it, ldns 1.8.3 loses those with two TSIGs
        env={**os.environ, "LSAN_OPTIONS": "suppressions=%s:print_suppressions=0" % (
            SOURCE / "tests/lsan.supp")},
        timeout=60 * SLOW + count / 200)
    print(got.stdout)
    assert got.returncode == 0, got.stdout[-4000:]


@pytest.mark.parametrize("over", ["udp", "tcp"])
def test_spoilt_packets(fuzzed, over):
    """Nothing is wrong with what is said, and the end is in good order: no leak either."""
    run(fuzzed, over, SEED, COUNTS[over])
    assert fuzzed.ask("www.example.com", tcp=over == "tcp").data == ["192.0.2.1"]
    # others than the canary were answered too; a worker counts behind its answers
    wanted = ("noerror", "nxdomain", "formerr", "refused", "notimp", "ecs", "steered", "tsig",
              "tsig_bad", "cookies_new", "truncated" if over == "udp" else "transfers_refused")

    def missing():
        counters = fuzzed.status()["counters"]
        return [c for c in wanted if counters[c] == 0]

    eventually(lambda: not missing(), within=2)
