# SPDX-License-Identifier: BSD-2-Clause
"""What one transaction changed is seen as one, at full speed and beside other writers; and
what a script deletes and writes again was never gone."""
import os
import socket
import threading
import time

import pytest
import redis

import masses
import storewriters
from flood import Flood
from limits import eventually
from proxy import Proxy

SECONDS = float(os.environ.get("TRANSACTIONS_SECONDS", "2"))

CONFIG = """
store:
  kind: redis
  address: 127.0.0.1@PROXY_PORT
zones:
  - {domain: one.example, file: one.example.zone, store: on}
  - {domain: two.example, file: two.example.zone, store: on}
"""
PAIR = ("dns:{one.example}:a:A", "dns:{two.example}:b:A")


def address(n):
    return "10.%d.%d.%d" % (n >> 16, n >> 8 & 255, n & 255)


def number(answer):
    assert answer.rcode == "NOERROR" and len(answer.data) == 1, answer
    return int.from_bytes(answer.data[0][1:], "big")


class Loop(threading.Thread):
    """Does something again and again, with a client of its own, until told to stop."""

    def __init__(self, sock, act):
        super().__init__(daemon=True)
        self.client = redis.Redis(unix_socket_path=sock)
        self.act, self.over, self.n, self.failed = act, False, 0, None

    def run(self):
        try:
            while not self.over:
                self.n += 1
                self.act(self.client, self.n)
        except Exception as e:
            self.failed = e
        self.client.close()

    def stop(self):
        self.over = True
        self.join()
        assert self.failed is None, self.failed


def both(client, n):
    pipe = client.pipeline(transaction=True)
    for key in PAIR:
        pipe.hset(key, "values", address(n))
    pipe.execute()


def single(client, n):
    client.hset("dns:{one.example}:o%d:A" % (n % 50), "values", address(n))


def half_named(client, n):
    """One of the two is called out alone, and read when the other may have changed too."""
    client.hset(PAIR[n % 2], "comment", n)


def in_script(client, n):
    client.eval("for i = 1, 2 do redis.call('HSET', KEYS[i], 'values', ARGV[1]) end", 2, *PAIR,
                address(n))


@pytest.mark.parametrize("write,delay", ((both, 0), (in_script, 0), (both, 0.004)))
def test_no_half_of_a_transaction(world, redis_server, write, delay):
    """Both names are given the same number, which only grows. Asked in turn on one
    connection, a, b, a, b, ..., the numbers must never go down: b behind a is what an
    answer with one half of a transaction looks like, whichever half. Single writes go on
    beside it, so that there is always more to read."""
    redis_server.client.config_set("appendonly", "no")
    for zone in ("one.example", "two.example"):
        world.zone(zone, "www A 192.0.2.1\n")
    write(redis_server.client, 0)
    proxy = Proxy(redis_server.port)
    proxy.delay(delay)
    world.words["PROXY_PORT"] = proxy.port
    world.configure(CONFIG)
    world.start()
    eventually(lambda: masses.ask_all(world.port, [("b.two.example", "A")])[0].data, within=4)
    sock = str(redis_server.folder / "redis.sock")
    loops = [Loop(sock, write), Loop(sock, single), Loop(sock, half_named)]
    for loop in loops:
        loop.start()
    questions = [("a.one.example", "A"), ("b.two.example", "A")] * 1500
    end = time.monotonic() + SECONDS
    asked, halves, seen = 0, [], set()
    while time.monotonic() < end:
        numbers = [number(a) for a in masses.ask_all(world.port, questions, window=300)]
        asked += len(numbers)
        seen.update(numbers)
        halves += [(x, y) for x, y in zip(numbers, numbers[1:]) if y < x]
    for loop in loops:
        loop.stop()
    print("\n%s, %d ms: %d transactions, %d single writes; %d answers showed %d of their states, "
          "and %d halves" % (write.__name__, 2000 * delay, loops[0].n, loops[1].n + loops[2].n,
                             asked, len(seen), len(halves)))
    assert len(seen) > 20, "too few changes were seen to say anything"
    assert not halves, "%d of %d: %s" % (len(halves), asked, halves[:10])
    last = socket.inet_aton(address(loops[0].n))
    for name in ("a.one.example", "b.two.example"):
        eventually(lambda: masses.ask_all(world.port, [(name, "A")])[0].data == (last,), within=2)
    proxy.close()


def test_delete_and_write_again(world, redis_server):
    """DEL, a tenth of a second, HSET, again and again, while the connections are cut and all
    is read anew: the names are there all the time."""
    count, key = 50, "dns:{one.example}:h%d:A"
    client = redis_server.client
    client.config_set("appendonly", "no")
    pipe = client.pipeline(transaction=False)
    for i in range(10000):
        pipe.hset(key % i, "values", "10.0.0.1")
    pipe.execute()

    def script(client, n):
        client.delete(*(key % i for i in range(count)))
        time.sleep(0.1)
        for i in range(count):
            client.hset(key % i, "values", "10.0.0.1")
        time.sleep(0.05)

    proxy = Proxy(redis_server.port)
    world.words["PROXY_PORT"] = proxy.port
    for zone in ("one.example", "two.example"):
        world.zone(zone, "www A 192.0.2.1\n")
    world.configure(CONFIG)
    world.start()
    eventually(lambda: world.status()["store"]["records"] == 10000, within=8)
    vandal = storewriters.Vandal(client, proxy, 5, pause=0.4)
    vandal.ways = (vandal.kill_one, vandal.kill_signs, vandal.cut)
    loop = Loop(str(redis_server.socket), script)
    resyncs = world.status()["store"]["resyncs"]
    address = (socket.inet_aton("10.0.0.1"),)
    flood = Flood(world.port, "one.example",
                  {"h%d.one.example" % i: [address] for i in range(count)})
    with flood:
        loop.start()
        vandal.start()
        eventually(lambda: world.status()["store"]["resyncs"] >= resyncs + 5, within=20)
        flood.stop()
    vandal.stop()
    loop.stop()
    proxy.close()
