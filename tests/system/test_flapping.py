# SPDX-License-Identifier: BSD-2-Clause
"""Backends that come and go, and one that fails one probe in three: how often answers change,
with real processes. The usual run is short; the long one takes FLAP seconds:

    FLAP=180 pytest -s tests/system/test_flapping.py
"""
import os
import time

from limits import SLOW, eventually

LONG = float(os.environ.get("FLAP", "0"))
PERIOD = 15 if LONG else 1.0 * SLOW  # up so long, down so long
DURING = LONG or 5 * SLOW
CONFIG = """
checks:
  - name: web
    http: {port: BACKEND_PORT, path: /, status: [200]}
    interval: %s
    timeout: %s
    confirm_interval: %s
geo:
  prefixes:
    - {prefix: 127.0.1.0/24, region: weu}
    - {prefix: 127.0.2.0/24, region: snam}
zones:
  - {domain: example.com, file: example.com.zone}
pools:
  - name: edge
    check: web
    regions:
      weu: [127.3.5.1, 127.3.5.2]
      snam: [127.3.5.3, 127.3.5.4]
""" % (("1s", "800ms", "200ms") if LONG else ("200ms", "150ms", "50ms"))
FLAPS, STEADY, LIMPS, WELL = ("127.3.5.%d" % i for i in range(1, 5))
SOURCES = {"127.0.1.1": (FLAPS, STEADY), "127.0.2.1": (LIMPS, WELL)}


def test_what_comes_and_goes_is_left_alone(world):
    """Who is well is served all the while; who flaps or limps is out after a few changes, and
    held out: it does not come and go with its verdicts."""
    b = {a: world.backend(a) for a in (FLAPS, STEADY, LIMPS, WELL)}
    world.zone("example.com", "www POOL edge\n")
    world.configure(CONFIG)
    world.start()
    eventually(lambda: set(world.states().values()) == {"up"}, within=5)
    b[LIMPS].limp()
    seen = {source: [(FLAPS, STEADY) if source == "127.0.1.1" else (LIMPS, WELL)]
            for source in SOURCES}
    flips, end, turn = 0, time.monotonic() + DURING, time.monotonic()
    while time.monotonic() < end:
        if time.monotonic() >= turn:
            (b[FLAPS].refuse if flips % 2 == 0 else b[FLAPS].answer)()
            flips, turn = flips + 1, turn + PERIOD
        for source, (bad, good) in SOURCES.items():
            got = tuple(world.ask("www.example.com", "A", source=source).data)
            assert good in got and set(got) <= {bad, good}, (source, got)
            if got != seen[source][-1]:
                seen[source].append(got)
        time.sleep(0.02)
    changes = {source: len(s) - 1 for source, s in seen.items()}
    print("\n%d flips in %.0f s; changes of the answer: flapping %d, one in three %d"
          % (flips, DURING, changes["127.0.1.1"], changes["127.0.2.1"]))
    # down, up at once the first time, down, and then held for a minute
    assert 1 <= changes["127.0.1.1"] <= 4 + 2 * DURING / 60, seen
    assert changes["127.0.2.1"] <= 4 + 2 * DURING / 60, seen
    assert flips >= 4
