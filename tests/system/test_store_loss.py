# SPDX-License-Identifier: BSD-2-Clause
"""A Redis that loses its records in any way: what the whole zone answers before, during
and after. A zone never falls below four fifths of its names unless somebody accepts it."""
import socket
import time

import pytest

import masses
from limits import SLOW, always, eventually
from proxy import Proxy
from redisserver import RedisServer

CONFIG = """
store:
  kind: redis
  address: 127.0.0.1@REDIS_PORT
  rescan_interval: 1s
zones:
  - {domain: example.com, file: example.com.zone, store: on}
"""
KEY = "dns:{example.com}:h%d:A"
COUNT = 100
LEAST = 80


def first(i):
    return "10.1.0.%d" % i


def second(i):
    return "10.2.0.%d" % i


def put(client, value, numbers=range(COUNT)):
    pipe = client.pipeline(transaction=False)
    for i in numbers:
        pipe.hset(KEY % i, "values", value(i))
    pipe.execute()


def zone(world):
    """What is answered: number of a name to its address; a name that is gone is missing."""
    got = masses.ask_all(world.port, [("h%d.example.com" % i, "A") for i in range(COUNT)])
    assert {a.rcode for a in got} <= {"NOERROR", "NXDOMAIN"}, got
    return {i: socket.inet_ntoa(a.data[0]) for i, a in enumerate(got) if a.data}


def content(value, numbers=range(COUNT)):
    return {i: value(i) for i in numbers}


def store(world):
    return world.status()["store"]


def begin(world, redis_server, config=CONFIG):
    """All is served as `second` says."""
    put(redis_server.client, second)
    world.zone("example.com", "www A 192.0.2.1\n")
    world.configure(config)
    world.start()
    eventually(lambda: zone(world) == content(second), within=5)


def connected(world):
    eventually(lambda: store(world)["connected"] and store(world)["sync"] == "fresh", within=9)


def all_is_kept(world, client):
    """Everything, for a while; additions and changes go through meanwhile."""
    always(lambda: zone(world) == content(second), during=1.5)
    client.hset(KEY % 7, "values", first(7))
    client.hset("dns:{example.com}:new:A", "values", "10.3.0.1")
    want = content(second) | {7: first(7)}
    eventually(lambda: zone(world) == want, within=2)
    eventually(lambda: world.ask("new.example.com").data == ["10.3.0.1"], within=2)
    return want


def held(world):
    got = world.ctl_json("held")
    assert store(world)["held"] == sum(h["count"] for h in got)
    return got


def comes_back(world, client):
    """The keys are there again: nothing is held any more, without anybody's doing."""
    put(client, first)
    eventually(lambda: zone(world) == content(first), within=4)
    eventually(lambda: held(world) == [], within=4)


def accepted(world, want):
    """What is held is let go, and the zone is what Redis has."""
    (h,) = eventually(lambda: held(world), within=4)
    assert h["zone"] == "example.com" and h["why"] and h["examples"], h
    assert world.ctl_raw("accept", "example.com/99999999").returncode == 1
    world.ctl("accept", h["id"])
    eventually(lambda: zone(world) == want, within=4)
    assert held(world) == []


def empty_restart(redis_server):
    redis_server.kill()
    redis_server.start_empty()


def flush(redis_server):
    redis_server.client.flushall()


@pytest.mark.parametrize("lose", (flush, empty_restart))
def test_all_is_lost(world, redis_server, lose):
    """FLUSHALL, and a Redis that starts with nothing: all is served on, and after a restart
    of ours too; it ends by itself when the keys come back, or when it is accepted."""
    begin(world, redis_server)
    lose(redis_server)
    connected(world)
    want = all_is_kept(world, redis_server.client)
    eventually(lambda: sum(h["count"] for h in held(world)) == COUNT - 1, within=4)
    time.sleep(1.2 * SLOW)  # the replica is written once a second
    world.stop()
    world.start()
    assert zone(world) == want
    connected(world)
    always(lambda: zone(world) == want, during=1)
    assert sum(h["count"] for h in held(world)) == COUNT - 1
    comes_back(world, redis_server.client)
    lose(redis_server)
    connected(world)
    eventually(lambda: sum(h["count"] for h in held(world)) >= COUNT, within=4)
    put(redis_server.client, first, range(50))
    eventually(lambda: sum(h["count"] for h in held(world)) <= COUNT - 49, within=4)
    assert zone(world) == content(first)
    accepted(world, content(first, range(50)))


