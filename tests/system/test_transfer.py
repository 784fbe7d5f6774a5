# SPDX-License-Identifier: BSD-2-Clause
"""Zones go out: to whom, what is in them, and nobody else notices."""
import base64
import socket
import struct
import threading
import time

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.tsig
import dns.tsigkeyring
import dns.zone
import pytest

from limits import SLOW, eventually, free_port
from secondaries import Secondary
from servers import OtherServer
from world import exchange, read_exactly

SECRET = base64.b64encode(b"only for tests, of 32 octets....").decode()
KEYRING = dns.tsigkeyring.from_text({"k1": ("hmac-sha256", SECRET), "k2": ("hmac-sha512", SECRET)})
KEYS = """
keys:
  - {name: k1, secret_file: k1.secret}
  - {name: k2, algorithm: hmac-sha512, secret_file: k1.secret}
"""
POOLS = """
pools:
  - name: edge
    ttl: 40
    regions: {weu: [192.0.2.1, "2001:db8::1"], snam: [192.0.2.2]}
    default: [192.0.2.3, {address: 192.0.2.4, weight: 2}, {address: 192.0.2.5, weight: 0}]
    rescue: [192.0.2.66]
  - name: nowhere
    regions: {weu: [192.0.2.1, "2001:db8::1"], snam: [192.0.2.2]}
    rescue: [192.0.2.66]
  - name: names
    default: [{address: a.example.net}, {address: b.example.net}]
"""
ZONE = """
$ORIGIN example.com.
$TTL 300
@ SOA ns1 hostmaster 7 3600 600 86400 60
@ NS ns1
ns1 A 192.0.2.53
www CNAME ns1
many A 192.0.2.10
many A 192.0.2.11
*.wild MX 10 ns1
sub NS ns.sub
ns.sub A 192.0.2.99
x.sub TXT "occluded"
old DNAME new
a.b.c TXT "below an empty non-terminal"
tall TXT "{long}"
"""
LONG = '" "'.join(["x" * 255] * 60)
STEERED = "api 60 POOL edge\nall POOL nowhere\nto POOL names\n"


def secret(world):
    world.write("k1.secret", SECRET + "\n").chmod(0o600)


def begin(world, zone_options="transfer: [127.0.0.0/8]", zone=ZONE + STEERED, server=""):
    secret(world)
    world.write("example.com.zone", zone.replace("{long}", LONG))
    world.configure(
        KEYS + POOLS + "zones:\n  - {domain: example.com, file: example.com.zone, store: on, %s}\n"
        % zone_options, server=server)
    world.start()


def transfer(world, zone="example.com", key=None, rdtype="AXFR", serial=0, source=None):
    """The records that come, one a line, the SOA first and last; checks signatures."""
    messages = dns.query.xfr(
        world.address, zone, rdtype=rdtype, port=world.port, keyring=KEYRING if key else None,
        keyname=key, timeout=20 * SLOW, lifetime=20 * SLOW, serial=serial, relativize=False,
        source=source)
    return ["%s %d %s %s" % (s.name, s.ttl, dns.rdatatype.to_text(s.rdtype), r)
            for m in messages for s in m.answer for r in s]


def refused(world, *args, **options):
    with pytest.raises(dns.query.TransferError) as e:
        transfer(world, *args, **options)
    return dns.rcode.to_text(e.value.rcode)


def addresses(lines, name):
    """TTL, type and RDATA of the records of one name, by type and RDATA."""
    found = [tuple(x.split(" ", 3)[1:]) for x in lines if x.startswith(name + ". ")]
    return sorted(found, key=lambda f: f[1:])


