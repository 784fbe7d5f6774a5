# SPDX-License-Identifier: BSD-2-Clause
"""What kind of Redis it is that we follow: roles, faults by name, polling, the rescan."""
import socket
import threading
import time

from limits import SLOW, always, eventually, free_port

CONFIG = """
store:
  kind: redis
  fresh_for: 3s
  stale_ttl: 40
STORE
zones:
  - {domain: example.com, file: example.com.zone, store: on}
"""
KEY = "dns:{example.com}:%s:A"


def begin(world, *lines, sync="fresh"):
    world.zone("example.com", "www A 192.0.2.1\n")
    world.configure(CONFIG.replace("STORE", "\n".join("  " + line for line in lines)))
    world.start()
    if sync:
        eventually(lambda: store(world)["sync"] == sync, within=6)


def store(world):
    return world.status()["store"]


def data(world, name):
    return world.ask(name + ".example.com", "A").data


def fault(world, name, words, within=6):
    """The store is down for this reason, in status and log."""
    s = eventually(lambda: (s := store(world))["fault"] == name and s, within=within)
    assert words in s["reason"], s["reason"]
    assert "because (%s): " % name in world.ctl("status")
    assert "fault=%s" % name in world.text()
    # what the files say is served as ever
    assert data(world, "www") == ["192.0.2.1"]


def test_a_replica_as_the_source(world, fleet):
    """It is as good as its master while it is in touch with it; status says what it is."""
    master = fleet.server()
    for i in range(10):
        master.hset(KEY % ("o%d" % i), values="192.0.2.8")
    replica = fleet.replica(master)
    begin(world, "address: 127.0.0.1@%d" % replica.port)
    assert store(world)["source"] == "replica of 127.0.0.1@%d" % master.port
    master.hset(KEY % "t1", values="192.0.2.9")
    eventually(lambda: data(world, "t1") == ["192.0.2.9"], within=2)
    # out of touch: it still talks to us, but what it says confirms nothing
    master.kill()
    eventually(lambda: "out of touch" in store(world)["source"], within=6)
    eventually(lambda: store(world)["sync"] == "stale", within=6)
    assert store(world)["connected"]
    got = world.ask("t1.example.com")
    assert (got.data, got.ttl, got.ede) == (["192.0.2.9"], 40, 3)
    # the master is back, with less and with other things: the replica is filled anew
    master.start()
    for i in range(10):
        master.hset(KEY % ("o%d" % i), values="192.0.2.10")
    master.hset(KEY % "t1", values="192.0.2.11")
    eventually(lambda: store(world)["sync"] == "fresh", within=15)
    eventually(lambda: data(world, "t1") == ["192.0.2.11"], within=5)
    eventually(lambda: data(world, "o3") == ["192.0.2.10"], within=5)
    # it becomes a master itself
    replica.client.replicaof("NO", "ONE")
    eventually(lambda: store(world)["source"] == "master", within=4)
    replica.hset(KEY % "t1", values="192.0.2.12")
    eventually(lambda: data(world, "t1") == ["192.0.2.12"], within=2)


def test_a_replica_that_serves_nothing(world, fleet):
    """MASTERDOWN has a name of its own."""
    master = fleet.server()
    replica = fleet.replica(master, "replica-serve-stale-data no")
    begin(world, "address: 127.0.0.1@%d" % replica.port)
    master.kill()
    fault(world, "master-down", "a replica whose master is gone", within=8)
    master.start()
    eventually(lambda: store(world)["sync"] == "fresh", within=12)


def test_denied(world, fleet):
    """No password, a wrong one, a user who may too little: what was read is served on."""
    server = fleet.server()
    (world.folder / "secret").write_text("right\n")
    server.client.execute_command("ACL", "SETUSER", "reader", "on", ">right", "~dns:*", "&*",
                                  "+@all")
    server.hset(KEY % "t1", values="192.0.2.9")
    begin(world, "address: 127.0.0.1@%d" % server.port, "user: reader", "password_file: secret")
    eventually(lambda: data(world, "t1") == ["192.0.2.9"], within=2)
    # the permission goes while we are connected
    server.client.execute_command("ACL", "SETUSER", "reader", "-hgetall", "-scan")
    server.client.execute_command("CLIENT", "KILL", "USER", "reader")
    fault(world, "denied", "lacks a permission")
    assert data(world, "t1") == ["192.0.2.9"]
    server.client.execute_command("ACL", "SETUSER", "reader", "resetpass", ">other")
    server.client.execute_command("CLIENT", "KILL", "USER", "reader")
    eventually(lambda: "refused user or password" in (store(world)["reason"] or ""), within=8)
    assert store(world)["fault"] == "denied"
    assert data(world, "t1") == ["192.0.2.9"]
    server.client.execute_command("ACL", "SETUSER", "reader", "resetpass", ">right", "+@all")
    eventually(lambda: store(world)["sync"] == "fresh", within=9)


