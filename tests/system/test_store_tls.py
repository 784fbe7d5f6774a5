# SPDX-License-Identifier: BSD-2-Clause
"""TLS to Redis: who has the right certificate is followed, who has not is refused by name."""
import shutil
import subprocess

import pytest

from authority import Authority
from fleet import Fleet
from limits import eventually, free_port

KEY = "dns:{example.com}:%s:A"


@pytest.fixture
def fleet(world):
    if shutil.which("redis-server") is None or shutil.which("openssl") is None:
        pytest.skip("redis-server or openssl is not installed")
    if "tls" not in subprocess.run(["ldd", shutil.which("redis-server")], capture_output=True,
                                   text=True).stdout.replace("libssl", "tls"):
        pytest.skip("redis-server has no TLS")
    f = Fleet()
    yield f
    f.close()


def server(fleet, certificate, ca, *lines):
    port = free_port()
    s = fleet.server("tls-port %d" % port, "tls-cert-file %s.crt" % certificate,
                     "tls-key-file %s.key" % certificate, "tls-ca-cert-file %s" % ca.path(".crt"),
                     *lines)
    s.tls_port = port
    s.hset(KEY % "t1", values="192.0.2.9")
    return s


def configure(world, port, *lines):
    world.zone("example.com", "www A 192.0.2.1\n")
    world.configure("""
store:
  kind: redis
  address: 127.0.0.1@%d
  tls:
    enabled: on
    %s
zones:
  - {domain: example.com, file: example.com.zone, store: on}
""" % (port, "\n    ".join(lines)))


def store(world):
    return world.status()["store"]


def data(world, name):
    return world.ask(name + ".example.com", "A").data


def refused(world, words):
    s = eventually(lambda: (s := store(world))["fault"] == "tls" and words in s["reason"] and s,
                   within=6)
    assert data(world, "www") == ["192.0.2.1"] and data(world, "t1") in ([], ["192.0.2.9"])
    return s


def test_certificates(world, fleet):
    """A good one, by address and by name; an expired one, one for another, one of a stranger."""
    ca, stranger = Authority(world.folder, "ca"), Authority(world.folder, "stranger")
    good = ca.issue("good", "IP:127.0.0.1,DNS:redis.example.net")
    first = server(fleet, good, ca, "tls-auth-clients no")
    configure(world, first.tls_port, "ca_file: ca.crt")
    world.start()
    eventually(lambda: data(world, "t1") == ["192.0.2.9"], within=4)
    first.hset(KEY % "t1", values="192.0.2.10")
    eventually(lambda: data(world, "t1") == ["192.0.2.10"], within=2)
    first.hset(KEY % "t1", values="192.0.2.9")
    eventually(lambda: data(world, "t1") == ["192.0.2.9"], within=2)
    # thousands of records through it
    pipe = first.client.pipeline(transaction=False)
    for i in range(5000):
        pipe.hset(KEY % ("h%d" % i), mapping={"values": "192.0.2.8"})
    pipe.execute()
    eventually(lambda: data(world, "h4999") == ["192.0.2.8"], within=6)

    def go(port, *lines):
        configure(world, port, *lines)
        world.ctl("reload")

    # by name
    go(first.tls_port, "ca_file: ca.crt", "name: redis.example.net")
    eventually(lambda: store(world)["connected"], within=4)
    go(first.tls_port, "ca_file: ca.crt", "name: other.example.net")
    refused(world, "not trusted: hostname mismatch")
    # of somebody we do not trust; the system's authorities do not know ours either
    go(first.tls_port, "ca_file: stranger.crt")
    refused(world, "not trusted: self-signed certificate in certificate chain")
    go(first.tls_port)
    refused(world, "not trusted: ")
    # for another address, and with a name in the place of one
    another = server(fleet, ca.issue("another", "IP:127.0.0.2,DNS:127.0.0.1"), ca,
                     "tls-auth-clients no")
    go(another.tls_port, "ca_file: ca.crt")
    refused(world, "not trusted: IP address mismatch")
    expired = server(fleet, ca.issue("expired", "IP:127.0.0.1", days="-1"), ca,
                     "tls-auth-clients no")
    go(expired.tls_port, "ca_file: ca.crt")
    refused(world, "not trusted: certificate has expired")
    # no TLS there at all
    go(first.port, "ca_file: ca.crt")
    eventually(lambda: not store(world)["connected"], within=4)
    # and back
    go(first.tls_port, "ca_file: ca.crt")
    eventually(lambda: store(world)["connected"], within=9)
    assert stranger.name == "stranger"


