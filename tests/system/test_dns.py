# SPDX-License-Identifier: BSD-2-Clause
"""Authoritative answers, question by question; the same questions to NSD and Knot."""
import random
import socket
import struct

import dns.flags
import dns.message
import dns.rcode
import pytest

import oracle
from limits import SLOW
from servers import OtherServer

ZONE = """$ORIGIN example.com.
$TTL 300
@        SOA   ns1 hostmaster 7 3600 600 86400 60
@        NS    ns1
@        NS    ns.example.net.
@        MX    10 mail
@        TXT   "v=spf1 -all"
ns1      A     192.0.2.53
         AAAA  2001:db8::53
mail     A     192.0.2.25
www      A     192.0.2.1
         A     192.0.2.2
         AAAA  2001:db8::1
alias    CNAME www
far      CNAME www.example.net.
one      CNAME two
two      CNAME three
three    CNAME www
dangling CNAME missing
round    CNAME about
about    CNAME round
into     CNAME host.lab
*.wild   A     192.0.2.77
         TXT   "wild"
there.wild A   192.0.2.78
*.cname  CNAME www
a.empty.between A 192.0.2.9
old      DNAME new
host.new A     192.0.2.10
lab      NS    ns1.lab
lab      NS    ns.example.net.
ns1.lab  A     192.0.2.60
         AAAA  2001:db8::60
bare     NS    ns.example.net.
srv      SRV   10 60 5060 www
svc      HTTPS 1 . alpn=h2 ipv4hint=192.0.2.80
strange  TYPE65300 \\# 4 01020304
caa      CAA   0 issue "ca.example.net"
""" + "".join("big TXT \"%03d %s\"\n" % (i, "x" * 90) for i in range(40))

# name, type, rcode, aa, answer
QUESTIONS = [
    ("www.example.com", "A", "NOERROR", True, ["www.example.com. A 192.0.2.1", "www.example.com. A 192.0.2.2"]),
    ("www.example.com", "AAAA", "NOERROR", True, ["www.example.com. AAAA 2001:db8::1"]),
    ("WwW.eXample.COM", "AAAA", "NOERROR", True, ["www.example.com. AAAA 2001:db8::1"]),
    ("example.com", "SOA", "NOERROR", True,
     ["example.com. SOA ns1.example.com. hostmaster.example.com. SERIAL 3600 600 86400 60"]),
    ("example.com", "NS", "NOERROR", True, ["example.com. NS ns.example.net.", "example.com. NS ns1.example.com."]),
    ("example.com", "MX", "NOERROR", True, ["example.com. MX 10 mail.example.com."]),
    ("example.com", "TXT", "NOERROR", True, ['example.com. TXT "v=spf1 -all"']),
    ("example.com", "A", "NOERROR", True, []),
    ("www.example.com", "TXT", "NOERROR", True, []),
    ("missing.example.com", "A", "NXDOMAIN", True, []),
    ("a.b.c.missing.example.com", "A", "NXDOMAIN", True, []),
    ("sub.www.example.com", "A", "NXDOMAIN", True, []),
    ("alias.example.com", "A", "NOERROR", True,
     ["alias.example.com. CNAME www.example.com.", "www.example.com. A 192.0.2.1", "www.example.com. A 192.0.2.2"]),
    ("alias.example.com", "CNAME", "NOERROR", True, ["alias.example.com. CNAME www.example.com."]),
    ("alias.example.com", "TXT", "NOERROR", True, ["alias.example.com. CNAME www.example.com."]),
    ("far.example.com", "A", "NOERROR", True, ["far.example.com. CNAME www.example.net."]),
    ("one.example.com", "AAAA", "NOERROR", True,
     ["one.example.com. CNAME two.example.com.", "three.example.com. CNAME www.example.com.",
      "two.example.com. CNAME three.example.com.", "www.example.com. AAAA 2001:db8::1"]),
    ("dangling.example.com", "A", "NXDOMAIN", True, ["dangling.example.com. CNAME missing.example.com."]),
    ("x.wild.example.com", "A", "NOERROR", True, ["x.wild.example.com. A 192.0.2.77"]),
    ("x.y.wild.example.com", "TXT", "NOERROR", True, ['x.y.wild.example.com. TXT "wild"']),
    ("x.wild.example.com", "MX", "NOERROR", True, []),
    ("*.wild.example.com", "A", "NOERROR", True, ["*.wild.example.com. A 192.0.2.77"]),
    ("wild.example.com", "A", "NOERROR", True, []),
    ("there.wild.example.com", "A", "NOERROR", True, ["there.wild.example.com. A 192.0.2.78"]),
    ("there.wild.example.com", "TXT", "NOERROR", True, []),
    ("x.there.wild.example.com", "A", "NXDOMAIN", True, []),
    ("x.cname.example.com", "AAAA", "NOERROR", True,
     ["www.example.com. AAAA 2001:db8::1", "x.cname.example.com. CNAME www.example.com."]),
    ("between.example.com", "A", "NOERROR", True, []),
    ("empty.between.example.com", "A", "NOERROR", True, []),
    ("b.empty.between.example.com", "A", "NXDOMAIN", True, []),
    ("host.old.example.com", "A", "NOERROR", True,
     ["host.new.example.com. A 192.0.2.10", "host.old.example.com. CNAME host.new.example.com.",
      "old.example.com. DNAME new.example.com."]),
    ("no.old.example.com", "A", "NXDOMAIN", True,
     ["no.old.example.com. CNAME no.new.example.com.", "old.example.com. DNAME new.example.com."]),
    ("old.example.com", "DNAME", "NOERROR", True, ["old.example.com. DNAME new.example.com."]),
    ("old.example.com", "A", "NOERROR", True, []),
    ("lab.example.com", "A", "NOERROR", False, []),
    ("host.lab.example.com", "A", "NOERROR", False, []),
    ("lab.example.com", "NS", "NOERROR", False, []),
    ("ns1.lab.example.com", "A", "NOERROR", False, []),
    ("x.bare.example.com", "AAAA", "NOERROR", False, []),
    ("srv.example.com", "SRV", "NOERROR", True, ["srv.example.com. SRV 10 60 5060 www.example.com."]),
    ("svc.example.com", "HTTPS", "NOERROR", True, ['svc.example.com. HTTPS 1 . alpn="h2" ipv4hint="192.0.2.80"']),
    ("strange.example.com", "TYPE65300", "NOERROR", True, ["strange.example.com. TYPE65300 \\# 4 01020304"]),
    ("caa.example.com", "CAA", "NOERROR", True, ['caa.example.com. CAA 0 issue "ca.example.net"']),
    ("www.example.org", "A", "REFUSED", False, []),
    ("com", "NS", "REFUSED", False, []),
    (".", "NS", "REFUSED", False, []),
    ("example.com.example.net", "A", "REFUSED", False, []),
]
COUNTER = {"NOERROR": "noerror", "NXDOMAIN": "nxdomain", "REFUSED": "refused"}


