# SPDX-License-Identifier: BSD-2-Clause
"""All threads at once, under the thread sanitizer: queries, reloads, records, verdicts, orders,
alerts, downloads, votes and those who look on, and then the end in the middle of it.

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

from downloads import Place
from limits import SLOW, eventually, free_port
from mmdbmaker import country, database
from receiver import Receiver

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
  databases: [city.mmdb]
  update:
    - {url: "GEO_URL", file: city.mmdb, every: 1h, retry: 30m}
  prefixes: [{prefix: 127.1.0.0/16, region: weu}, {prefix: 127.2.0.0/16, region: nnam}]
zones:
  - {domain: example.com, file: example.com.zone, store: on}
  - {domain: store.example, store: on, ns: [ns.store.example]}
alerts:
  group: 100ms
  escalate_after: 1s
  hooks:
    - {name: web, url: ALERT_URL, timeout: 500ms}
    - {name: page, exec: [ALERT_PROGRAM, trouble]}
    - {name: boss, exec: ALERT_PROGRAM, critical: on, timeout: 300ms}
"""
EMBEDDED = "store: {probe_allow: [127.0.0.0/8]}\n"
REDIS = """health: {quorum: on}
store:
  kind: redis
  address: 127.0.0.1@REDIS_PORT
  probe_allow: [127.0.0.0/8]
  fresh_for: 2s
  writer: {user: default}
"""
NAMES = ["www.example.com", "edge.example.com", "alias.example.com", "nx.example.com",
         "p1.store.example", "p2.store.example", "s1.store.example", "nx.store.example"]
pytestmark = pytest.mark.skipif(not TSAN, reason="SEXTANTD_TSAN names no thread sanitizer build")


@pytest.fixture(params=["embedded", "redis"])
def stressed(world, monkeypatch, request):
    # the sanitizer cannot place its shadow under all address layouts
    runner = world.write("sextantd", "#!/bin/sh\nexec setarch %s -R '%s' \"$@\"\n" % (
        platform.machine(), TSAN))
    runner.chmod(0o755)
    monkeypatch.setenv("SEXTANTD", str(runner))
    for address in ("127.0.0.2", "127.0.0.3", "127.0.0.4"):
        world.backend(address)
    world.zone("example.com", "www A 192.0.2.1\nedge POOL edge\nalias CNAME edge\n")
    program = world.write("page", "#!/bin/sh\ncat >/dev/null\necho done\nexit $(($$ % 2))\n")
    program.chmod(0o755)
    world.place, world.receiver = Place(), Receiver()
    world.place.files["/db"] = database(networks("FR"))
    world.db = world.folder / "city.mmdb"
    world.db.write_bytes(database(networks("SE")))
    world.words.update(GEO_URL=world.place.url("/db"), ALERT_URL=world.receiver.url,
                       ALERT_PROGRAM=program)
    world.redis = None
    if request.param == "redis":
        world.redis = request.getfixturevalue("redis_server").client
    # who is told of changes does not answer
    world.configure(CONFIG + (REDIS if world.redis else EMBEDDED),
                    server="  transfer: [127.0.0.0/8]\n  notify: [127.0.0.1@%d]\n" % free_port())
    world.start()
    yield world
    world.place.close()
    world.receiver.close()


def networks(code):
    out = {"198.51.%d.0/24" % i: country("US") for i in range(100)}
    out["44.0.0.0/9"] = country("US")
    out["10.0.0.0/16"] = country(code)
    return out


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
    # Redis' writer is closed by a reload, and says so
    ctl = world.ctl_raw if world.redis else world.ctl
    ctl("records", "set", "p%d.store.example" % i, "A", "values@weu=127.0.0.%d" % (2 + n % 3),
              "rescue=127.0.0.4", "check=web")
    ctl("records", "set", "s%d.store.example" % i, "A", "values=192.0.2.%d" % (n % 250 + 1))
    world.ctl_raw("records", "get", "s%d.store.example" % i, "A")
    if n % 3 == 2:
        world.ctl_raw("records", "delete", "p%d.store.example" % ((n + 1) % 4), "A")
    if n % 5 == 4:
        ctl("records", "set", "dns:{store.example}", "ttl=%d" % (n % 300 + 1))


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


def orders(world, n):
    """What people say of endpoints, and take back."""
    pattern = ("*127.0.0.2*", "*127.0.0.3", "nothing*")[n % 3]
    world.ctl_raw(("up", "down", "drain")[n // 3 % 3], pattern, "--for", "2s", "--force")
    world.ctl_raw("auto", "*")
    world.ctl_raw("whatif", "--down", "*127.0.0.4*")


def alerts(world, n):
    """Hooks that can be reached and can not; trouble and its end."""
    world.receiver.mode = ("ok", "500", "close", "ok")[n % 4]
    world.ctl_raw("alerts")
    if n % 3 == 0:
        world.ctl_raw("alerts", "test")


def databases(world, n):
    """Replaced by somebody, and fetched; some of them no good."""
    world.place.files["/db"] = (database(networks("FR")), b"nonsense", database(networks("SE")))[n % 3]
    world.ctl_raw("geo", "update")
    if n % 4 == 3:
        beside = world.folder / "city.tmp"
        beside.write_bytes(database(networks("NO")))
        os.replace(beside, world.db)
    world.ctl_raw("geo", "127.1.0.1")
    world.ctl_raw("rejected")


def votes(world, n):
    """Two nodes that see this and that."""
    if world.redis is None:
        time.sleep(0.2)
        return
    now = int(world.redis.time()[0]) * 1000
    for node in ("x", "y"):
        key = "sextant:votes:{%s}" % node
        world.redis.delete(key)
        world.redis.hset(key, mapping={
            "web 127.0.0.%d" % i: ("up", "down timeout")[(n // 4 + i) % 2] for i in (2, 3, 4)})
        world.redis.pexpire(key, 3000)
        world.redis.zadd("sextant:nodes", {node: now})
    time.sleep(0.2)


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
        queries, queries, reloads, records, records, backends, transfers, orders, alerts, databases,
        votes, onlookers)]
    for t in threads:
        t.start()
    over.wait(SECONDS)
    eventually(lambda: min(done.get(t, 0) for t in (
        "queries", "reloads", "records", "backends", "transfers", "orders", "alerts", "databases",
        "votes", "onlookers")) >= 3, within=30)
    # in the middle of it all
    over.set()
    stressed.stop()
    for t in threads:
        t.join()
    assert not wrong, wrong[:3]
