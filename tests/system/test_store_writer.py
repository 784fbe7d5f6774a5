# SPDX-License-Identifier: BSD-2-Clause
"""Records written to Redis through sextantctl, by a login of their own."""
import os
import shutil
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from fleet import Fleet
from limits import SLOW, always, eventually
from proxy import Proxy

COUNT = int(os.environ.get("IMPORT_RECORDS", "4000"))

CONFIG = """
store:
  kind: redis
  address: 127.0.0.1@PORT
  user: reader
  password_file: reader.secret
  writer: {user: writer, password_file: writer.secret}
zones:
  - {domain: example.com, file: example.com.zone, store: on}
"""
KEY = "dns:{example.com}:%s:A"
READER = ["+auth", "+info", "+role", "+ping", "+scan", "+hgetall", "+multi", "+exec",
          "+subscribe", "+client|id", "+client|tracking"]
WRITER = ["+auth", "+info", "+watch", "+unwatch", "+hgetall", "+multi", "+exec", "+hset", "+del"]


@pytest.fixture
def fleet(world):
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    f = Fleet()
    yield f
    f.close()


def users(server):
    c = server.client
    c.execute_command("ACL", "SETUSER", "reader", "on", ">r", "&*", "%R~dns:*", "-@all", *READER)
    c.execute_command("ACL", "SETUSER", "writer", "on", ">w", "~dns:*", "-@all", *WRITER)


def begin(world, server, port=None):
    (world.folder / "reader.secret").write_text("r")
    (world.folder / "writer.secret").write_text("w")
    users(server)
    world.zone("example.com", "www A 192.0.2.1\n")
    world.configure(CONFIG.replace("PORT", str(port or server.port)))
    world.start()
    eventually(lambda: world.status()["store"]["sync"] == "fresh", within=6)


def data(world, name):
    return world.ask(name + ".example.com", "A").data


def refused(world, *words):
    got = world.ctl_raw("records", *words)
    assert got.returncode == 1, got.stdout
    return got.stderr


def test_set_and_delete(world, fleet):
    """What is done is answered at once, and is in Redis; fields that are not given stay."""
    server = fleet.server()
    begin(world, server)
    for i in range(20):
        world.ctl("records", "set", "h.example.com", "A", "values=192.0.2.%d" % i, "ttl=60")
        assert data(world, "h") == ["192.0.2.%d" % i]
    assert server.client.hgetall(KEY % "h") == {"values": "192.0.2.19", "ttl": "60"}
    world.ctl("records", "set", "h.example.com", "A", "ttl=61", "comment=by hand")
    got = world.ask("h.example.com")
    assert (got.data, got.ttl) == (["192.0.2.19"], 61)
    world.ctl("records", "set", "h.example.com", "A", "--replace", "values=192.0.2.50")
    assert server.client.hgetall(KEY % "h") == {"values": "192.0.2.50"}
    assert world.ask("h.example.com").ttl == 300
    world.ctl("records", "set", "h2.example.com", "A", "values=192.0.2.51")
    world.ctl("records", "set", "h3.example.com", "A", "values=192.0.2.51")
    for i in range(10):
        world.ctl("records", "set", "o%d.example.com" % i, "A", "values=192.0.2.51")
    world.ctl("records", "delete", "h2.example.com", "A")
    assert world.ask("h2.example.com").rcode == "NXDOMAIN"
    assert not server.client.exists(KEY % "h2")
    assert "no such record" in refused(world, "delete", "h2.example.com", "A")
    # setting what is there already is done as well
    world.ctl("records", "set", "h3.example.com", "A", "values=192.0.2.51")


def test_what_is_wrong_is_never_written(world, fleet):
    """Checked before, as it would become: with the fields that are there."""
    server = fleet.server()
    begin(world, server)
    assert "192.0.2.700" in refused(world, "set", "h.example.com", "A", "values=192.0.2.700")
    assert not server.client.exists(KEY % "h")
    world.ctl("records", "set", "h.example.com", "A", "values=192.0.2.1 192.0.2.2")
    assert "weights" in refused(world, "set", "h.example.com", "A", "weights=1 2 3")
    assert server.client.hgetall(KEY % "h") == {"values": "192.0.2.1 192.0.2.2"}
    server.client.set(KEY % "s", "no hash")
    assert "not a hash" in refused(world, "set", "s.example.com", "A", "values=192.0.2.1")
    world.ctl("records", "set", "s.example.com", "A", "--replace", "values=192.0.2.1")
    assert data(world, "s") == ["192.0.2.1"]


