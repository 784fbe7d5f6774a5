# SPDX-License-Identifier: BSD-2-Clause
"""What a Redis says of itself is taken for what it is, and told by name: a disk that is full
does not end the following, a cluster and too many clients do."""
import socket
import threading

import pytest

from limits import always, eventually, free_port

CONFIG = """
store:
  kind: redis
  address: 127.0.0.1@PORT
  fresh_for: 3s
  user: USER
  writer: {user: default}
zones:
  - {domain: example.com, file: example.com.zone, store: on}
"""
KEY = "dns:{example.com}:%s:A"


def begin(world, port, user="default"):
    world.zone("example.com", "www A 192.0.2.1\n")
    world.configure(CONFIG.replace("PORT", str(port)).replace("USER", user))
    world.start()


def store(world):
    return world.status()["store"]


def data(world, name):
    return world.ask(name + ".example.com", "A").data


def write(world, address):
    return world.ctl_raw("records", "set", "h.example.com", "A", "values=" + address)


@pytest.mark.parametrize("role", (True, False))
def test_a_disk_that_is_full(world, fleet, role):
    """MISCONF: Redis refuses writes, and PING with them. It is followed on, and stays fresh."""
    server = fleet.server("save 3600 1", "dbfilename taken")
    if not role:  # then PING is our only sign of life
        server.client.execute_command("ACL", "SETUSER", "default", "-role")
    server.hset(KEY % "t1", values="192.0.2.9")
    begin(world, server.port)
    eventually(lambda: store(world)["sync"] == "fresh", within=6)
    (server.folder / "taken").mkdir()  # what is saved cannot take its name
    server.client.execute_command("BGSAVE")
    eventually(lambda: server.client.info("persistence")["rdb_last_bgsave_status"] == "err", within=8)
    s = eventually(lambda: (s := store(world))["refused_fault"] == "disk" and s, within=4)
    assert "can not save its data" in s["refused"] and s["connected"], s
    assert "WRITES ARE REFUSED (disk): " in world.ctl("status") and "(disk)" in world.ctl("store")
    assert "can not save its data" in write(world, "192.0.2.7").stderr
    # longer than silence or staleness would take
    always(lambda: (s := store(world))["connected"] and s["sync"] == "fresh", during=4)
    assert store(world)["resyncs"] == 1 and data(world, "t1") == ["192.0.2.9"]
    # what is written in spite of it is followed
    server.client.config_set("stop-writes-on-bgsave-error", "no")
    eventually(lambda: store(world)["refused"] is None, within=4)
    assert write(world, "192.0.2.7").returncode == 0 and data(world, "h") == ["192.0.2.7"]
    assert world.text().count("store writes are refused") == 1
    assert world.text().count("store writes are taken again") == 1


def test_a_replica_is_written_to(world, fleet):
    """READONLY: told in the answer and in status until a write has gone through."""
    master = fleet.server()
    replica = fleet.replica(master)
    begin(world, replica.port)
    eventually(lambda: store(world)["sync"] == "fresh", within=6)
    assert store(world)["refused"] is None
    got = write(world, "192.0.2.7")
    assert got.returncode == 1 and "is a replica, which takes no writes" in got.stderr
    assert store(world)["refused_fault"] == "read-only" and store(world)["connected"]
    replica.client.replicaof("NO", "ONE")
    eventually(lambda: write(world, "192.0.2.7").returncode == 0, within=6)
    assert store(world)["refused"] is None and data(world, "h") == ["192.0.2.7"]


def test_too_many_clients(world, fleet):
    """The server greets with an error; we come again until there is room."""
    server = fleet.server("maxclients 40")
    server.hset(KEY % "t1", values="192.0.2.9")
    crowd = []
    try:
        for _ in range(60):
            crowd.append(socket.create_connection(("127.0.0.1", server.port)))
        begin(world, server.port)
        s = eventually(lambda: (s := store(world))["fault"] == "full" and s, within=8)
        assert "too many clients" in s["reason"] and data(world, "www") == ["192.0.2.1"]
    finally:
        for s in crowd:
            s.close()
    eventually(lambda: data(world, "t1") == ["192.0.2.9"], within=12)


class Scripted(threading.Thread):
    """Speaks RESP; says of itself that it is a plain server, and `error` to what is in `to`."""

    def __init__(self, to, error):
        super().__init__(daemon=True)
        self.to, self.error = to, error
        self.port = free_port()
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.start()

    def run(self):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(s,), daemon=True).start()

    def serve(self, s):
        file = s.makefile("rb")
        try:
            while line := file.readline():
                words = []
                for _ in range(int(line[1:])):
                    words.append(file.read(int(file.readline()[1:]) + 2)[:-2].decode())
                s.sendall(self.answer(words).encode())
        except (OSError, ValueError):
            pass
        finally:
            s.close()

    def answer(self, words):
        info = "redis_mode:standalone\r\nrun_id:1\r\n"
        if words[0] in self.to:
            return "-%s\r\n" % self.error
        return {"INFO": "$%d\r\n%s\r\n" % (len(info), info), "CLIENT": ":5\r\n", "PING": "+PONG\r\n",
                "ROLE": "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n",
                "SUBSCRIBE": "*3\r\n$9\r\nsubscribe\r\n$20\r\n__redis__:invalidate\r\n:1\r\n",
                "SCAN": "*2\r\n$1\r\n0\r\n*1\r\n$22\r\ndns:{example.com}:t1:A\r\n",
                }.get(words[0], "+OK\r\n") if words[:2] != ["CLIENT", "TRACKING"] else "+OK\r\n"

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


@pytest.mark.parametrize("to,error,fault,words", (
    ("HGETALL", "MOVED 3999 127.0.0.1:6381", "cluster", "Redis Cluster, which is not supported"),
    ("HGETALL", "ASK 3999 127.0.0.1:6381", "cluster", "Redis Cluster, which is not supported"),
    ("HGETALL", "CROSSSLOT Keys in request don't hash to the same slot", "cluster",
     "Redis Cluster, which is not supported"),
    ("SCAN", "CLUSTERDOWN Hash slot not served", "cluster", "Redis Cluster, which is not supported"),
    ("SCAN", "LOADING Redis is loading the dataset in memory", "loading", "still loading its data"),
    ("SCAN", "MASTERDOWN Link with MASTER is down", "master-down", "whose master is gone"),
    ("INFO", "NOAUTH Authentication required.", "denied", "wants a password"),
    ("SCAN", "NOPERM this user has no permissions to run the 'scan' command", "denied",
     "lacks a permission"),
    ("ROLE", "ERR of an unknown kind", "error", "the server says: ERR of an unknown kind"),
))
def test_errors_by_name(world, to, error, fault, words):
    """Each ends the try with its name and its reason, and what files say is served."""
    s = Scripted([to], error)
    try:
        begin(world, s.port)
        got = eventually(lambda: (g := store(world))["fault"] == fault and g, within=8)
        assert words in got["reason"] and error in got["reason"], got["reason"]
        assert data(world, "www") == ["192.0.2.1"]
    finally:
        s.close()
