# SPDX-License-Identifier: BSD-2-Clause
"""What backends can do to who asks them whether they are well: each has its named reason, and
none costs anything or delays another."""
import shutil
import ssl

import pytest

from authority import Authority
from limits import eventually, free_port

CHECK = """
checks:
  - name: web
    %s
    interval: 1s
    timeout: 800ms
    confirm_interval: 50ms
pools:
  - {name: edge, check: web, default: [%s]}
zones:
  - {domain: example.com, file: example.com.zone}
"""
HTTP = "http: {port: BACKEND_PORT, path: /, body: ok}"


def begin(world, check, addresses, prepare=lambda backend: None):
    backends = {}
    for address in addresses:
        backends[address] = world.backend(address)
        prepare(backends[address])
    world.zone("example.com", "www POOL edge\n")
    world.configure(CHECK % (check, ", ".join(addresses)))
    world.start()
    return backends


def row(world, address):
    return world.health("edge/default/" + address)["edge/default/" + address]


def cpu_s(world):
    """What the server has used, all threads."""
    words = open("/proc/%d/stat" % world.process.pid).read().rsplit(") ", 1)[1].split()
    return (int(words[11]) + int(words[12])) / 100


def test_hostile_backends(world):
    """A gigabyte, an octet at a time, a door that closes, one that leads elsewhere."""
    faults = {
        "127.3.6.1": ("gush", "body"),
        "127.3.6.2": ("drip", "timeout"),
        "127.3.6.3": ("close", "closed"),
        "127.3.6.4": ("reset", "reset"),
        "127.3.6.5": ("redirect", "status 302"),
        "127.3.6.6": ("lie", "body"),
    }
    b = begin(world, HTTP, [*faults, "127.3.6.9"])
    eventually(lambda: set(world.states().values()) == {"up"}, within=5)
    for address, (fault, _) in faults.items():
        getattr(b[address], fault)()
    for address, (fault, reason) in faults.items():
        eventually(lambda: (row(world, address)["state"], row(world, address)["reason"])
                   == ("down", reason), within=5)
    assert row(world, "127.3.6.9")["state"] == "up"
    # of the gigabyte no more is taken than what the sockets hold beside 64 KiB
    gusher = b["127.3.6.1"]
    probes, sent = row(world, "127.3.6.1")["probes"], gusher.sent
    eventually(lambda: row(world, "127.3.6.1")["probes"] >= probes + 5, within=10)
    each = (gusher.sent - sent) / (row(world, "127.3.6.1")["probes"] - probes)
    assert each < 20e6, each
    assert b["127.3.6.9"].requests, "the good one is asked all the while"


def test_certificates(world):
    """A good one, one that expires soon, an expired one, one for another, a stranger's."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    ca, stranger = Authority(world.folder, "ca"), Authority(world.folder, "stranger")
    alt = "DNS:www.example.com"
    made = {
        "127.3.7.1": (ca.issue("good", alt), None),
        "127.3.7.2": (ca.issue("soon", alt, days="3"), None),
        "127.3.7.3": (ca.issue("old", alt, days="-1"), "certificate"),
        "127.3.7.4": (ca.issue("other", "DNS:www.example.net"), "certificate"),
        "127.3.7.5": (stranger.issue("strange", alt), "certificate"),
        "127.3.7.6": (None, "timeout"),  # no TLS at all: it waits for a request
    }

    def prepare(backend):
        certificate, _ = made[backend.address]
        if certificate is None:
            return
        backend.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        backend.tls.load_cert_chain(certificate + ".crt", certificate + ".key")
        backend.refuse()
        backend.answer()

    begin(world, "http: {port: BACKEND_PORT, tls: on, host: www.example.com, ca_file: ca.crt}",
          made, prepare)
    for address, (_, reason) in made.items():
        want = ("up", None) if reason is None else ("down", reason)
        eventually(lambda: (row(world, address)["state"], row(world, address)["reason"]) == want,
                   within=10)
    # what is still good for some days is told
    eventually(lambda: "certificate expires soon target=\"web 127.3.7.2\"" in world.text(),
               within=5)
    assert "target=\"web 127.3.7.1\" until" not in world.text()
    assert row(world, "127.3.7.1")["certificate_until"] > row(world, "127.3.7.2")["certificate_until"]
    assert "certificate expires soon" in world.ctl("health", "*/127.3.7.2")


def test_words_over_tcp(world):
    """What is said and what has to come back, with its line ends."""
    b = begin(world, r'tcp: {port: BACKEND_PORT, send: "GET / HTTP/1.0\r\n\r\n", expect: "all is well"}',
              ["127.3.8.1", "127.3.8.2", "127.3.8.3"])
    eventually(lambda: set(world.states().values()) == {"up"}, within=5)
    b["127.3.8.1"].lie()
    b["127.3.8.2"].hang()
    b["127.3.8.3"].close()
    for address, reason in (("127.3.8.1", "body"), ("127.3.8.2", "timeout"),
                            ("127.3.8.3", "closed")):
        eventually(lambda: (row(world, address)["state"], row(world, address)["reason"])
                   == ("down", reason), within=5)


def test_records_name_more_targets_than_are_allowed(world):
    """The rest is served unprobed and told of; what the configuration names has its own room."""
    addresses = ["127.3.9.%d" % i for i in range(1, 6)]
    begin(world, HTTP, ["127.3.9.1"])
    text = CHECK % (HTTP, "127.3.9.1")
    world.configure(text.replace("zone}", "zone, store: on}")
                    + "store: {probe_allow: [127.0.0.0/8], max_targets: 2}\n")
    world.ctl("reload")
    for i, address in enumerate(addresses):
        world.ctl("records", "set", "n%d.example.com" % i, "A", "values@weu=" + address,
                  "check=web")

    def probed():
        return {n.split("/")[2] for n, e in world.health("n?.example.com*").items() if e["check"]}

    # the first is probed for the configuration anyway
    eventually(lambda: len(probed()) == 2, within=5)
    assert "127.3.9.1" in probed()
    assert "endpoints of records beyond store.max_targets unprobed=" in world.text()
    for i, address in enumerate(addresses):  # served all the same
        assert world.ask("n%d.example.com" % i, "A").data == [address]
    # room again: the next one is probed
    world.ctl("records", "delete", "n1.example.com", "A")
    eventually(lambda: len(probed()) == 1, within=5)
    world.ctl("records", "set", "n9.example.com", "A", "values@weu=127.3.9.9", "check=web")
    eventually(lambda: "127.3.9.9" in probed(), within=5)