def test_no_password_given(world, fleet):
    server = fleet.server("requirepass right", password="right")
    begin(world, "address: 127.0.0.1@%d" % server.port, sync=None)
    fault(world, "denied", "wants a password")


def test_the_smallest_user(world, fleet):
    """The commands that sextant-records(7) lists are enough; without ROLE it goes on too."""
    server = fleet.server()
    (world.folder / "secret").write_text("right\n")
    server.client.execute_command(
        "ACL", "SETUSER", "sextant", "on", ">right", "resetchannels", "&__redis__:invalidate",
        "%R~dns:*", "-@all", "+auth", "+select", "+info", "+role", "+ping", "+scan", "+hgetall",
        "+multi", "+exec", "+subscribe", "+client|id", "+client|tracking")
    begin(world, "address: 127.0.0.1@%d" % server.port, "user: sextant", "password_file: secret")
    server.hset(KEY % "t1", values="192.0.2.9")
    eventually(lambda: data(world, "t1") == ["192.0.2.9"], within=2)
    server.client.execute_command("ACL", "SETUSER", "sextant", "-role")
    eventually(lambda: store(world)["source"] == "of unknown role", within=4)
    always(lambda: store(world)["connected"], during=1.5)
    server.hset(KEY % "t1", values="192.0.2.10")
    eventually(lambda: data(world, "t1") == ["192.0.2.10"], within=2)
    assert "may not ask for ROLE" in world.text()


def test_a_cluster_and_a_sentinel(world, fleet):
    """Neither is a server that can be followed, and each is told so."""
    cluster = fleet.server("cluster-enabled yes")
    begin(world, "address: 127.0.0.1@%d" % cluster.port, sync=None)
    fault(world, "cluster", "Redis Cluster, which is not supported")
    sentinel = fleet.sentinel(fleet.server(), 1)
    world.configure(CONFIG.replace("STORE", "  address: 127.0.0.1@%d" % sentinel.port))
    world.ctl("reload")
    fault(world, "role", "name it in store.sentinels")


def test_loading(world, fleet):
    """A server that still reads its data is asked again soon."""
    server = fleet.server("key-load-delay 2000", "loading-process-events-interval-bytes 1024",
                          "enable-debug-command yes")
    for i in range(2000):
        server.hset(KEY % ("o%d" % i), values="192.0.2.8", comment="x" * 100)
    server.client.save()
    server.kill()
    world.zone("example.com", "www A 192.0.2.1\n")
    world.configure(CONFIG.replace("STORE", "  address: 127.0.0.1@%d" % server.port))
    world.start()
    server.start()
    fault(world, "loading", "still loading its data")
    eventually(lambda: store(world)["sync"] == "fresh", within=15)
    assert data(world, "o1999") == ["192.0.2.8"]


def test_tracking_refused_and_polling(world, fleet):
    """Where the server will not call out changes, it can be polled."""
    server = fleet.server("rename-command CLIENT \"\"")
    for i in range(20):
        server.hset(KEY % ("o%d" % i), values="192.0.2.8")
    begin(world, "address: 127.0.0.1@%d" % server.port, sync=None)
    fault(world, "no-tracking", "set \"sync: poll\"")
    world.configure(CONFIG.replace(
        "STORE", "  address: 127.0.0.1@%d\n  sync: poll\n  poll_interval: 1s" % server.port))
    world.ctl("reload")
    eventually(lambda: store(world)["sync"] == "fresh", within=6)
    assert data(world, "o7") == ["192.0.2.8"]
    for i in range(4):
        server.hset(KEY % "t1", values="192.0.2.%d" % i)
        eventually(lambda: data(world, "t1") == ["192.0.2.%d" % i], within=4)
    server.client.delete(KEY % "t1")
    eventually(lambda: world.ask("t1.example.com").rcode == "NXDOMAIN", within=6)
    always(lambda: store(world)["sync"] == "fresh" and store(world)["connected"], during=2)
    server.kill()
    eventually(lambda: not store(world)["connected"], within=4)
    assert data(world, "o7") == ["192.0.2.8"]


