# SPDX-License-Identifier: BSD-2-Clause
"""A Redis that hangs, is slow or is gone without a word: who asks us does not notice, and
whoever looks at `status` does."""
import signal
import socket
import time

import pytest

from flood import Flood
from limits import SLOW, eventually
from proxy import Proxy

CONFIG = """
store:
  kind: redis
  address: 127.0.0.1@PROXY_PORT
  fresh_for: 2s
  stale_ttl: 40
zones:
  - {domain: example.com, file: example.com.zone, store: on}
"""
KEY = "dns:{example.com}:%s:A"
COUNT = 200


@pytest.fixture
def proxy(redis_server, world):
    p = Proxy(redis_server.port)
    world.words["PROXY_PORT"] = p.port
    yield p
    p.close()


def stop_process(redis_server, proxy):
    redis_server.process.send_signal(signal.SIGSTOP)
    return lambda: redis_server.process.send_signal(signal.SIGCONT)


def half_open(redis_server, proxy):
    """The server is gone without a word, and nobody takes new connections."""
    proxy.refuse()
    proxy.half_open()
    return proxy.accept


def slow_line(redis_server, proxy):
    """A command and its answer: 5 s."""
    proxy.delay(2.5)
    return lambda: proxy.delay(0)


def begin(world, redis_server):
    pipe = redis_server.client.pipeline(transaction=False)
    for i in range(COUNT):
        pipe.hset(KEY % ("h%d" % i), mapping={"values": "192.0.2.%d" % i, "ttl": "600"})
    pipe.execute()
    world.zone("example.com", "www A 192.0.2.1\n")
    world.configure(CONFIG)
    world.start()
    eventually(lambda: store(world)["sync"] == "fresh", within=5)
    known = {"h%d.example.com" % i: [(socket.inet_aton("192.0.2.%d" % i),)]
             for i in range(COUNT)}
    return Flood(world.port, "example.com", known)


def store(world):
    return world.status()["store"]


@pytest.mark.parametrize("fault", (stop_process, half_open, slow_line))
def test_nobody_who_asks_notices(world, redis_server, proxy, fault):
    before = begin(world, redis_server)
    with before:
        time.sleep(0.3)
        quiet = before.stop()
    during = Flood(world.port, "example.com", before.known)
    with during:
        mend = fault(redis_server, proxy)
        try:
            s = eventually(lambda: (s := store(world))["connected"] is False and s, within=4)
            assert s["reason"], s
            # and as nothing helps, stale: less TTL, and told to who speaks EDNS
            eventually(lambda: store(world)["sync"] == "stale", within=5)
            got = world.ask("h7.example.com")
            assert (got.rcode, got.data, got.ttl, got.ede) == ("NOERROR", ["192.0.2.7"], 40, 3)
            got = world.ask("h7.example.com", edns=False)
            assert (got.data, got.ttl) == (["192.0.2.7"], 40)
            # what is not the store's is as ever
            got = world.ask("www.example.com")
            assert (got.data, got.ttl, got.ede) == (["192.0.2.1"], 300, None)
            faulty = during.stop()
        finally:
            mend()
    eventually(lambda: store(world)["sync"] == "fresh", within=9)
    got = world.ask("h7.example.com")
    assert (got.data, got.ttl, got.ede) == (["192.0.2.7"], 600, None)
    print("\n%s: %d questions, p50 %.2f ms, p99 %.2f ms; before %d, p50 %.2f ms, p99 %.2f ms"
          % ((fault.__name__,) + faulty + quiet))


def test_half_open_and_there_again(world, redis_server, proxy):
    """Only the connections are dead: noticed, and replaced before anything is stale."""
    begin(world, redis_server)
    resyncs = store(world)["resyncs"]
    proxy.half_open()
    redis_server.hset(KEY % "h7", values="192.0.2.207")
    eventually(lambda: world.ask("h7.example.com").data == ["192.0.2.207"], within=6)
    s = store(world)
    assert s["connected"] and s["resyncs"] == resyncs + 1
    assert "silent" in world.text()


def test_a_trickle_is_no_silence(world, redis_server, proxy):
    """A line that is merely slow is not given up: what comes, counts."""
    begin(world, redis_server)
    proxy.throttle(20000)
    pipe = redis_server.client.pipeline(transaction=False)
    for i in range(COUNT):
        pipe.hset(KEY % ("h%d" % i), mapping={"values": "192.0.2.%d" % i, "comment": "x" * 400})
    pipe.execute()
    time.sleep(3 * SLOW)
    redis_server.hset(KEY % "h7", values="192.0.2.207")
    eventually(lambda: world.ask("h7.example.com").data == ["192.0.2.207"], within=10)
    assert "store is not connected" not in world.text(), store(world)
