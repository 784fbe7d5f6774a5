# SPDX-License-Identifier: BSD-2-Clause
"""All threads at once, under the thread sanitizer: queries, reloads, records, verdicts and
those who look on, and then the end in the middle of it.

SEXTANTD_TSAN is a sextantd that was built with -fsanitize=thread; SECONDS_STRESSED=N makes
it longer.
"""
import os
import platform
import random
import signal
import socket
import threading
import time

import dns.exception
import dns.message
import dns.query
import dns.rdatatype
import pytest

from limits import SLOW, eventually, free_port

TSAN = os.environ.get("SEXTANTD_TSAN")
SECONDS = float(os.environ.get("SECONDS_STRESSED") or 4)
CONFIG = """checks:
  - name: web
    http: {port: BACKEND_PORT, path: /}
    interval: 500ms
    timeout: 300ms
    confirm_interval: 100ms
pools:
  - name: edge
    check: web
    ttl: 30
    regions:
      weu: [127.0.0.2, 127.0.0.3]
      nnam: [127.0.0.4]
    default: [127.0.0.2]
geo:
  prefixes: [{prefix: 127.1.0.0/16, region: weu}, {prefix: 127.2.0.0/16, region: nnam}]
zones:
  - {domain: example.com, file: example.com.zone, store: on}
  - {domain: store.example, store: on, ns: [ns.store.example]}
store: {probe_allow: [127.0.0.0/8]}
"""
NAMES = ["www.example.com", "edge.example.com", "alias.example.com", "nx.example.com",
         "p1.store.example", "p2.store.example", "s1.store.example", "nx.store.example"]
pytestmark = pytest.mark.skipif(not TSAN, reason="SEXTANTD_TSAN names no thread sanitizer build")


@pytest.fixture
def stressed(world, monkeypatch):
    # the sanitizer cannot place its shadow under all address layouts
    runner = world.write("sextantd", "#!/bin/sh\nexec setarch %s -R '%s' \"$@\"\n" % (
        platform.machine(), TSAN))
    runner.chmod(0o755)
    monkeypatch.setenv("SEXTANTD", str(runner))
    for address in ("127.0.0.2", "127.0.0.3", "127.0.0.4"):
        world.backend(address)
    world.zone("example.com", "www A 192.0.2.1\nedge POOL edge\nalias CNAME edge\n")
    # who is told of changes does not answer
    world.configure(CONFIG, server="  transfer: [127.0.0.0/8]\n  notify: [127.0.0.1@%d]\n"
                    % free_port())
    world.start()
    return world


def queries(world, n):
    """A burst by UDP from some region, one question by TCP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.%d.0.1" % (n % 3), 0))
        s.connect((world.address, world.port))
        s.settimeout(5 * SLOW)
        for i in range(100):
            s.send(dns.message.make_query(NAMES[(n + i) % len(NAMES)], "A").to_wire())
            if i % 10 == 9:
                s.recv(65535)
    world.ask(NAMES[n % len(NAMES)], tcp=True)


def reloads(world, n):
    text = world.config.read_text()
    swap = ("ttl: 30", "ttl: 31") if n % 2 else ("ttl: 31", "ttl: 30")
    world.config.write_text(text.replace(*swap))
    if n % 5 == 3:
        world.signal(signal.SIGHUP)
    world.ctl_raw("reload")  # busy is an answer too


def records(world, n):
    i = n % 4
    world.ctl("records", "set", "p%d.store.example" % i, "A", "values@weu=127.0.0.%d" % (2 + n % 3),
              "rescue=127.0.0.4", "check=web")
    world.ctl("records", "set", "s%d.store.example" % i, "A", "values=192.0.2.%d" % (n % 250 + 1))
    world.ctl_raw("records", "get", "s%d.store.example" % i, "A")
    if n % 3 == 2:
        world.ctl_raw("records", "delete", "p%d.store.example" % ((n + 1) % 4), "A")
    if n % 5 == 4:
        world.ctl("records", "set", "dns:{store.example}", "ttl=%d" % (n % 300 + 1))


def transfers(world, n):
    """Two at once, of which one goes away before it has come."""
    zone = ("example.com", "store.example")[n % 2]
    with socket.create_connection((world.address, world.port)) as s:
        q = dns.message.make_query(zone, "AXFR").to_wire()
        s.sendall(len(q).to_bytes(2, "big") + q)
        got = list(dns.query.xfr(world.address, zone, port=world.port, lifetime=10 * SLOW))
    assert got[0].answer[0].rdtype == dns.rdatatype.SOA
    if n % 4 == 0:
        world.ctl("notify")


def backends(world, n):
    b = world.park.backends[n % 3]
    (b.refuse, b.reset, b.hang, b.lie)[n % 4]()
    time.sleep(0.05)
    b.answer()


def onlookers(world, n):
    world.ctl("status")
    world.ctl("health")
    for name in ("edge.example.com", "p1.store.example"):
        world.ctl_raw("explain", name, "A", "--client", "127.%d.0.1" % (n % 3))


def test_everything_at_once(stressed):
    """No race is reported, and nobody is refused what he may ask; world.stop() looks."""
    over, done, wrong = threading.Event(), {}, []

    def repeat(what):
        n = random.randrange(100)
        while not over.is_set():
            try:
                what(stressed, n)
            except (AssertionError, OSError, EOFError, dns.exception.DNSException) as e:
                if not over.is_set():
                    wrong.append((what.__name__, repr(e)[:300]))
            done[what.__name__] = done.get(what.__name__, 0) + 1
            n += 1

    threads = [threading.Thread(target=repeat, args=(what,)) for what in (
        queries, queries, reloads, records, records, backends, transfers, onlookers)]
    for t in threads:
        t.start()
    over.wait(SECONDS)
    eventually(lambda: min(done.get(t, 0) for t in (
        "queries", "reloads", "records", "backends", "transfers", "onlookers")) >= 3, within=20)
    # in the middle of it all
    over.set()
    stressed.stop()
    for t in threads:
        t.join()
    assert not wrong, wrong[:3]