def test_half_is_evicted(world, redis_server):
    """For want of memory Redis throws away what it likes, a key at a time. Four fifths are
    served on, whichever; and what it still has, is right."""
    begin(world, redis_server)
    client = redis_server.client
    client.config_set("maxmemory-policy", "allkeys-random")
    while client.dbsize() > COUNT // 2:
        client.config_set("maxmemory", client.info("memory")["used_memory"] - 300)
        try:
            client.hset("other", "a", "b")
        except Exception as e:
            assert "OOM" in str(e), e
        assert len(zone(world)) >= LEAST
    client.config_set("maxmemory", 0)
    put(client, first, range(5))
    left = [i for i in range(COUNT) if client.exists(KEY % i)]

    def kept():
        got = zone(world)
        return (len(got) >= LEAST and set(left) <= set(got)
                and all(got[i] == second(i) for i in got if i >= 5))

    always(kept, during=2)
    got = zone(world)
    eventually(lambda: sum(h["count"] for h in held(world)) == len(got) - len(left), within=4)
    accepted(world, {i: got[i] for i in left})


def test_swapdb_to_nothing(world, redis_server):
    """Nothing announces a SWAPDB. The next rescan finds it, a second later here, ten
    minutes by default; then it is as if all was lost."""
    begin(world, redis_server)
    redis_server.client.swapdb(0, 1)
    began = time.monotonic()
    eventually(lambda: held(world), within=6)
    print("\nSWAPDB was seen after %.1f s" % (time.monotonic() - began))
    all_is_kept(world, redis_server.client)
    redis_server.client.swapdb(0, 1)
    eventually(lambda: held(world) == [], within=6)
    eventually(lambda: zone(world) == content(second), within=6)


def test_swapdb_to_others(world, redis_server):
    """Another content of the same names: served when the rescan finds it."""
    begin(world, redis_server)
    client = redis_server.client
    client.execute_command("SELECT", 1)
    put(client, first)
    client.execute_command("SELECT", 0)
    client.swapdb(0, 1)
    began = time.monotonic()
    eventually(lambda: zone(world) == content(first), within=6)
    print("\nSWAPDB was seen after %.1f s" % (time.monotonic() - began))
    assert held(world) == []


def restore(redis_server, numbers):
    redis_server.kill()
    redis_server.start_empty()
    put(redis_server.client, first, numbers)


@pytest.mark.parametrize("numbers", (range(90), range(45)))
def test_an_older_backup(world, redis_server, numbers):
    """Older values, and names that are younger than the backup are missing. Values are
    followed; a tenth may go; more than a fifth is held, and served as it was."""
    begin(world, redis_server)
    redis_server.kill()
    # off the net until it is complete, as who restores it should do
    for path in redis_server.folder.iterdir():
        if path.name == "appendonlydir":
            for part in path.iterdir():
                part.unlink()
            path.rmdir()
    redis_server.start(quietly=True)
    put(redis_server.client, first, numbers)
    redis_server.kill()
    assert zone(world) == content(second)
    redis_server.start()
    if len(numbers) >= LEAST:
        want = content(first, numbers)
        eventually(lambda: zone(world) == want, within=9)
        assert held(world) == []
        return
    want = content(second) | content(first, numbers)
    eventually(lambda: zone(world) == want, within=9)
    always(lambda: zone(world) == want, during=1.5)
    accepted(world, content(first, numbers))


def test_a_lagging_replica_becomes_the_master(world, redis_server):
    """What it did not get is lost: some is older than what we served, some is missing."""
    line = Proxy(redis_server.port)
    replica = RedisServer()
    replica.start()
    try:
        replica.follow(line.port)
        line.stall()  # from here on it lags
        # a stable place, as a virtual address is: first the master's, then the replica's
        place = Proxy(redis_server.port)
        world.words["REDIS_PORT"] = place.port
        begin(world, redis_server)
        assert replica.client.dbsize() == 0
        place.to_port = replica.port
        redis_server.kill()
        replica.client.replicaof("NO", "ONE")
        place.cut()
        connected(world)
        want = all_is_kept(world, replica.client)
        put(replica.client, first, range(95))
        want |= content(first, range(95))
        eventually(lambda: zone(world) == want, within=4)
        eventually(lambda: [h["count"] for h in held(world)] == [5], within=4)
        comes_back(world, replica.client)
    finally:
        line.close()
        replica.close()
        place.close()