def test_what_is_in_a_transfer(world):
    """File and store joined as answers join them, steered names as plain ones."""
    begin(world)
    for name, rdtype, value in (
            ("s", "TXT", "values=\"from the store\""), ("www", "A", "values=192.0.2.77"),
            ("s", "A", "values@weu=192.0.2.20"), ("t", "A", "values@weu=192.0.2.21"),
            ("_acme-challenge.www", "TXT", "values=\"token\"")):
        world.ctl_raw("records", "set", name + ".example.com", rdtype, value)
    world.ctl("records", "set", "t.example.com", "A", "values=192.0.2.22", "ttl=33")
    eventually(lambda: world.ask("t.example.com").rcode == "NOERROR", within=4)
    with world.moves(transfers=1, tcp_connections=1, tcp_queries=1, noerror=1):
        got = transfer(world)
    assert got[0] == got[-1] and " SOA " in got[0]
    serial = int(got[0].split(" ")[5])
    assert serial == int(world.ask("example.com", "SOA").data[0].split()[2])
    rest = got[1:-1]
    assert len(rest) == len(set(rest)) and not any(" SOA " in line for line in rest)
    assert not any("TYPE65280" in line or "192.0.2.66" in line for line in rest)
    # of `default`, what has weight; the record's TTL, or the pool's
    assert addresses(rest, "api.example.com") == [
        ("60", "A", "192.0.2.3"), ("60", "A", "192.0.2.4")]
    # no `default`: all regions
    assert [a[1:] for a in addresses(rest, "all.example.com")] == [
        ("A", "192.0.2.1"), ("A", "192.0.2.2"), ("AAAA", "2001:db8::1")]
    assert [a[1:] for a in addresses(rest, "to.example.com")] == [("CNAME", "a.example.net.")]
    assert addresses(rest, "t.example.com") == [("33", "A", "192.0.2.22")]
    assert [a[1:] for a in addresses(rest, "s.example.com")] == [
        ("A", "192.0.2.20"), ("TXT", '"from the store"')]
    # a name of the file is the file's, but for certificates
    assert [a[1:] for a in addresses(rest, "www.example.com")] == [("CNAME", "ns1.example.com.")]
    assert addresses(rest, "_acme-challenge.www.example.com")[0][2] == '"token"'
    for name, rdtype in (("x.sub", "TXT"), ("ns.sub", "A"), ("*.wild", "MX"), ("old", "DNAME"),
                         ("a.b.c", "TXT"), ("sub", "NS")):
        assert [a[1] for a in addresses(rest, name + ".example.com")] == [rdtype]
    assert len(addresses(rest, "many.example.com")) == 2
    assert len(addresses(rest, "tall.example.com")[0][2]) > 15000


