# SPDX-License-Identifier: BSD-2-Clause
"""Sentinels behind TLS and a login of their own: asked, listened to, and followed through a
failover; what is wrong with either is told by name."""
import shutil
import subprocess

import pytest
import redis

from authority import Authority
from fleet import Fleet
from limits import eventually, free_port

CONFIG = """
store:
  kind: redis
  sentinels: [SENTINELS]
  master: fleet
  user: reader
  password_file: reader.secret
  writer: {user: writer, password_file: writer.secret}
LINES
  tls: {enabled: on, ca_file: CA}
zones:
  - {domain: example.com, file: example.com.zone, store: on}
"""
KEY = "dns:{example.com}:%s:A"
LOGIN = "  sentinel_login: {user: watcher, password_file: %s.secret}"
# as sextant-records(7) has it
WATCHER = ("on >s resetchannels &+switch-master -@all +auth +info +ping "
           "+sentinel|get-master-addr-by-name +subscribe")


@pytest.fixture
def fleet(world):
    if shutil.which("redis-server") is None or shutil.which("openssl") is None:
        pytest.skip("redis-server or openssl is not installed")
    if "libssl" not in subprocess.run(["ldd", shutil.which("redis-server")], capture_output=True,
                                      text=True).stdout:
        pytest.skip("redis-server has no TLS")
    f = Fleet()
    yield f
    f.close()


def tls(certificate, ca, port):
    return ("tls-port %d" % port, "tls-cert-file %s.crt" % certificate,
            "tls-key-file %s.key" % certificate, "tls-ca-cert-file %s" % ca.path(".crt"),
            "tls-auth-clients no", "tls-replication yes")


def users(node):
    c = node.client
    c.execute_command("ACL", "SETUSER", "reader", "on", ">r", "~dns:*", "&*", "+@all")
    c.execute_command("ACL", "SETUSER", "writer", "on", ">w", "~dns:*", "+@all")


def server(fleet, certificate, ca, *lines):
    port = free_port()
    s = fleet.server(*tls(certificate, ca, port), *lines)
    s.tls_port = port
    users(s)
    return s


def sentinel(fleet, certificate, ca, master):
    port = free_port()
    s = fleet.sentinel(master, 2, *tls(certificate, ca, port), "user watcher " + WATCHER,
                       port=master.tls_port)
    s.tls_port = port
    return s


def configure(world, watch, login="s", ca="ca.crt"):
    world.configure(CONFIG.replace("SENTINELS", ", ".join("127.0.0.1@%d" % p for p in watch))
                    .replace("LINES", LOGIN % login if login else "").replace("CA", ca))


def store(world):
    return world.status()["store"]


def data(world, name):
    return world.ask(name + ".example.com", "A").data


def told(world, fault, words):
    s = eventually(lambda: (s := store(world))["fault"] == fault and s, within=8)
    assert "Sentinel 127.0.0.1@" in s["reason"] and words in s["reason"], s["reason"]
    assert data(world, "www") == ["192.0.2.1"]


def is_master(server):
    try:
        return server.client.role()[0] == "master"
    except redis.ConnectionError:  # it closes all of them when it changes
        return False


def test_sentinels_behind_tls(world, fleet):
    ca, stranger = Authority(world.folder, "ca"), Authority(world.folder, "stranger")
    good = ca.issue("good", "IP:127.0.0.1")
    for name, secret in (("reader", "r"), ("writer", "w"), ("s", "s"), ("wrong", "x")):
        (world.folder / (name + ".secret")).write_text(secret + "\n")
    master = server(fleet, good, ca)
    for i in range(10):
        master.hset(KEY % ("o%d" % i), values="192.0.2.8")
    replica = server(fleet, good, ca, "replicaof 127.0.0.1 %d" % master.tls_port,
                     "repl-diskless-sync-delay 0")
    eventually(lambda: replica.client.info("replication")["master_link_status"] == "up", within=10)
    watch = [sentinel(fleet, good, ca, master) for _ in range(2)]
    for s in watch:
        # their own logins to each other and to the servers are the default user's
        s.client.execute_command("ACL", "SETUSER", "default", "on", "nopass")
        eventually(lambda: len(s.client.sentinel_slaves("fleet")) == 1, within=15)
        eventually(lambda: len(s.client.sentinel_sentinels("fleet")) == 1, within=15)
    ports = [s.tls_port for s in watch]
    world.zone("example.com", "www A 192.0.2.1\n")
    configure(world, ports)
    world.start()
    eventually(lambda: data(world, "o9") == ["192.0.2.8"], within=6)
    assert store(world)["address"].startswith("127.0.0.1@%d " % master.tls_port)
    world.ctl("records", "set", "h.example.com", "A", "values=192.0.2.7")
    assert data(world, "h") == ["192.0.2.7"]
    # a wrong password, none where one is needed, a certificate of somebody else's, no TLS
    configure(world, ports, login="wrong")
    world.ctl("reload")
    told(world, "denied", "refused user or password")
    for s in watch:
        s.client.execute_command("ACL", "SETUSER", "default", "-sentinel|get-master-addr-by-name")
    configure(world, ports, login=None)
    world.ctl("reload")
    told(world, "denied", "lacks a permission")
    for s in watch:
        s.client.execute_command("ACL", "SETUSER", "default", "+@all")
    configure(world, ports, ca="stranger.crt")
    world.ctl("reload")
    told(world, "tls", "not trusted: ")
    configure(world, [s.port for s in watch])
    world.ctl("reload")
    eventually(lambda: store(world)["fault"] in ("sentinel", "tls", "lost"), within=8)
    assert data(world, "o9") == ["192.0.2.8"]
    # and right again; the master goes, and is followed where it goes
    configure(world, ports)
    world.ctl("reload")
    eventually(lambda: store(world)["connected"], within=12)
    master.kill()
    eventually(lambda: is_master(replica), within=15)
    replica.hset(KEY % "after", values="192.0.2.9")
    eventually(lambda: data(world, "after") == ["192.0.2.9"], within=10)
    assert store(world)["address"].startswith("127.0.0.1@%d " % replica.tls_port)
    assert stranger.name == "stranger"
