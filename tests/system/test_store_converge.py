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


def begin(world, extra=""):
    for zone in ZONES:
        world.zone(zone, "www A 192.0.2.1\n")
    world.configure(CONFIG.replace("  fresh_for", extra + "  fresh_for"))
    world.start()
    eventually(lambda: world.status()["store"]["sync"] == "fresh", within=30)


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


@pytest.mark.parametrize("sync,operations", (("track", COUNT), ("poll", COUNT // 4)))
def test_table_equals_redis_whatever_happens(world, redis_server, proxy, sync, operations):
    """Four writers at full speed, the line cut in eight ways; in the end all is equal."""
    names = storewriters.Names(ZONES, RECORDS)
    client = redis_server.client
    client.config_set("appendonly", "no")
    storewriters.fill(client, names)
    begin(world, "" if sync == "track" else "  sync: poll\n  poll_interval: 1s\n")
    equal(world, client, names, within=5)
    sock = str(redis_server.socket)
    began = time.monotonic()
    writers = [storewriters.Writer(sock, names, operations, SEED + i) for i in range(4)]
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
    print("\n%s, seed %d: %d operations over %d records in %.0f s, %s; %d full reads; equal %.1f s "
          "after the last" % (sync, SEED, 4 * operations, len(names.all), wrote, vandal.did,
                              world.status()["store"]["resyncs"], time.monotonic() - began))


def test_table_equals_redis_once_a_loss_is_accepted(world, redis_server, proxy):
    """The same, but a third of all names goes meanwhile: the guard trips, what is left is as
    Redis says, what went is served on; accepted, all is equal."""
    names = storewriters.Names(ZONES, RECORDS // 2)
    client = redis_server.client
    client.config_set("appendonly", "no")
    storewriters.fill(client, names)
    begin(world)
    equal(world, client, names, within=5)
    dice = random.Random(SEED)
    gone = dice.sample(names.stable, len(names.all) // 3)
    writers = [storewriters.Writer(str(redis_server.socket), names, COUNT // 4, SEED + i)
               for i in range(4)]
    vandal = storewriters.Vandal(client, proxy, SEED, pause=0.4)
    for thread in writers + [vandal]:
        thread.start()
    for writer in writers:
        writer.join()
    for at in range(0, len(gone), 50):  # last, so that no writer brings one back
        client.delete(*gone[at:at + 50])
    vandal.stop()
    eventually(lambda: world.status()["store"]["sync"] == "fresh", within=30)
    storewriters.wait_for_expiry(client, names.loose)

    def only_held():
        # at a name of many types what is held hides a CNAME, so the lone ones tell
        loose = set(names.loose)
        wrong = [w for w in differences(world, client, names) if w[0] not in loose]
        assert wrong, "nothing is held"
        for key, fields, want, got in wrong:
            assert want[0] == "NXDOMAIN" and got[0] == "NOERROR", (key, fields, want, got)
        return True

    # until the deletions are seen they look as if they were held
    eventually(lambda: {h["zone"] for h in world.ctl_json("held")} == set(ZONES), within=20)
    eventually(only_held, within=10, every=0.3)
    accepted = 0
    end = time.monotonic() + 20 * SLOW
    while differences(world, client, names):  # a slow machine sees them in several turns
        assert time.monotonic() < end, world.status()["store"]
        for h in world.ctl_json("held"):
            accepted += h["count"]
            world.ctl("accept", h["id"])
        time.sleep(0.3)
    assert world.ctl_json("held") == []
    print("\nseed %d: %d held" % (SEED, accepted))
