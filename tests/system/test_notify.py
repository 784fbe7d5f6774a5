# SPDX-License-Identifier: BSD-2-Clause
"""Secondaries are told of changes: when, how often, until they answer."""
import base64
import socket
import time

import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.tsig
import dns.tsigkeyring
import pytest

from limits import SLOW, eventually, free_port

SECRET = base64.b64encode(b"only for tests, of 32 octets....").decode()
KEYRING = dns.tsigkeyring.from_text({"k1": ("hmac-sha256", SECRET)})


class Peer:
    """Listens for NOTIFY, and answers as it is told to."""

    def __init__(self):
        self.port = free_port()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", self.port))

    def wait(self, within=8.0, keyring=None):
        """The next message; the time it came is in self.at."""
        self.socket.settimeout(within * SLOW)
        wire, self.sender = self.socket.recvfrom(4096)
        self.at = time.monotonic()
        self.message = dns.message.from_wire(wire, keyring=keyring)
        return self.message

    def is_quiet(self, during):
        self.socket.settimeout(during)
        try:
            self.socket.recvfrom(4096)
            return False
        except TimeoutError:
            return True

    def answer(self, change=lambda r: None, source=None):
        reply = dns.message.make_response(self.message)
        reply.flags |= dns.flags.AA
        change(reply)
        (source or self.socket).sendto(reply.to_wire(), self.sender)

    @property
    def serial(self):
        return self.message.answer[0][0].serial


@pytest.fixture
def peer():
    p = Peer()
    yield p
    p.socket.close()


def begin(world, peer, notify="127.0.0.1@%d", ready=True):
    world.write("k1.secret", SECRET + "\n").chmod(0o600)
    world.zone("example.com", "www A 192.0.2.1\n")
    world.zone("example.net", "www A 192.0.2.1\n")
    world.configure(
        "keys:\n  - {name: k1, secret_file: k1.secret}\nzones:\n"
        "  - {domain: example.com, file: example.com.zone, store: on, notify: [%s]}\n"
        "  - {domain: example.net, file: example.net.zone}\n" % (notify % peer.port))
    world.start(ready)


def pending(world):
    return world.status()["notify"]["pending"]


def change(world, value):
    world.ctl("records", "set", "x.example.com", "TXT", "values=\"%s\"" % value)


def test_a_change_is_told_and_the_last_always(world, peer):
    """RFC 1996 3: once at the start, then for each change, at most every 5 s."""
    begin(world, peer)
    m = peer.wait()
    assert m.opcode() == dns.opcode.NOTIFY and m.flags & dns.flags.AA
    assert m.question[0].to_text() == "example.com. IN SOA"
    assert peer.serial == int(world.ask("example.com", "SOA").data[0].split()[2])
    assert peer.sender[0] == "127.0.0.1"
    peer.answer()
    first = peer.at
    eventually(lambda: pending(world) == 0, within=2)
    for i in range(5):
        change(world, i)
        time.sleep(0.3)
    peer.wait()
    assert peer.at - first > 4.8
    peer.answer()
    second = peer.at
    last = int(world.ask("example.com", "SOA").data[0].split()[2])
    if peer.serial != last:
        peer.wait()
        assert peer.at - second > 4.8
        peer.answer()
    assert peer.serial == int(world.ask("example.com", "SOA").data[0].split()[2])
    # nothing else changed, and the other zone has nobody to tell
    assert peer.is_quiet(3)


def test_until_it_answers(world, peer):
    """Again and again, until the response is its own: ID, source, question."""
    begin(world, peer)
    peer.wait()
    peer.answer(lambda r: setattr(r, "id", r.id ^ 1))
    peer.answer(lambda r: r.question.clear())
    peer.answer(lambda r: setattr(r.question[0], "name", dns.name.from_text("example.net")))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        peer.answer(source=other)
    before, at = peer.message.id, peer.at
    peer.wait()
    assert 1.5 < peer.at - at < 4 * SLOW
    assert peer.message.id != before
    peer.answer()
    eventually(lambda: pending(world) == 0, within=2)
    assert peer.is_quiet(5)


def test_a_refusal_ends_it_and_is_told(world, peer):
    begin(world, peer)
    peer.wait()
    peer.answer(lambda r: r.set_rcode(dns.rcode.REFUSED))
    def is_told():
        failing = world.status()["notify"]["failing"]
        return [(f["zone"], f["silent"], f["rcode"]) for f in failing] == [
            ("example.com", False, 5)]
    eventually(is_told, within=2)
    assert "REFUSED example.com 127.0.0.1@%d" % peer.port in world.ctl("status")
    assert "notify refused zone=example.com" in world.text()
    # the operator asks for it once more, and it is well
    assert "1 peers" in world.ctl("notify", "example.com")
    peer.wait(1)
    peer.answer()
    eventually(lambda: world.status()["notify"]["failing"] == [], within=2)
    assert "notify answered again zone=example.com" in world.text()


def test_signed(world, peer):
    """RFC 8945: request and response; one that is not signed is none."""
    begin(world, peer, "{address: 127.0.0.1@%d, key: k1}")
    peer.wait(keyring=KEYRING)
    assert peer.message.had_tsig and peer.message.keyname.to_text() == "k1."
    unsigned = dns.message.Message(peer.message.id)
    unsigned.flags = peer.message.flags | dns.flags.QR
    unsigned.question = peer.message.question
    peer.socket.sendto(unsigned.to_wire(), peer.sender)
    peer.wait(keyring=KEYRING)
    peer.answer()
    eventually(lambda: pending(world) == 0, within=2)
    assert peer.is_quiet(3)


def test_the_verb(world, peer):
    begin(world, peer)
    peer.wait()
    peer.answer()
    eventually(lambda: pending(world) == 0, within=2)
    assert world.ctl_json("notify")["peers"] == 1
    peer.wait(1)
    peer.answer()
    assert world.ctl_json("notify", "example.net", ok=False)["code"] == "not-found"
    assert world.ctl_json("notify", "a..b", ok=False)["code"] == "syntax"


def test_a_reload_changes_who_is_told(world, peer):
    begin(world, peer)
    peer.wait()
    peer.answer()
    second = Peer()
    try:
        text = world.config.read_text()
        world.config.write_text(text.replace(
            "notify: [", "notify: [127.0.0.1@%d, " % second.port))
        world.ctl("reload")
        second.wait(8)
        second.answer()
        world.config.write_text(text.replace("notify: [127.0.0.1@%d]" % peer.port, "notify: []"))
        world.ctl("reload")
        eventually(lambda: world.status()["notify"]["peers"] == 0, within=4)
        assert "notify" not in world.ctl("status")
    finally:
        second.socket.close()