def begin(world, server=""):
    world.zone("example.com", ZONE)
    world.configure("zones:\n  - {domain: example.com, file: example.com.zone}\n", server)
    world.start()


def test_each_question(world):
    """All of the table, over UDP and TCP, with and without EDNS; one counter each."""
    begin(world)
    for name, rdtype, rcode, aa, answer in QUESTIONS:
        with world.moves(udp_queries=1, edns=1, **{COUNTER[rcode]: 1}):
            got = world.ask(name, rdtype)
        place = (got.rcode, got.aa, sorted(serial_masked(got.answer)))
        assert place == (rcode, aa, sorted(answer)), (name, rdtype, got)
        for options in ({"edns": False}, {"tcp": True}):
            again = world.ask(name, rdtype, **options)
            assert (again.rcode, again.aa, again.answer) == (got.rcode, got.aa, got.answer)
            assert (again.authority, again.additional) == (got.authority, got.additional)
        if rcode == "NXDOMAIN" or (rcode == "NOERROR" and aa and not answer):
            assert [line.split(" ")[1] for line in got.authority] == ["SOA"], (name, rdtype)
            assert got.message.authority[0].ttl == 60, "RFC 2308 5: the lesser of TTL and MINIMUM"
        if rcode == "REFUSED":
            assert not got.authority and not got.additional


def serial_masked(lines):
    """A server may raise a SOA's serial: it stands behind owner, type and two names."""
    masked = []
    for line in lines:
        words = line.split(" ")
        if words[1] == "SOA":
            words[4] = "SERIAL"
        masked.append(" ".join(words))
    return masked