def test_what_would_remove_much_is_refused(world, fleet):
    """The guard is asked before anything is written; --force does it all the same."""
    server = fleet.server()
    for i in range(10):
        server.hset(KEY % ("o%d" % i), values="192.0.2.8")
    begin(world, server)
    eventually(lambda: data(world, "o9"), within=2)
    for i in range(2):
        world.ctl("records", "delete", "o%d.example.com" % i, "A")
    text = refused(world, "delete", "o2.example.com", "A")
    assert "--force" in text and server.client.exists(KEY % "o2")
    assert "--force" in refused(world, "set", "o2.example.com", "A", "state=disabled")
    assert data(world, "o2") == ["192.0.2.8"]
    world.ctl("records", "delete", "o2.example.com", "A", "--force")
    assert not server.client.exists(KEY % "o2")
    eventually(lambda: world.ask("o2.example.com").rcode == "NXDOMAIN", within=2)
    assert world.ctl_json("held") == []


def test_refusals_come_in_words(world, fleet):
    """READONLY, NOPERM, OOM, a wrong password, MISCONF: and the next write is as ever."""
    server = fleet.server()
    begin(world, server)
    c = server.client

    def write():
        return refused(world, "set", "h.example.com", "A", "values=192.0.2.1")

    c.execute_command("ACL", "SETUSER", "writer", "-hset")
    assert "lacks a permission" in write()
    c.execute_command("ACL", "SETUSER", "writer", "+hset", "resetkeys", "~other:*")
    assert "lacks a permission" in write()
    c.execute_command("ACL", "SETUSER", "writer", "~dns:*", "resetpass", ">other")
    c.execute_command("CLIENT", "KILL", "USER", "writer")
    assert "refused user or password" in eventually(lambda: "refused" in (w := write()) and w, 3)
    c.execute_command("ACL", "SETUSER", "writer", "resetpass", ">w")
    c.config_set("maxmemory", "1")
    assert "memory is full" in write()
    c.config_set("maxmemory", "0")
    c.execute_command("REPLICAOF", "127.0.0.1", "1")
    assert "takes no writes" in write()
    c.execute_command("REPLICAOF", "NO", "ONE")
    c.config_set("min-replicas-to-write", "1")
    assert "too few replicas" in write()
    c.config_set("min-replicas-to-write", "0")
    assert not c.exists(KEY % "h")
    world.ctl("records", "set", "h.example.com", "A", "values=192.0.2.1")
    assert data(world, "h") == ["192.0.2.1"]


def test_without_redis(world, fleet):
    """Nothing is promised that is not so: not written, or not known."""
    server = fleet.server("appendonly yes")
    begin(world, server)
    world.ctl("records", "set", "h.example.com", "A", "values=192.0.2.1")
    server.process.send_signal(signal.SIGSTOP)
    try:
        at = time.monotonic()
        text = refused(world, "set", "h.example.com", "A", "values=192.0.2.2")
        assert time.monotonic() - at < 8 * SLOW
        assert "did not answer within 5 s" in text or "no connection to Redis" in text
    finally:
        server.process.send_signal(signal.SIGCONT)
    eventually(lambda: world.status()["store"]["connected"], within=9)
    server.kill()
    eventually(lambda: not world.status()["store"]["connected"], within=4)
    assert "no connection to Redis" in refused(world, "set", "h.example.com", "A",
                                               "values=192.0.2.2")
    assert data(world, "h") == ["192.0.2.1"]
    server.start()
    users(server)
    eventually(lambda: world.status()["store"]["connected"], within=9)
    world.ctl("records", "set", "h.example.com", "A", "values=192.0.2.3")
    assert data(world, "h") == ["192.0.2.3"]


def test_beside_other_writers(world, fleet):
    """Somebody writes the same record all the time: no field of either is lost."""
    server = fleet.server()
    begin(world, server)
    stop = threading.Event()

    def write():
        i = 0
        while not stop.is_set():
            i += 1
            server.client.hset(KEY % "h", mapping={"values": "192.0.2.%d" % (i % 200)})
            time.sleep(0.004 * SLOW)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        eventually(lambda: data(world, "h"), within=2)
        for i in range(50):
            world.ctl("records", "set", "h.example.com", "A", "ttl=%d" % (100 + i))
            assert server.client.hget(KEY % "h", "ttl") == str(100 + i)
            assert world.ask("h.example.com").ttl == 100 + i
    finally:
        stop.set()
        thread.join()
    always(lambda: data(world, "h") is not None, during=0.1)


