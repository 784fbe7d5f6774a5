# SPDX-License-Identifier: BSD-2-Clause
"""The guard on what the store says: fewer endpoints, a rescan that misses much, what is
known of held ones over a restart; and zones that are frozen."""
import time

from limits import SLOW, always, eventually

CONFIG = """
store:
  kind: redis
  address: 127.0.0.1@REDIS_PORT
  rescan_interval: 1s
zones:
  - {domain: example.com, store: on, ns: [ns1.example.net]}
"""
KEY = "dns:{example.com}:%s:A"
ZONE = "dns:{example.com}"
NAMES = ["n%d" % i for i in range(40)]


def fill(redis_server, names=NAMES, value="192.0.2.1"):
    pipe = redis_server.client.pipeline()
    for name in names:
        pipe.hset(KEY % name, "values", value)
    pipe.execute()


def fresh(world):
    eventually(lambda: world.status()["store"]["sync"] == "fresh", within=10)


def begin(world, redis_server):
    fill(redis_server)
    world.configure(CONFIG)
    world.start()
    fresh(world)
    eventually(lambda: count(world) == 40, within=4)


def count(world, names=NAMES):
    return sum(world.ask(n + ".example.com").rcode == "NOERROR" for n in names)


def held(world):
    return sum(h["count"] for h in world.ctl_json("held"))


def zone(world):
    (z,) = world.ctl_json("store")["zones"]
    return z


def data(world, name):
    return world.ask(name + ".example.com").data


def test_fewer_endpoints(world, redis_server):
    """Most of a pool's endpoints at once are held, whether they are taken away by region or
    by value; additions are not."""
    regions = {"values@weu": "192.0.2.1 192.0.2.2", "values@eeu": "192.0.2.3 192.0.2.4",
               "values@snam": "192.0.2.5 192.0.2.6", "values": "192.0.2.7 192.0.2.8"}
    redis_server.hset("dns:{example.com}:api:A", **regions)
    begin(world, redis_server)
    redis_server.client.hdel("dns:{example.com}:api:A", "values@weu", "values@eeu")
    eventually(lambda: held(world) == 1, within=4)
    (h,) = world.ctl_json("held")
    assert h["why"] == "4 of 8 endpoints of all pools would be left, of 8 in the last 24 hours"
    redis_server.hset("dns:{example.com}:api:A", **regions)
    eventually(lambda: held(world) == 0, within=4)
    redis_server.hset("dns:{example.com}:api:A", values="192.0.2.9 192.0.2.10")
    eventually(lambda: set(data(world, "api")) & {"192.0.2.9", "192.0.2.10"}, within=4)
    redis_server.client.hdel("dns:{example.com}:api:A", "values@weu", "values@eeu", "values@snam")
    eventually(lambda: held(world) == 1, within=4)
    world.ctl("accept", world.ctl_json("held")[0]["id"])
    eventually(lambda: "values@weu" not in world.ctl("records", "get", "api.example.com", "A"), within=4)


def test_a_rescan_takes_nothing_before_it_is_through(world, redis_server):
    """Nobody announces a SWAPDB. A quarter of the names is missing: none of them goes."""
    begin(world, redis_server)
    redis_server.client.execute_command("SELECT", 1)
    fill(redis_server, NAMES[:30])
    redis_server.client.execute_command("SELECT", 0)
    redis_server.client.swapdb(0, 1)
    eventually(lambda: held(world) == 10, within=8)
    assert count(world) == 40
    # a tenth may go, all at once
    redis_server.client.swapdb(0, 1)
    eventually(lambda: held(world) == 0, within=8)
    redis_server.client.execute_command("SELECT", 1)
    fill(redis_server, NAMES[:36])
    redis_server.client.execute_command("SELECT", 0)
    redis_server.client.swapdb(0, 1)
    eventually(lambda: count(world) == 36, within=8)
    assert held(world) == 0