def test_referrals(world):
    begin(world)
    for name in ("lab.example.com", "a.b.lab.example.com", "ns1.lab.example.com"):
        got = world.ask(name, "A")
        assert not got.aa and not got.answer
        assert got.authority == ["lab.example.com. NS ns.example.net.", "lab.example.com. NS ns1.lab.example.com."]
        assert got.additional == ["ns1.lab.example.com. A 192.0.2.60", "ns1.lab.example.com. AAAA 2001:db8::60"]
    got = world.ask("bare.example.com", "A")
    assert got.authority == ["bare.example.com. NS ns.example.net."] and not got.additional
    # a CNAME into a cut: what the CNAME says is ours, the rest is a referral
    got = world.ask("into.example.com", "A")
    assert got.answer == ["into.example.com. CNAME host.lab.example.com."]
    assert [line.split(" ")[1] for line in got.authority] == ["NS", "NS"]


def test_a_loop_of_cnames_ends(world):
    begin(world)
    got = world.ask("round.example.com", "A")
    assert got.answer == ["about.example.com. CNAME round.example.com.", "round.example.com. CNAME about.example.com."]


@pytest.mark.parametrize("name", sorted(OtherServer.PROGRAMS))
def test_like_other_servers(world, name):
    """The same zone and questions elsewhere: rcode, aa, answers, and the rest of negative
    answers and referrals agree."""
    if not OtherServer.is_installed(name):
        pytest.skip(name + " is not installed")
    begin(world)
    other = OtherServer(name, [("example.com", ZONE)], minimal=False)
    try:
        for question in QUESTIONS:
            compare(world.ask(*question[:2]), other.ask(*question[:2]), question)
    finally:
        other.close()


def compare(ours, theirs, question):
    name, rdtype, rcode, aa, answer = question
    what = "%s %s: ours %r, theirs %r" % (name, rdtype, ours, theirs)
    assert (ours.rcode, ours.aa) == (theirs.rcode, theirs.aa), what
    assert serial_masked(ours.answer) == serial_masked(theirs.answer), what
    if rcode == "NXDOMAIN" or not answer:
        assert serial_masked(ours.authority) == serial_masked(theirs.authority), what
        assert [s.ttl for s in ours.message.authority] == [s.ttl for s in theirs.message.authority], what
    if not aa and rcode == "NOERROR":
        assert ours.additional == theirs.additional, what


def test_case_of_the_question_is_kept(world):
    begin(world)
    for name in ("WWW.example.com.", "wWw.ExAmPlE.cOm.", "X.Wild.Example.Com."):
        got = world.ask(name, "A").message
        assert got.question[0].name.to_text() == name
        assert got.answer[0].name.to_text() == name, "so that 0x20 checks pass"


def test_sizes_and_truncation(world):
    """512 without EDNS, the requestor's size with it, 1232 at most, all of it over TCP."""
    begin(world)
    for options, limit in (({"edns": False}, 512), ({"payload": 512}, 512),
                           ({"payload": 900}, 900), ({"payload": 4096}, 1232),
                           ({"payload": 100}, 512)):
        moved = {"udp_queries": 1, "noerror": 1, "truncated": 1}
        if "edns" not in options:
            moved["edns"] = 1
        with world.moves(**moved):
            got = world.ask("big.example.com", "TXT", **options)
        assert got.tc and len(got.message.to_wire()) <= limit, options
    with world.moves(tcp_connections=1, tcp_queries=1, noerror=1, edns=1):
        got = world.ask("big.example.com", "TXT", tcp=True)
    assert not got.tc and len(got.answer) == 40


