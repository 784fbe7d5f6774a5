# SPDX-License-Identifier: BSD-2-Clause
"""RFC 8906 section 8: what every server must answer, test by test."""
import struct

import dns.message
import dns.rcode
import dns.rdatatype
import pytest

QR, AA, TC, RD, RA, Z, AD, CD = 0x8000, 0x400, 0x200, 0x100, 0x80, 0x40, 0x20, 0x10
SOA, A, DNSKEY, TYPE1000 = 6, 1, 48, 1000
APEX = b"\7example\3com\0"

# What is asked: type, flags, OPT as (version, flags, options) or None.
# What has to come: rcode, flags (all that are set), is there an SOA in the answer.
TESTS = {
    "8.1.1 configured for the zone": (SOA, 0, None, "NOERROR", QR | AA, True),
    "8.1.2 unknown type": (TYPE1000, 0, None, "NOERROR", QR | AA, False),
    # RFC 4035 3.1.6: CD is copied by who validates or sends signed data
    "8.1.3.1 CD=1": (SOA, CD, None, "NOERROR", QR | AA, True),
    "8.1.3.2 AD=1": (SOA, AD, None, "NOERROR", QR | AA, True),
    "8.1.3.3 reserved bit": (SOA, Z, None, "NOERROR", QR | AA, True),
    "8.1.3.4 recursion desired": (SOA, RD, None, "NOERROR", QR | AA | RD, True),
    "8.2.1 minimal EDNS": (SOA, 0, (0, 0, b""), "NOERROR", QR | AA, True),
    "8.2.2 EDNS version 1": (SOA, 0, (1, 0, b""), "BADVERS", QR, False),
    "8.2.3 unknown option": (SOA, 0, (0, 0, b"\0\x64\0\0"), "NOERROR", QR | AA, True),
    "8.2.3 unknown option with data": (SOA, 0, (0, 0, b"\0\x64\0\2ab"), "NOERROR", QR | AA, True),
    "8.2.4 unknown EDNS flags": (SOA, 0, (0, 0x40, b""), "NOERROR", QR | AA, True),
    "8.2.4 all of them": (SOA, 0, (0, 0x7fff, b""), "NOERROR", QR | AA, True),
    "8.2.5 version 1 and unknown flags": (SOA, 0, (1, 0x40, b""), "BADVERS", QR, False),
    "8.2.6 version 1 and unknown option": (SOA, 0, (1, 0, b"\0\x64\0\0"), "BADVERS", QR, False),
    "8.2.8 DO=1": (SOA, 0, (0, 0x8000, b""), "NOERROR", QR | AA, True),
    "8.2.9 version 1 and DO=1": (SOA, 0, (1, 0x8000, b""), "BADVERS", QR, False),
    # cookie, NSID, EXPIRE, client subnet 0.0.0.0/0
    "8.2.10 several options": (
        SOA, 0, (0, 0, b"\0\x0a\0\x0812345678" b"\0\3\0\0" b"\0\x09\0\0" b"\0\x08\0\4\0\1\0\0"),
        "NOERROR", QR | AA, True),
    "8.2.7 DNSKEY and DO=1": (DNSKEY, 0, (0, 0x8000, b""), "NOERROR", QR | AA, False),
}


@pytest.fixture
def server(world):
    world.zone("example.com", "www A 192.0.2.1\n" + "".join(
        "big TXT \"%03d %s\"\n" % (i, "x" * 90) for i in range(20)))
    world.configure("zones:\n  - {domain: example.com, file: example.com.zone}\n")
    world.start()
    return world


def query(rdtype, flags, opt, name=APEX, size=1232):
    packet = struct.pack("!6H", 0x8906, flags, 1, 0, 0, opt is not None)
    packet += name + struct.pack("!HH", rdtype, 1)
    if opt is not None:
        version, opt_flags, options = opt
        packet += b"\0" + struct.pack("!HHBBHH", 41, size, 0, version, opt_flags, len(options)) + options
    return packet