def test_all_endpoints_where_the_zone_says_so(world):
    begin(world, "transfer: [127.0.0.0/8], transfer_steered: all")
    assert [a[2] for a in addresses(transfer(world)[1:-1], "api.example.com")] == [
        "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "2001:db8::1"]


def test_txt_for_certificates(world):
    """The store's TXT replaces the file's, and a CNAME that could not stand beside it."""
    begin(world, zone=ZONE + '_acme-challenge.c CNAME elsewhere.example.net.\n'
          '_acme-challenge.t TXT "of the file"\n_acme-challenge.t MX 10 ns1\n')
    before = transfer(world)
    assert [a[1:] for a in addresses(before, "_acme-challenge.c.example.com")] == [
        ("CNAME", "elsewhere.example.net.")]
    for name in "ct":
        world.ctl("records", "set", "_acme-challenge.%s.example.com" % name, "TXT",
                  "values=\"token\"")
    eventually(lambda: world.ask("_acme-challenge.t.example.com", "TXT").data == ['"token"'],
               within=4)
    after = transfer(world)
    assert [a[1:] for a in addresses(after, "_acme-challenge.c.example.com")] == [
        ("TXT", '"token"')]
    assert [a[1:] for a in addresses(after, "_acme-challenge.t.example.com")] == [
        ("MX", "10 ns1.example.com."), ("TXT", '"token"')]


def test_records_as_long_as_messages(world):
    """What leaves no room for a signature is sent without one only."""
    def zone(hints):
        return "$ORIGIN example.com.\n$TTL 60\n@ SOA ns1 h 1 1 1 1 1\n@ NS ns1\n" \
            "ns1 A 192.0.2.1\ngiant HTTPS 1 . ipv6hint=%s\nb TXT y\n" % ",".join(["::1"] * hints)
    begin(world, zone=zone(4061))
    whole = transfer(world)
    assert len(whole) == 6 and addresses(whole, "giant.example.com")[0][2].count("::1") == 4061
    assert transfer(world, key="k1") == whole
    world.write("example.com.zone", zone(4090))
    world.ctl("reload")
    eventually(lambda: any(line.count("::1") == 4090 for line in transfer(world)), within=4)
    with pytest.raises((EOFError, dns.exception.DNSException)):
        transfer(world, key="k1")
    eventually(lambda: "transfer broken off zone=example.com peer=127.0.0.1 key=k1"
               in world.text(), within=2)


def test_opt_and_signature_find_room(world):
    """However long both are, a long record beside the SOA does not push them out."""
    secret(world)
    name = ".".join(["k" * 63] * 3 + ["k" * 61])
    strings = ['"%s"' % ("x" * 255)] * 253 + ['"%s"' % ("y" * 21)]
    world.zone("example.com", "@ TXT ( %s )\n" % "\n".join(strings))
    world.configure("keys: [{name: %s, algorithm: hmac-sha512, secret_file: k1.secret}]\nzones:\n"
                    "  - {domain: example.com, file: example.com.zone, transfer: [{key: %s}]}\n"
                    % (name, name))
    text = world.config.read_text()
    world.config.write_text(text.replace("identity: here", "identity: " + "i" * 255))
    world.start()
    q = dns.message.make_query("example.com", "AXFR", use_edns=0, options=[
        dns.edns.GenericOption(code, value) for code, value in (
            (dns.edns.NSID, b""), (dns.edns.COOKIE, b"12345678"), (11, b""))])
    q.use_tsig(dns.tsigkeyring.from_text({name: ("hmac-sha512", SECRET)}), name + ".")
    q = q.to_wire()
    records, additional = 0, []
    with socket.create_connection((world.address, world.port)) as s:
        s.settimeout(5 * SLOW)
        s.sendall(struct.pack("!H", len(q)) + q)
        while records < 5:
            got = read_exactly(s, struct.unpack("!H", read_exactly(s, 2))[0])
            records += struct.unpack_from("!H", got, 6)[0]
            additional.append(struct.unpack_from("!H", got, 10)[0])
    # SOA, NS, TXT, A, SOA; OPT in the first message alone
    assert records == 5 and additional == [2] + [1] * (len(additional) - 1)


def test_who_may(world):
    """Address, key, both, or nobody; each refusal is told and counted."""
    begin(world, "transfer: [127.0.0.3, {key: k1}, {address: 127.0.0.4, key: k2}]")
    assert refused(world) == "REFUSED"
    assert "transfer refused zone=example.com peer=127.0.0.1" in world.text()
    assert transfer(world, source="127.0.0.3")
    assert transfer(world, key="k1") == transfer(world, key="k1", source="127.0.0.3")
    assert refused(world, key="k2") == "REFUSED"
    assert transfer(world, key="k2", source="127.0.0.4")
    assert refused(world, source="127.0.0.4") == "REFUSED"
    assert refused(world, zone="example.net") == "NOTAUTH"
    assert refused(world, zone="www.example.com") == "NOTAUTH"
    with world.moves(transfers_refused=1, refused=1, tcp_connections=1, tcp_queries=1):
        refused(world)
    assert "transfer begins zone=example.com peer=127.0.0.1 key=k1 serial=" in world.text()
    eventually(lambda: "transfer done zone=example.com peer=127.0.0.4 key=k2" in world.text(),
               within=2)


def udp(world, rdtype, serial=None):
    q = dns.message.make_query("example.com", rdtype, use_edns=False)
    q.flags = 0
    if serial is not None:
        soa = "a. b. %d 1 1 1 1" % serial
        q.authority.append(dns.rrset.from_text("example.com.", 0, "IN", "SOA", soa))
    return dns.message.from_wire(exchange(q.to_wire(), world.address, world.port))


def test_udp_and_ixfr(world):
    begin(world)
    assert udp(world, "AXFR").rcode() == dns.rcode.NOTIMP
    serial = int(world.ask("example.com", "SOA").data[0].split()[2])
    # RFC 1995 2 and 4: over UDP the SOA of now; over TCP all of it, in place of a difference
    got = udp(world, "IXFR", 3)
    assert [s.rdtype for s in got.answer] == [6] and got.answer[0][0].serial == serial
    assert got.flags & dns.flags.AA
    assert udp(world, "IXFR").rcode() == dns.rcode.FORMERR
    q = dns.message.make_query("example.com", "IXFR", use_edns=False)
    q.flags = 0
    for mine, count in ((serial, 1), ((serial + 5) & 0xffffffff, 1), (serial - 1, None)):
        q.authority = [dns.rrset.from_text(
            "example.com.", 0, "IN", "SOA", "a. b. %d 1 1 1 1" % mine)]
        wire = exchange(q.to_wire(), world.address, world.port, tcp=True)
        got = dns.message.from_wire(wire, xfr=True, one_rr_per_rrset=True)
        assert got.question[0].rdtype == dns.rdatatype.IXFR
        if count is not None:
            assert len(got.answer) == count
        else:
            whole = transfer(world)
            assert sorted(r.to_text() for s in got.answer for r in s) == \
                sorted(line.split(" ", 3)[3] for line in whole)


def test_a_broken_zone_is_not_sent(world):
    secret(world)
    world.write("example.com.zone", "this is no zone\n")
    world.configure("zones:\n  - {domain: example.com, file: example.com.zone, "
                    "transfer: [127.0.0.1]}\n")
    world.start()
    assert refused(world) == "SERVFAIL"


BIG = 60000


def big_zone(serial):
    return "$ORIGIN example.com.\n$TTL %d\n@ SOA ns1 h %d 3600 600 86400 60\n@ NS ns1\n" \
        "ns1 A 192.0.2.53\n" % (serial, serial) + \
        "".join("h%d A 10.0.%d.%d\n" % (i, i >> 8 & 255, i & 255) for i in range(BIG))


def open_transfer(world):
    """Begins one and reads its first message only."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.settimeout(20 * SLOW)
    s.connect((world.address, world.port))
    q = dns.message.make_query("example.com", "AXFR").to_wire()
    s.sendall(struct.pack("!H", len(q)) + q)
    return s, next_message(s)


def next_message(s):
    wire = read_exactly(s, struct.unpack("!H", read_exactly(s, 2))[0])
    return dns.message.from_wire(wire, xfr=True, one_rr_per_rrset=True)


def test_a_peer_that_does_not_read_harms_nobody(world):
    begin(world, zone=big_zone(1))
    slow = [open_transfer(world)[0] for _ in range(6)]
    for tcp in (False, True):
        start = time.monotonic()
        assert world.ask("h1.example.com", tcp=tcp).rcode == "NOERROR"
        assert time.monotonic() - start < 1 * SLOW
    assert len(transfer(world)) == BIG + 4
    for s in slow:
        s.close()
    eventually(lambda: world.text().count("transfer broken off") == 6, within=5)


def test_a_reload_in_the_middle(world):
    """What has begun goes on as the zone was; the next is as it is."""
    begin(world, zone=big_zone(100))
    s, first = open_transfer(world)
    world.write("example.com.zone", big_zone(3000000000))
    world.ctl("reload")
    eventually(lambda: world.ask("h1.example.com").ttl != 100, within=4)
    ttls, count = {r.ttl for r in first.answer}, len(first.answer)
    last = first
    while count < BIG + 4:
        last = next_message(s)
        ttls |= {r.ttl for r in last.answer}
        count += len(last.answer)
    assert ttls == {100} and last.answer[-1] == first.answer[0]
    # the connection takes requests again
    q = dns.message.make_query("h1.example.com", "A").to_wire()
    s.sendall(struct.pack("!H", len(q)) + q)
    assert next_message(s).answer
    s.close()
    assert transfer(world)[0].split(" ")[5] == "3000000000"


def test_the_end_while_it_is_sent(world):
    begin(world, zone=big_zone(1))
    streams = [open_transfer(world)[0] for _ in range(3)]
    threads = [threading.Thread(target=lambda: s.recv(1 << 20)) for s in streams]
    for t in threads:
        t.start()
    world.stop()
    for t in threads:
        t.join()
    for s in streams:
        s.close()


QUESTIONS = [("example.com", "SOA"), ("example.com", "NS"), ("www.example.com", "A"),
             ("many.example.com", "A"), ("x.wild.example.com", "MX"), ("wild.example.com", "A"),
             ("sub.example.com", "A"), ("x.sub.example.com", "TXT"), ("y.old.example.com", "A"),
             ("b.c.example.com", "A"), ("tall.example.com", "TXT"), ("s.example.com", "TXT"),
             ("none.example.com", "A"), ("_acme-challenge.www.example.com", "TXT")]


def assert_alike(world, other):
    for name, rdtype in QUESTIONS:
        ours, theirs = (s.ask(name, rdtype, tcp=True) for s in (world, other))
        assert (ours.rcode, ours.aa, ours.answer, ours.authority) == \
            (theirs.rcode, theirs.aa, theirs.answer, theirs.authority), (name, rdtype)


@pytest.mark.parametrize("name", ["nsd", "knot", "bind"])
@pytest.mark.parametrize("key", [None, "k2"])
def test_secondaries(world, name, key):
    """A plain secondary takes the zone, hears of changes in file and store, and serves it."""
    if not OtherServer.is_installed(name):
        pytest.skip(name + " is not installed")
    port = free_port()
    peer = "{address: 127.0.0.1@%d, key: k2}" % port if key else "127.0.0.1@%d" % port
    begin(world, "transfer: [%s], notify: [%s]" % ("{key: k2}" if key else "127.0.0.1", peer))
    if key:
        assert refused(world) == "REFUSED"
    other = Secondary(name, "example.com", world.port,
                      ("k2", "hmac-sha512", SECRET) if key else None, port)
    try:
        def is_level():
            mine = int(world.ask("example.com", "SOA").data[0].split()[2])
            assert other.serial() == mine, other.said()
            return True
        eventually(is_level, within=15, every=0.1)
        assert_alike(world, other)
        world.ctl("records", "set", "s.example.com", "TXT", "values=\"one\"")
        eventually(lambda: other.ask("s.example.com", "TXT").data == ['"one"'], within=12, every=0.1)
        world.ctl("records", "set", "_acme-challenge.www.example.com", "TXT", "values=\"t\"")
        world.write("example.com.zone", ZONE.replace("{long}", LONG) + "s2 A 192.0.2.200\n")
        world.ctl("reload")
        eventually(lambda: other.ask("s2.example.com", "A").data == ["192.0.2.200"], within=12,
                   every=0.1)
        eventually(is_level, within=12, every=0.1)
        assert_alike(world, other)
        eventually(lambda: world.status()["notify"]["pending"] == 0, within=25, every=0.1)
        assert world.status()["notify"]["failing"] == []
    finally:
        other.close()