def exchange(world, packet, timeout=0.5):
    """One packet there and at most one back; None when nothing comes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(timeout * SLOW)
        s.connect((world.address, world.port))
        s.send(packet)
        try:
            wire = s.recv(65535)
        except socket.timeout:
            return None
    oracle.judge(packet, wire)
    return wire


def header(flags, counts=(1, 0, 0, 0), ident=0x1234):
    return struct.pack("!6H", ident, flags, *counts)


QUESTION = b"\3www\7example\3com\0\0\1\0\1"


def test_flags_and_opcodes(world):
    begin(world)
    reply = exchange(world, header(0x0100) + QUESTION)
    flags = struct.unpack("!H", reply[2:4])[0]
    assert flags == 0x8500, "QR AA RD: RD is copied, RA is never set"
    for opcode in (1, 2, 3, 5, 6, 15):
        with world.moves(udp_queries=1, notimp=1):
            reply = exchange(world, header(opcode << 11) + QUESTION)
        flags = struct.unpack("!H", reply[2:4])[0]
        assert flags & 15 == dns.rcode.NOTIMP and flags >> 11 & 15 == opcode
    with world.moves(udp_queries=1, dropped=1):
        assert exchange(world, header(0x8000) + QUESTION, timeout=0.1) is None, "a response"
    with world.moves(udp_queries=1, formerr=1):
        assert exchange(world, header(0, (2, 0, 0, 0)) + QUESTION + QUESTION)[3] & 15 == 1


def test_edns_versions_and_unknown_options(world):
    """RFC 6891 6.1.3 and 6.1.2; RFC 5001."""
    begin(world)
    query = dns.message.make_query("www.example.com", "A")
    query.use_edns(1)
    reply = dns.message.from_wire(exchange(world, query.to_wire()))
    assert reply.rcode() == dns.rcode.BADVERS and reply.edns == 0
    query.use_edns(0, options=[dns.edns.GenericOption(65001, b"hello")])
    reply = dns.message.from_wire(exchange(world, query.to_wire()))
    assert reply.rcode() == dns.rcode.NOERROR and not reply.options
    query.use_edns(0, options=[dns.edns.GenericOption(dns.edns.NSID, b"")])
    reply = dns.message.from_wire(exchange(world, query.to_wire()))
    assert [o.data for o in reply.options] == [b"here"]
    # no EDNS in, none out (RFC 6891 7)
    query.use_edns(False)
    reply = dns.message.from_wire(exchange(world, query.to_wire()))
    assert reply.edns == -1
    # two OPT records, and a subnet whose length lies (RFC 7871 6)
    opt = b"\0\0\x29\4\xd0\0\0\0\0\0\0"
    assert exchange(world, header(0, (1, 0, 0, 2)) + QUESTION + opt + opt)[3] & 15 == 1
    ecs = b"\0\0\x29\4\xd0\0\0\0\0\0\x0b" + b"\0\x08\0\7\0\1\x20\0\1\2\3"
    assert exchange(world, header(0, (1, 0, 0, 1)) + QUESTION + ecs)[3] & 15 == 1


def test_garbage_does_not_hurt(world):
    """Ten thousand odd packets: cut, flipped, random. Then it answers as before."""
    begin(world)
    rng = random.Random(1035)
    good = dns.message.make_query("www.example.com", "A", use_edns=0, options=[
        dns.edns.ECSOption("192.0.2.0", 24)]).to_wire()
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect((world.address, world.port))
    s.setblocking(False)
    for i in range(10000):
        kind = i % 4
        if kind == 0:
            packet = good[:rng.randrange(len(good))]
        elif kind == 1:
            packet = bytearray(good)
            for _ in range(rng.randrange(1, 6)):
                packet[rng.randrange(2, len(packet))] = rng.randrange(256)
        elif kind == 2:
            packet = bytes(rng.randrange(256) for _ in range(rng.randrange(80)))
        else:
            packet = header(rng.randrange(0x8000), [rng.choice((0, 1, 2, 65535)) for _ in range(4)]) \
                + bytes(rng.choice((0, 1, 63, 64, 192, 12, 255)) for _ in range(rng.randrange(60)))
        try:
            s.send(packet)
            s.recv(65535)
        except OSError:
            pass
    s.close()
    got = world.ask("www.example.com", "AAAA")
    assert (got.rcode, got.data) == ("NOERROR", ["2001:db8::1"])


def test_over_ipv6(world):
    """A listener on ::1, beside that of IPv4."""
    world.listen = '[127.0.0.1@%d, "::1@%d"]' % (world.port, world.port)
    begin(world)
    for tcp in (False, True):
        got = world.ask("www.example.com", "AAAA", address="::1", tcp=tcp)
        assert got.data == ["2001:db8::1"]
        assert world.ask("www.example.com", "AAAA", tcp=tcp).data == ["2001:db8::1"]


def test_any_and_transfers(world):
    """RFC 8482: one RRset stands for ANY; transfers are refused."""
    begin(world)
    got = world.ask("www.example.com", "ANY")
    assert got.rcode == "NOERROR" and len({line.split(" ")[1] for line in got.answer}) == 1
    for rdtype in ("AXFR", "IXFR"):
        numbers = struct.pack("!HH", dns.rdatatype.from_text(rdtype), 1)
        reply = exchange(world, header(0) + QUESTION[4:-4] + numbers)
        assert reply[3] & 15 == dns.rcode.REFUSED
        # RFC 5936 2.2.1: a name that is no zone's
        reply = exchange(world, header(0) + QUESTION[:-4] + numbers)
        assert reply[3] & 15 == dns.rcode.NOTAUTH
    for qclass in (3, 4, 254, 255):
        reply = exchange(world, header(0) + QUESTION[:-4] + struct.pack("!HH", 1, qclass))
        assert reply[3] & 15 in (dns.rcode.REFUSED, dns.rcode.NOERROR)