def lines(names, address="192.0.2.1"):
    return "".join('{"key":"%s","fields":{"values":"%s"}}\n' % (KEY % n, address) for n in names)


def feed(world, text, *words):
    path = world.folder / "in.json"
    path.write_text(text)
    return world.ctl_raw("records", "import", str(path), *words)


def test_an_import_over_a_long_way(world, fleet):
    """Redis is 20 ms away: one by one these would take minutes."""
    server = fleet.server()
    proxy = Proxy(server.port)
    proxy.delay(0.01)
    try:
        begin(world, server, proxy.port)
        at = time.monotonic()
        got = feed(world, lines("i%d" % i for i in range(COUNT)))
        assert got.returncode == 0 and "imported %d records" % COUNT in got.stderr, got.stderr
        took = time.monotonic() - at
        print("\n%d records in %.1f s" % (COUNT, took))
        assert data(world, "i0") == data(world, "i%d" % (COUNT - 1)) == ["192.0.2.1"]
        assert server.client.dbsize() == COUNT
        assert took < COUNT * 0.02 / 4, "as slow as one by one, or nearly"
        # so do single ones that come at the same time
        at = time.monotonic()
        with ThreadPoolExecutor(40) as crowd:
            list(crowd.map(lambda i: world.ctl("records", "set", "s%d.example.com" % i, "A",
                                               "values=192.0.2.2"), range(200)))
        print("200 of their own in %.1f s" % (time.monotonic() - at))
        for i in range(200):
            assert data(world, "s%d" % i) == ["192.0.2.2"]
    finally:
        proxy.close()


def test_a_batch_is_written_as_one(world, fleet):
    """One record that Redis refuses: none is there. And one that is refused by us leaves the
    others of its group alone."""
    server = fleet.server()
    begin(world, server)
    server.client.execute_command("ACL", "SETUSER", "writer", "resetkeys", "~dns:{example.com}:a*")
    got = feed(world, lines(["a1", "a2", "b1", "a3"]))
    assert got.returncode == 1 and "not written: the user lacks a permission" in got.stderr
    assert server.client.dbsize() == 0
    assert world.status()["store"]["refused_fault"] == "denied"
    users(server)
    assert feed(world, lines(["a1", "a2", "b1", "a3"])).returncode == 0
    assert server.client.dbsize() == 4 and world.status()["store"]["refused"] is None
    # together, but not as one: what is wrong with one is not with the next
    server.client.set(KEY % "odd", "no hash")

    def write(i):
        return world.ctl_raw("records", "set", ("odd" if i == 7 else "c%d" % i) + ".example.com",
                             "A", "values=192.0.2.%s" % (i if i != 9 else 999)).returncode

    with ThreadPoolExecutor(20) as crowd:
        codes = list(crowd.map(write, range(20)))
    assert [i for i, code in enumerate(codes) if code] == [7, 9]
    server.client.execute_command("ACL", "SETUSER", "writer", "resetkeys", "~dns:*:d*", "~dns:*:e1?:A")
    with ThreadPoolExecutor(20) as crowd:
        codes = list(crowd.map(lambda i: world.ctl_raw(
            "records", "set", "e%d.example.com" % i, "A", "values=192.0.2.1").returncode, range(20)))
    assert [i for i, code in enumerate(codes) if code] == list(range(10)), codes


def test_many_deletions_at_once(world, fleet):
    """Each by itself would do; together they are too many, and the guard counts those that the
    replica has not seen yet."""
    server = fleet.server()
    for i in range(40):
        server.hset(KEY % ("o%d" % i), values="192.0.2.8")
    begin(world, server)
    eventually(lambda: data(world, "o39"), within=2)
    with ThreadPoolExecutor(20) as crowd:
        codes = list(crowd.map(lambda i: world.ctl_raw(
            "records", "delete", "o%d.example.com" % i, "A").returncode, range(40)))
    left = server.client.dbsize()
    assert 32 <= left <= 39 and sum(c != 0 for c in codes) == left, (left, codes)
    assert world.ctl_json("held") == []
