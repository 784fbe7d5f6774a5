# SPDX-License-Identifier: BSD-2-Clause
"""Class CH, and classes that nobody has."""
import socket
import struct

import dns.edns
import dns.message
import dns.query
import dns.rcode
import dns.rdataclass
import pytest

from limits import SLOW
from servers import OtherServer
from world import exchange

# name, type, text or None for REFUSED
QUESTIONS = [
    ("id.server", "TXT", "here"),
    ("hostname.bind", "TXT", "here"),
    ("ID.Server", "TXT", "here"),
    ("version.bind", "TXT", "7.0"),
    ("version.server", "TXT", "7.0"),
    ("id.server", "ANY", "here"),
    ("version.bind", "ANY", "7.0"),
    ("id.server", "A", None),
    ("version.bind", "SOA", None),
    ("authors.bind", "TXT", None),
    ("x.id.server", "TXT", None),
    ("server", "NS", None),
    ("example.com", "SOA", None),
    (".", "NS", None),
]


ZONE = """$ORIGIN example.com.
$TTL 300
@ SOA ns1 hostmaster 1 3600 600 86400 60
@ NS ns1
ns1 A 192.0.2.53
www A 192.0.2.1
"""


def begin(world, server):
    world.zone("example.com", ZONE)
    world.configure("zones:\n  - {domain: example.com, file: example.com.zone}\n", server)
    world.start()


def ask(world, name, rdtype, rdclass="CH", tcp=False, **options):
    query = dns.message.make_query(name, rdtype, rdclass, **options)
    how = dns.query.tcp if tcp else dns.query.udp
    return how(query, world.address, port=world.port, timeout=2 * SLOW)


def texts(message):
    return [r.to_text() for s in message.answer for r in s]


def test_each_question(world):
    begin(world, '  version: "7.0"\n')
    for name, rdtype, text in QUESTIONS:
        rcode = "REFUSED" if text is None else "NOERROR"
        with world.moves(udp_queries=1, **{rcode.lower(): 1}):
            got = ask(world, name, rdtype)
        assert dns.rcode.to_text(got.rcode()) == rcode, name
        assert got.question[0].name.to_text().rstrip(".") == name.rstrip("."), "its case is kept"
        assert not got.authority and not got.additional
        assert texts(got) == ([] if text is None else ['"%s"' % text])
        for s in got.answer:
            assert (s.name.to_text(), s.rdclass, s.ttl) == (name + ".", dns.rdataclass.CH, 0)
        again = ask(world, name, rdtype, tcp=True)
        assert (again.rcode(), again.flags, again.answer) == (got.rcode(), got.flags, got.answer)


def test_with_edns(world):
    begin(world, "")
    got = ask(world, "id.server", "TXT", use_edns=0, options=[dns.edns.GenericOption(dns.edns.NSID, b"")])
    assert texts(got) == ['"here"'] and [o.data for o in got.options] == [b"here"]


def test_no_version_is_told_by_default(world):
    begin(world, "")
    for name in ("version.bind", "version.server"):
        assert ask(world, name, "TXT").rcode() == dns.rcode.REFUSED
    assert texts(ask(world, "id.server", "TXT")) == ['"here"']


def test_off(world):
    begin(world, '  version: "7.0"\n  chaos: off\n')
    for name, rdtype, _ in QUESTIONS:
        assert ask(world, name, rdtype).rcode() == dns.rcode.REFUSED
    config = world.config.read_text()
    world.config.write_text(config.replace("chaos: off", "chaos: on"))
    world.ctl("reload")
    assert texts(ask(world, "version.bind", "TXT")) == ['"7.0"']


@pytest.mark.parametrize("rdclass", [0, 2, 4, 5, 254, 65280, 65535])
def test_classes_that_nobody_has(world, rdclass):
    """As NSD and Knot, which agree; BIND has FORMERR or NOTIMP for some of them."""
    begin(world, "")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(2 * SLOW)
        s.connect((world.address, world.port))
        for name in (b"\3www\7example\3com\0", b"\2id\6server\0"):
            question = name + struct.pack("!HH", 1, rdclass)
            s.send(struct.pack("!6H", 7, 0, 1, 0, 0, 0) + question)
            reply = s.recv(512)
            assert struct.unpack("!6H", reply[:12]) == (7, 0x8005, 1, 0, 0, 0)
            assert reply[12:] == question


def test_class_any(world):
    """RFC 1035 6.2: what we have, without authority, as nobody knows all classes."""
    begin(world, "")
    got = ask(world, "www.example.com", "A", "ANY")
    assert texts(got) == ["192.0.2.1"] and got.answer[0].rdclass == dns.rdataclass.IN
    assert got.rcode() == dns.rcode.NOERROR and not got.flags & dns.flags.AA
    assert ask(world, "no.example.com", "A", "ANY").rcode() == dns.rcode.NXDOMAIN
    assert ask(world, "www.example.org", "A", "ANY").rcode() == dns.rcode.REFUSED


def odd_packets():
    """Classes and operations that hardly anybody asks for, each with a word for it."""
    www, server = b"\3www\7example\3com\0", b"\2id\6server\0"
    opt = b"\0\0\x29\4\xd0\0\0\0\0\0\0"
    for rdclass in (0, 2, 3, 4, 5, 254, 255, 65280):
        for name, rdtype in ((www, 1), (server, 16), (server, 1)):
            yield ("class %d %r %d" % (rdclass, name, rdtype), struct.pack("!6H", 7, 0, 1, 0, 0, 1)
                   + name + struct.pack("!HH", rdtype, rdclass) + opt)
    for opcode in range(1, 16):
        yield "opcode %d alone" % opcode, struct.pack("!6H", 7, opcode << 11, 0, 0, 0, 0)
        yield ("opcode %d" % opcode, struct.pack("!6H", 7, opcode << 11, 1, 0, 0, 1)
               + www + struct.pack("!HH", 1, 1) + opt)


def test_where_others_agree_so_do_we(world):
    """NSD, Knot and BIND: the rcode, and how many records the answer has."""
    for name in OtherServer.PROGRAMS:
        if not OtherServer.is_installed(name):
            pytest.skip(name + " is not installed")
    begin(world, "")
    others, agreed, differ = [], 0, []
    try:
        for name in OtherServer.PROGRAMS:
            others.append(OtherServer(name, [("example.com", ZONE)]))
        for what, packet in odd_packets():
            got = {(wire[3] & 15, wire[6:8]) for wire in (
                exchange(packet, "127.0.0.1", other.port) for other in others)}
            ours = exchange(packet, world.address, world.port)
            if len(got) == 1:
                agreed += 1
                if got != {(ours[3] & 15, ours[6:8])}:
                    differ.append((what, got, ours))
    finally:
        for other in others:
            other.close()
    assert agreed >= 25, agreed
    # a NOTIFY of nothing is FORMERR to who may be a secondary; we are never one
    assert [d[0] for d in differ] == ["opcode 4 alone"], differ
