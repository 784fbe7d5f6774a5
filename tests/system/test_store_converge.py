# SPDX-License-Identifier: BSD-2-Clause
"""Whatever writers do and however often the line is cut: in the end we say what Redis says.

The usual run is small. The long one, some minutes:

    CONVERGE=150000 CONVERGE_RECORDS=300000 pytest -s tests/system/test_store_converge.py
"""
import os
import random
import threading
import time

import pytest

import masses
import storewriters
from limits import SLOW, eventually
from proxy import Proxy

ZONES = ("one.example", "two.example", "three.example")
COUNT = int(os.environ.get("CONVERGE", "12000"))  # operations of each of the four writers
RECORDS = int(os.environ.get("CONVERGE_RECORDS", "6000"))
SEED = int(os.environ.get("CONVERGE_SEED", "0")) or random.randrange(1, 1 << 30)
LONG = COUNT > 50000

CONFIG = """
geo:
  prefixes:
    - {prefix: 127.0.1.0/24, region: weu}
store:
  kind: redis
  address: 127.0.0.1@PROXY_PORT
  fresh_for: 5s
zones:
""" + "".join("  - {domain: %s, file: %s.zone, store: on}\n" % (z, z) for z in ZONES)


@pytest.fixture
def proxy(world, redis_server):
    p = Proxy(redis_server.port)
    world.words["PROXY_PORT"] = p.port
    yield p
    p.close()


def begin(world, sync="fresh"):
    for zone in ZONES:
        world.zone(zone, "www A 192.0.2.1\n")
    world.configure(CONFIG)
    world.start()
    eventually(lambda: world.status()["store"]["sync"] == sync, within=30)


def differences(world, client, names):
    """What is answered otherwise than a fresh read of Redis says, and to whom."""
    records = storewriters.read(client)
    asked = [storewriters.name_of(k) for k in names.all]
    wrong = []
    for near, source in ((False, "127.0.0.1"), (True, storewriters.REGION)):
        keys = names.steered if near else names.all
        for key, got in zip(keys, masses.ask_all(
                world.port, [storewriters.name_of(k) for k in keys], source=source)):
            want = storewriters.expect(records, key, near)
            if want != (got.rcode, got.data, got.ttl):
                wrong.append((key, records.get(key), want, tuple(got)))
    assert len(asked) == len(names.all)
    return wrong


def equal(world, client, names, within):
    """Waits for it; what differs is shown."""
    end = time.monotonic() + within * SLOW
    while True:
        wrong = differences(world, client, names)
        if not wrong or time.monotonic() > end:
            break
        time.sleep(0.3)
    assert not wrong, "seed %d: %d differ, as %s; %s" % (
        SEED, len(wrong), wrong[:5], world.status()["store"])


def test_table_equals_redis_whatever_happens(world, redis_server, proxy):
    """Four writers at full speed, the line cut in eight ways; in the end all is equal."""
    names = storewriters.Names(ZONES, RECORDS)
    client = redis_server.client
    client.config_set("appendonly", "no")
    storewriters.fill(client, names)
    begin(world)
    equal(world, client, names, within=5)
    sock = str(redis_server.folder / "redis.sock")
    began = time.monotonic()
    writers = [storewriters.Writer(sock, names, COUNT, SEED + i) for i in range(4)]
    vandal = storewriters.Vandal(client, proxy, SEED, pause=2 if LONG else 0.3)
    for thread in writers + [vandal]:
        thread.start()
    lost = 0
    while any(w.is_alive() for w in writers):
        # nobody who asks notices any of this
        got = masses.ask_all(world.port, [("www.one.example", "A")] * 50, timeout=2)
        lost += sum(g.rcode != "NOERROR" for g in got)
        time.sleep(0.05)
    vandal.stop()
    wrote = time.monotonic() - began
    assert [w.failed for w in writers] == [None] * 4
    assert lost == 0 and vandal.did
    eventually(lambda: world.status()["store"]["sync"] == "fresh", within=30)
    storewriters.wait_for_expiry(client, names.loose)
    began = time.monotonic()
    equal(world, client, names, within=60 if LONG else 10)
    print("\nseed %d: %d operations over %d records in %.0f s, %s; %d full reads; equal %.1f s "
          "after the last" % (SEED, 4 * COUNT, len(names.all), wrote, vandal.did,
                              world.status()["store"]["resyncs"], time.monotonic() - began))