def exchange(world, packet, tcp=False):
    return world.send(packet, tcp=tcp)


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
def test_section_8(server, test, tcp):
    rdtype, flags, opt, rcode, want, has_soa = TESTS[test]
    wire = exchange(server, query(rdtype, flags, opt), tcp)
    got = dns.message.from_wire(wire)
    assert wire[:2] == b"\x89\x06" and wire[12:12 + len(APEX)] == APEX
    assert dns.rcode.to_text(got.rcode()) == rcode
    assert struct.unpack("!H", wire[2:4])[0] & 0x7ff0 | QR == want, "no bit that is not known"
    assert bool(got.answer) == has_soa
    if has_soa:
        assert got.answer[0].rdtype == dns.rdatatype.SOA
    # RFC 6891 7: OPT when asked with one, of version 0, and none else
    if opt is None:
        assert got.edns == -1
        return
    assert got.edns == 0
    assert got.ednsflags & 0xffff == opt[1] & 0x8000, "no flag but DO"
    assert not [o for o in got.options if o.otype == 100], "an unknown option is not given back"


@pytest.mark.parametrize("opcode", [1, 2, 3, 6, 7, 15])
@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
def test_8_1_4_unknown_opcodes(server, opcode, tcp):
    """A header alone: NOTIMP, its opcode, and all sections empty."""
    wire = exchange(server, struct.pack("!6H", 0x8906, opcode << 11, 0, 0, 0, 0), tcp)
    assert wire == struct.pack("!6H", 0x8906, QR | opcode << 11 | 4, 0, 0, 0, 0)


@pytest.mark.parametrize("opcode", range(1, 16))
@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
def test_other_operations_are_not_implemented(server, opcode, tcp):
    """IQUERY, STATUS, NOTIFY, UPDATE, DSO (RFC 8490 5.1.1) and what is not assigned, with what
    a query has: its question is given back, RD as always, and OPT."""
    asked = query(SOA, opcode << 11 | RD | AA | AD, (0, 0, b""))
    wire = exchange(server, asked, tcp)
    assert wire[:12] == struct.pack("!6H", 0x8906, QR | opcode << 11 | RD | 4, 1, 0, 0, 1)
    assert wire[12:12 + len(APEX) + 4] == asked[12:12 + len(APEX) + 4]
    assert len(wire) == len(asked)


@pytest.mark.parametrize("opcode", [4, 5, 6])
def test_other_operations_in_their_own_form(server, opcode):
    """A NOTIFY with an SOA, an UPDATE with a prerequisite and a change, a DSO message with a
    TLV: sections that we do not read are no reason for another rcode."""
    soa = APEX + struct.pack("!HHIH", SOA, 1, 300, 22) + b"\0\0" + b"\0" * 20
    none = APEX + struct.pack("!HHIH", A, 254, 0, 0)
    form = {
        4: ((1, 1, 0, 0), APEX + struct.pack("!HH", SOA, 1) + soa),
        5: ((1, 1, 1, 0), APEX + struct.pack("!HH", SOA, 1) + none + none),
        6: ((0, 0, 0, 0), struct.pack("!HHII", 1, 8, 15000, 15000)),
    }
    counts, body = form[opcode]
    for tcp in (False, True):
        wire = exchange(server, struct.pack("!6H", 0x8906, opcode << 11, *counts) + body, tcp)
        assert struct.unpack("!HH", wire[:4]) == (0x8906, QR | opcode << 11 | 4)
        assert struct.unpack("!3H", wire[6:12]) == (0, 0, 0)


def test_8_1_5_tcp(server):
    over_udp = exchange(server, query(SOA, 0, None))
    assert exchange(server, query(SOA, 0, None), tcp=True) == over_udp


def test_8_2_7_truncated_responses_have_opt(server):
    name = b"\3big" + APEX
    wire = exchange(server, query(16, 0, (0, 0x8000, b""), name, size=512))
    got = dns.message.from_wire(wire)
    assert wire[2] & 2 and len(wire) <= 512, "TC"
    assert got.edns == 0 and got.ednsflags & 0x8000
    got = dns.message.from_wire(exchange(server, query(16, 0, (0, 0x8000, b""), name, 512), tcp=True))
    assert len(got.answer[0]) == 20 and got.edns == 0