def test_disabled_is_held_over_a_restart(world, redis_server):
    """Until Redis is read again only its sum is known: then it can be accepted."""
    begin(world, redis_server)
    pipe = redis_server.client.pipeline(transaction=True)
    for name in NAMES[:20]:
        pipe.hset(KEY % name, "state", "disabled")
    pipe.execute()
    eventually(lambda: held(world) == 20, within=4)
    (h,) = world.ctl_json("held")
    time.sleep(1.2 * SLOW)  # the replica is written once a second
    redis_server.kill()
    world.stop()
    world.start()
    assert world.ctl_json("held")[0]["id"] == h["id"]
    assert world.ctl_json("accept", h["id"], ok=False)["code"] == "busy"
    assert count(world) == 40
    redis_server.start()
    fresh(world)
    assert "20 records" in world.ctl("accept", h["id"])
    eventually(lambda: count(world) == 20, within=4)
    assert held(world) == 0


def test_frozen(world, redis_server):
    """What is served stays, over restarts and full reads; what changes waits, is counted,
    and is taken when the zone is active again."""
    begin(world, redis_server)
    redis_server.hset(ZONE, state="frozen")
    eventually(lambda: zone(world)["frozen"], within=4)
    redis_server.hset(KEY % "n0", values="192.0.2.2")
    redis_server.hset(KEY % "new", values="192.0.2.2")
    redis_server.client.delete(KEY % "n1")
    eventually(lambda: zone(world)["waiting"] == 3, within=4)
    assert "FROZEN: 3 changed records wait" in world.ctl("store")

    def stands():
        return (data(world, "n0"), data(world, "new"), count(world)) == (["192.0.2.1"], [], 40)

    always(stands, during=1.5)
    time.sleep(1.2 * SLOW)  # the replica is written once a second
    redis_server.kill()
    world.stop()
    world.start()
    assert stands() and zone(world)["frozen"]
    redis_server.start()
    fresh(world)
    assert stands()
    assert zone(world)["waiting"] == 3
    redis_server.hset(ZONE, state="active")
    eventually(lambda: data(world, "n0") == data(world, "new") == ["192.0.2.2"], within=4)
    eventually(lambda: count(world) == 39, within=4)
    assert (zone(world)["frozen"], zone(world)["waiting"], held(world)) == (False, 0, 0)


def test_frozen_refuses_writes(world):
    """In the embedded store nothing can wait: a write is refused until it is active."""
    world.configure("zones:\n  - {domain: example.com, store: on, ns: [ns1.example.net]}\n")
    world.start()
    world.ctl("records", "set", "a.example.com", "A", "values=192.0.2.1")
    world.ctl("records", "set", ZONE, "state=frozen")
    for words in (("set", "a.example.com", "A", "values=192.0.2.2"), ("delete", "a.example.com", "A")):
        reply = world.ctl_json("records", *words, ok=False)
        assert "the zone is frozen" in reply["error"], reply
    assert data(world, "a") == ["192.0.2.1"]
    world.ctl("records", "set", ZONE, "state=active")
    world.ctl("records", "set", "a.example.com", "A", "values=192.0.2.2")
    eventually(lambda: data(world, "a") == ["192.0.2.2"], within=4)


def test_a_cut_above_many_names(world, redis_server):
    """A delegation in the store that would take names over is held, and so is a DNAME at
    the apex; one with nothing below is taken."""
    begin(world, redis_server)
    inner = ["h%d.sub" % i for i in range(20)]
    fill(redis_server, inner)
    eventually(lambda: count(world, inner) == 20, within=4)
    for key in ("dns:{example.com}:sub:NS", "dns:{example.com}:@:DNAME"):
        redis_server.hset(key, values="ns1.example.net.")
        eventually(lambda: held(world) == 1, within=4)
        assert count(world, NAMES + inner) == 60
        redis_server.client.delete(key)
        eventually(lambda: held(world) == 0, within=4)
    redis_server.hset("dns:{example.com}:other:NS", values="ns1.example.net.")
    eventually(lambda: any(" NS " in a for a in world.ask("a.other.example.com").authority), within=4)
    redis_server.hset("dns:{example.com}:sub:NS", values="ns1.example.net.")
    eventually(lambda: held(world) == 1, within=4)
    assert world.ctl_json("held")[0]["why"] == "41 of 61 names would be left, of 61 in the last 24 hours"
    world.ctl("accept", world.ctl_json("held")[0]["id"])
    eventually(lambda: not world.ask("h1.sub.example.com").answer, within=4)