def test_what_nothing_announces(world, fleet):
    """SWAPDB calls out nothing: the rescan sees it, and meanwhile changes come as ever."""
    server = fleet.server()
    for i in range(300):
        server.hset(KEY % ("o%d" % i), values="192.0.2.8")
    server.client.execute_command("SELECT", 1)
    for i in range(300):
        server.hset(KEY % ("o%d" % i), values="192.0.2.%d" % (9 if i >= 10 else 8))
    server.hset(KEY % "new", values="192.0.2.100")
    server.client.execute_command("SELECT", 0)
    begin(world, "address: 127.0.0.1@%d" % server.port, "rescan_interval: 2s")
    resyncs = store(world)["resyncs"]
    for i in range(280, 290):
        server.client.hdel(KEY % ("o%d" % i), "values")
    server.client.execute_command("SELECT", 1)
    for i in range(290, 300):
        server.client.delete(KEY % ("o%d" % i))
    server.client.execute_command("SWAPDB", 0, 1)
    swapped = time.monotonic()
    eventually(lambda: data(world, "o20") == ["192.0.2.9"] and data(world, "new"), within=5)
    eventually(lambda: world.ask("o295.example.com").rcode == "NXDOMAIN", within=5)
    print("seen after %.1f s" % (time.monotonic() - swapped))
    assert data(world, "o285") == ["192.0.2.9"] and data(world, "o5") == ["192.0.2.8"]
    assert store(world)["resyncs"] == resyncs, "it was the rescan, and no reconnect"
    # beside rescans changes are as fast as ever
    server.client.execute_command("SELECT", 0)
    worst = 0
    for i in range(60):
        server.hset(KEY % "t1", values="192.0.2.%d" % (i + 1))
        at = time.monotonic()
        eventually(lambda: data(world, "t1") == ["192.0.2.%d" % (i + 1)], within=2, every=0.001)
        worst = max(worst, time.monotonic() - at)
        time.sleep(0.05)
    assert worst < 0.2 * SLOW, worst


def test_one_monstrous_record(world, fleet):
    """A record beyond all measure is rejected alone, with a reason; its neighbours are served."""
    server = fleet.server("proto-max-bulk-len 512mb")
    server.client.hset(KEY % "large", mapping={"values": "x" * (5 << 20)})
    server.client.hset(KEY % "many", mapping={"f%d" % i: "x" for i in range(300000)})
    server.client.hset(KEY % "heavy", mapping={"f%d" % i: "x" * 900000 for i in range(30)})
    server.hset(KEY % "good", values="192.0.2.9")
    begin(world, "address: 127.0.0.1@%d" % server.port)
    assert data(world, "good") == ["192.0.2.9"]
    assert store(world)["rejected"] == 3
    for name in ("large", "many", "heavy"):
        assert ('key="%s" reason="it is larger than 1 MiB"' % (KEY % name)) in world.text() or \
            ('key="%s" reason="it has more than 4096 fields"' % (KEY % name)) in world.text()
    # live as well, in the same transaction as a good one
    pipe = server.client.pipeline(transaction=True)
    pipe.hset(KEY % "good", mapping={"values": "192.0.2.10"})
    pipe.hset(KEY % "large2", mapping={"values": "y" * (40 << 20)})
    pipe.execute()
    eventually(lambda: data(world, "good") == ["192.0.2.10"], within=4)
    eventually(lambda: store(world)["rejected"] == 4, within=2)
    assert store(world)["connected"] and store(world)["resyncs"] == 1


def test_not_a_redis(world):
    """Whatever answers at the address: it is told of, and nothing else happens."""
    port = free_port()
    listener = socket.create_server(("127.0.0.1", port))
    answers = [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"$99999999999999999999\r\n", b"*1\r\n" * 50,
               b"", b"\x00" * 100000, b"+OK\r\n" * 1000]
    stop = threading.Event()

    def serve():
        i = 0
        while not stop.is_set():
            try:
                s, _ = listener.accept()
            except OSError:
                return
            with s:
                s.settimeout(1)
                try:
                    s.recv(4096)
                    s.sendall(answers[i % len(answers)])
                except OSError:
                    pass
            i += 1

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        begin(world, "address: 127.0.0.1@%d" % port, sync=None)
        eventually(lambda: store(world)["fault"] == "protocol", within=8)
        eventually(lambda: "not a Redis reply" in world.text(), within=8)
        always(lambda: data(world, "www") == ["192.0.2.1"], during=2)
    finally:
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def test_a_server_that_accepts_and_says_nothing(world):
    """One deadline is for all steps of connecting."""
    with socket.create_server(("127.0.0.1", 0)) as s:
        begin(world, "address: 127.0.0.1@%d" % s.getsockname()[1], sync=None)
        fault(world, "silent", "connecting took longer than 5 s", within=8)