def test_client_certificates(world, fleet):
    """A server that wants one gets ours; without it there is no connection."""
    ca = Authority(world.folder, "ca")
    s = server(fleet, ca.issue("good", "IP:127.0.0.1"), ca, "tls-auth-clients yes")
    configure(world, s.tls_port, "ca_file: ca.crt")
    world.start()
    eventually(lambda: store(world)["fault"] in ("tls", "lost"), within=6)
    assert data(world, "www") == ["192.0.2.1"]
    ca.issue("us", "DNS:ns1.example.net")
    configure(world, s.tls_port, "ca_file: ca.crt", "cert_file: us.crt", "key_file: us.key")
    world.ctl("reload")
    eventually(lambda: data(world, "t1") == ["192.0.2.9"], within=6)
    # renewed files are used from the next connection on; broken ones are told of
    ca.issue("other", "DNS:ns1.example.net")
    (world.folder / "us.key").write_bytes((world.folder / "other.key").read_bytes())
    s.client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    refused(world, "private key")
    (world.folder / "us.crt").write_bytes((world.folder / "other.crt").read_bytes())
    eventually(lambda: store(world)["connected"], within=9)
    (world.folder / "ca.crt").unlink()
    s.client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    refused(world, "certificates to trust")


def test_a_server_without_tls_hangs_nothing(world, fleet):
    """It waits for us to speak Redis, we for it to speak TLS: one deadline ends that."""
    ca = Authority(world.folder, "ca")
    plain = fleet.server()
    configure(world, plain.port, "ca_file: ca.crt")
    world.start()
    eventually(lambda: store(world)["fault"] is not None, within=8)
    assert data(world, "www") == ["192.0.2.1"]


def test_check_over_tls(world, fleet):
    """`records check redis:` trusts as the daemon does."""
    ca, stranger = Authority(world.folder, "ca"), Authority(world.folder, "stranger")
    s = server(fleet, ca.issue("good", "IP:127.0.0.1,DNS:redis.example.net"), ca,
               "tls-auth-clients yes")
    ca.issue("us", "DNS:ns1.example.net")
    for i in range(3000):
        s.hset(KEY % ("h%d" % i), values="192.0.2.8")
    world.zone("example.com", "www A 192.0.2.1\n")
    world.configure("zones:\n  - {domain: example.com, file: example.com.zone, store: on}\n")
    world.start()

    def check(ca_file, *words, port=s.tls_port):
        return world.ctl_raw("records", "check", "redis:127.0.0.1@%d" % port, "--ca-file", ca_file,
                             *words)

    ours = ["--cert-file", str(world.folder / "us.crt"), "--key-file", str(world.folder / "us.key")]
    got = check(ca.path(".crt"), *ours)
    assert got.returncode == 0 and "3001 records" in got.stderr, got.stderr
    assert check(ca.path(".crt"), "--tls-name", "redis.example.net", *ours).returncode == 0
    for words, why in (((ca.path(".crt"),), "redis: "),
                       ((stranger.path(".crt"), *ours), "not trusted: self-signed"),
                       ((ca.path(".crt"), "--tls-name", "other.example.net", *ours),
                        "not trusted: hostname mismatch"),
                       (("nowhere.crt",), "certificates to trust nowhere.crt")):
        got = check(*words)
        assert got.returncode == 1 and why in got.stderr, got.stderr
    assert check(ca.path(".crt"), ours[0], ours[1]).returncode == 2
    got = check(ca.path(".crt"), *ours, port=s.port)
    assert got.returncode == 1 and "TLS failed" in got.stderr, got.stderr
    got = world.ctl_raw("records", "check", "redis:%s/sock" % s.folder, "--tls")
    assert got.returncode == 1 and "no TLS over a unix socket" in got.stderr
