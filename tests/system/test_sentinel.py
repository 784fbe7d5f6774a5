# SPDX-License-Identifier: BSD-2-Clause
"""Redis Sentinel: whoever is the master is followed, and no answer is lost meanwhile."""
import signal
import threading
import time

import redis

from limits import SLOW, eventually, free_port

CONFIG = """
store:
  kind: redis
  sentinels: [SENTINELS]
  master: fleet
zones:
  - {domain: example.com, file: example.com.zone, store: on}
"""
KEY = "dns:{example.com}:%s:A"


def store(world):
    return world.status()["store"]


def data(world, name):
    return world.ask(name + ".example.com", "A").data


def begin(world, fleet, sentinels=3):
    """A master, two replicas, three Sentinels who know each other; we follow."""
    master = fleet.server()
    for i in range(20):
        master.hset(KEY % ("o%d" % i), values="192.0.2.8")
    replicas = [fleet.replica(master) for _ in range(2)]
    watch = [fleet.sentinel(master, 2) for _ in range(sentinels)]
    for s in watch:
        eventually(lambda: len(s.client.sentinel_slaves("fleet")) == 2, within=15)
        eventually(lambda: len(s.client.sentinel_sentinels("fleet")) == sentinels - 1, within=15)
    follow(world, [s.port for s in watch])
    return master, replicas, watch


def follow(world, ports):
    world.zone("example.com", "www A 192.0.2.1\n")
    world.configure(CONFIG.replace("SENTINELS", ", ".join("127.0.0.1@%d" % p for p in ports)))
    world.start()


class Asking:
    """Asks all the time, and notes what is not answered as it should be."""

    def __init__(self, world):
        self.world, self.stop, self.bad, self.count = world, threading.Event(), [], 0
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.stop.is_set():
            for name in ("o7", "o19"):
                try:
                    got = self.world.ask(name + ".example.com")
                    if got.data != ["192.0.2.8"]:
                        self.bad.append(got)
                except Exception as e:
                    self.bad.append(e)
                self.count += 1
            time.sleep(0.005)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
        assert not self.bad, self.bad[:3]
        assert self.count > 50


def role(node):
    """A change of it cuts our connection as well."""
    try:
        return node.client.role()[0]
    except redis.RedisError:
        return None


def followed(world, old, replicas, limit):
    """A write to whoever is the master now is answered; returns the new master."""
    at = time.monotonic()

    new = eventually(lambda: next((r for r in replicas if role(r) == "master"), None), limit)
    promoted = time.monotonic() - at
    new.hset(KEY % "after", values="192.0.2.77")
    eventually(lambda: data(world, "after") == ["192.0.2.77"], within=limit)
    took = time.monotonic() - at
    print("a new master after %.1f s, followed after %.1f s" % (promoted, took))
    assert took < limit * SLOW
    s = store(world)
    assert s["connected"] and s["source"] == "master"
    assert s["address"].startswith("127.0.0.1@%d " % new.port) and '"fleet"' in s["address"]
    return new


def test_the_master_crashes(world, fleet):
    """down-after-milliseconds is 1000: followed within 5 s."""
    master, replicas, _ = begin(world, fleet)
    eventually(lambda: data(world, "o19") == ["192.0.2.8"], within=5)
    with Asking(world):
        master.kill()
        new = followed(world, master, replicas, 5)
        # the old one comes back, as a replica: nothing changes for us
        master.start()
        eventually(lambda: role(master) == "slave", within=20)
        new.hset(KEY % "later", values="192.0.2.78")
        eventually(lambda: data(world, "later") == ["192.0.2.78"], within=2)


def test_the_master_hangs(world, fleet):
    """Stopped, it keeps its connections and takes new ones: followed within 5 s as well."""
    master, replicas, _ = begin(world, fleet)
    eventually(lambda: data(world, "o19") == ["192.0.2.8"], within=5)
    with Asking(world):
        master.process.send_signal(signal.SIGSTOP)
        try:
            new = followed(world, master, replicas, 5)
        finally:
            master.process.send_signal(signal.SIGCONT)
        # it wakes up and thinks itself a master; we do not go back
        time.sleep(1)
        new.hset(KEY % "later", values="192.0.2.78")
        eventually(lambda: data(world, "later") == ["192.0.2.78"], within=2)


def test_a_planned_failover(world, fleet):
    """SENTINEL FAILOVER under writes: followed within 12 s."""
    master, replicas, watch = begin(world, fleet)
    eventually(lambda: data(world, "o19") == ["192.0.2.8"], within=5)
    stop = threading.Event()

    def write():
        i = 0
        while not stop.is_set():
            i += 1
            try:
                master.hset(KEY % "busy", values="192.0.2.%d" % (i % 200))
            except redis.RedisError:
                pass
            time.sleep(0.002)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with Asking(world):
            watch[0].client.execute_command("SENTINEL", "FAILOVER", "fleet")
            followed(world, master, replicas, 12)
    finally:
        stop.set()
        writer.join()


def test_sentinels_that_are_gone(world, fleet):
    """They are asked in turn; those that are away or hang cost a second, at most."""
    master, replicas, watch = begin(world, fleet)
    eventually(lambda: store(world)["source"] == "master", within=5)
    # without any Sentinel the master is followed on
    for s in watch[:2]:
        s.kill()
    watch[2].process.send_signal(signal.SIGSTOP)
    try:
        eventually(lambda: "no Sentinel can be heard" in world.text(), within=10)
        master.hset(KEY % "t1", values="192.0.2.9")
        eventually(lambda: data(world, "t1") == ["192.0.2.9"], within=2)
        assert store(world)["connected"]
        # a lost connection cannot be made anew then, and it is told why
        master.client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        master.client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        s = eventually(lambda: (s := store(world))["fault"] == "sentinel" and s, within=8)
        assert "Sentinel 127.0.0.1@" in s["reason"]
        assert data(world, "t1") == ["192.0.2.9"]
    finally:
        watch[2].process.send_signal(signal.SIGCONT)
    eventually(lambda: store(world)["connected"], within=12)


def test_a_wrong_name(world, fleet):
    """A master that the Sentinel does not know; a server where a Sentinel should be."""
    master = fleet.server()
    sentinel = fleet.sentinel(master, 1)
    world.zone("example.com", "www A 192.0.2.1\n")
    text = CONFIG.replace("SENTINELS", "127.0.0.1@%d" % sentinel.port)
    world.configure(text.replace("master: fleet", "master: flat"))
    world.start()
    eventually(lambda: 'it knows no master "flat"' in (store(world)["reason"] or ""), within=5)
    world.configure(CONFIG.replace("SENTINELS", "127.0.0.1@%d, 127.0.0.1@%d"
                                   % (master.port, free_port())))
    world.ctl("reload")
    eventually(lambda: "it is no Redis Sentinel" in world.text(), within=5)
    world.configure(text)
    world.ctl("reload")
    eventually(lambda: store(world)["connected"], within=8)
