# SPDX-License-Identifier: BSD-2-Clause
"""What the RFCs say of messages as such: header, question, sizes, EDNS. Each case names its
section; tests/RFC.md is the list. World.send() puts each response before the oracle."""
import dns.exception
import pytest

import oracle
import packets
from packets import (AA, AD, ANY, BADVERS, CD, CH, FORMERR, HS, NONE, NOERROR, NOTIMP, NXDOMAIN, QR,
                     RA, RD, REFUSED, TC, Z, ask, header, opt, option, question, record)
from world import World

ZONE = """$ORIGIN example.com.
$TTL 300
@       SOA   ns1 hostmaster 1 3600 600 86400 60
@       NS    ns1
ns1     A     192.0.2.53
www     A     192.0.2.1
mx      MX    10 mail
mail    A     192.0.2.25
sub     NS    ns.sub
ns.sub  A     192.0.2.54
ptr     PTR   a
ptr     PTR   b
strange TYPE65300 \\# 6 C00C03777777
""" + "".join('big TXT "%03d %s"\n' % (i, "x" * 90) for i in range(40)) + \
    "".join("edge MX %d h%d\nh%d A 192.0.2.%d\n" % (i, i, i, i) for i in range(14)) + \
    "".join("lab NS ns%d.lab\nns%d.lab AAAA 2001:db8::%d\n" % (i, i, i) for i in range(13))
WWW = question("www.example.com")
LABEL_63 = b"\x3f" + b"a" * 63
NAME_255 = LABEL_63 * 3 + b"\x31" + b"b" * 49 + packets.name("example.com")
NAME_256 = LABEL_63 * 3 + b"\x32" + b"b" * 50 + packets.name("example.com")
SILENT = None


@pytest.fixture(scope="module")
def world():
    w = World()
    w.write("example.com.zone", ZONE)
    w.configure("zones: [{domain: example.com, file: example.com.zone}]\n")
    w.start()
    yield w
    try:
        w.stop()
    finally:
        w.close()


# section, packet, rcode, and the flags of the response beside QR, OPCODE and RD
HEADER = [
    ("RFC 1035 4.1.1 ID", ask("www.example.com", ident=0), NOERROR, AA),
    ("RFC 1035 4.1.1 ID", ask("www.example.com", ident=0xffff), NOERROR, AA),
    ("RFC 1035 4.1.1 QR: a response is not answered", ask("www.example.com", flags=QR), SILENT, 0),
    ("RFC 1035 4.1.1 QR", header(QR, (0, 0, 0, 0)), SILENT, 0),
    ("RFC 1035 4.1.1 a header cut off", header()[:11], SILENT, 0),
    ("RFC 1035 4.1.1 AA has no meaning in a query", ask("www.example.com", flags=AA), NOERROR, AA),
    ("RFC 1035 4.1.1 RD is copied", ask("www.example.com", flags=RD), NOERROR, AA),
    ("RFC 1035 4.1.1 RA is ours to say", ask("www.example.com", flags=RA), NOERROR, AA),
    ("RFC 8906 3.1.4 Z is ignored, and zero", ask("www.example.com", flags=Z), NOERROR, AA),
    ("RFC 8906 3.1.4 all at once", ask("www.example.com", flags=RD | RA | Z | AD | CD), NOERROR, AA),
    ("RFC 4035 3.1.6 AD is not set", ask("www.example.com", flags=AD), NOERROR, AA),
    ("RFC 4035 3.1.6 CD is cleared", ask("www.example.com", flags=CD), NOERROR, AA),
    ("RFC 4035 3.1.6 also with DO", ask("www.example.com", flags=AD | CD, additional=[opt(flags=0x8000)]),
     NOERROR, AA),
    ("RFC 1035 4.1.1 an RCODE in a query", ask("www.example.com", flags=5), NOERROR, AA),
    ("RFC 1035 4.1.1 AA of NXDOMAIN", ask("nx.example.com"), NXDOMAIN, AA),
    ("RFC 1035 4.1.1 AA of NODATA", ask("www.example.com", "TXT"), NOERROR, AA),
    ("RFC 2181 6.1 no AA in a referral", ask("x.sub.example.com"), NOERROR, 0),
    ("RFC 1034 4.3.2 2 no zone", ask("www.example.net"), REFUSED, 0),
    ("RFC 1034 4.3.2 2 no zone: the root", ask("."), REFUSED, 0),
    # opcodes, RFC 1035 4.1.1, RFC 2136, RFC 8490
    *[("RFC 1035 4.1.1 OPCODE %d" % n, ask("www.example.com", flags=n << 11), NOTIMP, 0)
      for n in (1, 2, 3, 6, 7, 15)],
    ("RFC 8906 3.1.5 OPCODE and no question", header(15 << 11, (0, 0, 0, 0)), NOTIMP, 0),
    ("RFC 2136 2.2 UPDATE is not implemented",
     header(5 << 11, (1, 0, 1, 0)) + question("example.com", "SOA") +
     record("new.example.com", "A", b"\1\2\3\4"), NOTIMP, 0),
    ("RFC 8490 5.4 no DSO", header(6 << 11, (0, 0, 0, 0)) + b"", NOTIMP, 0),
    # the question, RFC 1035 4.1.2 and 3.1
    ("RFC 9619 4 two questions", header(0, (2, 0, 0, 0)) + WWW + WWW, FORMERR, 0),
    ("RFC 9619 4 65535 questions", header(0, (65535, 0, 0, 0)) + WWW, FORMERR, 0),
    ("RFC 1035 4.1.2 cut off in the name", header() + WWW[:9], FORMERR, 0),
    ("RFC 1035 4.1.2 cut off in the type", header() + WWW[:-3], FORMERR, 0),
    ("RFC 1035 4.1.2 octets behind it", header() + WWW + b"\0", FORMERR, 0),
    ("RFC 1035 2.3.4 a name of 255 octets", ask(NAME_255), NXDOMAIN, AA),
    ("RFC 1035 2.3.4 a name of 256 octets", ask(NAME_256), FORMERR, 0),
    ("RFC 1035 2.3.4 127 labels", ask(b"\1a" * 121 + packets.name("example.com")), NXDOMAIN, AA),
    ("RFC 1035 4.1.4 a pointer to itself", header() + b"\xc0\x0c\0\1\0\1", FORMERR, 0),
    ("RFC 1035 4.1.4 a pointer into the header", header() + b"\xc0\0\0\1\0\1", FORMERR, 0),
    ("RFC 6891 5 extended label types", header() + b"\x41\0\0\1\0\1", FORMERR, 0),
    ("RFC 1035 4.1.4 label type 10", header() + b"\x80\0\0\1\0\1", FORMERR, 0),
    # records that a query has no use for
    ("RFC 1035 4.1 a record in the answer section",
     header(0, (1, 1, 0, 0)) + WWW + record("a", "A", b"\1\2\3\4"), NOERROR, AA),
    ("RFC 1995 3 a record in the authority section",
     header(0, (1, 0, 1, 0)) + WWW + record(b"\xc0\x0c", "A", b"\1\2\3\4"), NOERROR, AA),
    ("RFC 1035 4.1.3 a record that is cut off",
     header(0, (1, 1, 0, 0)) + WWW + record("a", "A", b"\1\2\3\4")[:-1], FORMERR, 0),
    ("RFC 1035 4.1.1 fewer records than counted", header(0, (1, 0, 0, 1)) + WWW, FORMERR, 0),
    # types and classes, RFC 1035 3.2, RFC 6895 3, RFC 3597 3
    *[("RFC 3597 3 type %d" % n, ask("www.example.com", n), NOERROR, AA)
      for n in (0, 100, 32769, 65280, 65534, 65535)],
    *[("RFC 1035 3.2.4 class %d" % n, ask("www.example.com", "A", n), REFUSED, 0)
      for n in (0, CH, HS, NONE, 2, 65535)],
]


@pytest.mark.parametrize("section, packet, rcode, flags", HEADER, ids=[c[0] for c in HEADER])
def test_header_and_question(world, section, packet, rcode, flags):
    if rcode is SILENT:
        with pytest.raises(dns.exception.Timeout):
            world.send(packet, timeout=0.05)
        return
    for tcp in (False, True):
        got = oracle.Message(world.send(packet, tcp=tcp))
        assert (got.rcode, got.flags & (AA | TC)) == (rcode, flags), got.wire.hex()
        if rcode not in (NOERROR, NXDOMAIN):
            assert not got.records
        # RFC 1035 4.1.1: the query's OPCODE and ID are given back: see oracle.judge()
        assert got.opcode == packet[2] >> 3 & 15


def test_class_any(world):
    """RFC 1035 3.2.5: whichever it is taken for, it is not authoritative."""
    got = oracle.Message(world.send(ask("www.example.com", "A", ANY)))
    assert got.flags & AA == 0 and got.rcode in (NOERROR, REFUSED)
    assert all(r[2] == 1 for r in got.records), "RFC 1035 3.2.5: no record is of class ANY"


def test_notify_is_for_secondaries(world):
    """RFC 1996 3.10: nobody has told us of another primary; it is no news and no crash."""
    packet = header(4 << 11 | AA, (1, 1, 0, 0)) + question("example.com", "SOA") + record(
        b"\xc0\x0c", "SOA", packets.name("ns1.example.com") + packets.name("h.example.com") + bytes(20))
    for tcp in (False, True):
        got = oracle.Message(world.send(packet, tcp=tcp))
        assert got.rcode == NOTIMP and got.opcode == 4 and not got.records


# section, options of the query's OPT (or the additional section), rcode, answers
EDNS = [
    ("RFC 6891 6.1.1 OPT gives OPT", [opt()], NOERROR, 1),
    ("RFC 6891 6.1.1 also before other records", [opt(), record("a", "A", b"\1\2\3\4")], NOERROR, 1),
    ("RFC 6891 6.1.1 also behind other records", [record("a", "A", b"\1\2\3\4"), opt()], NOERROR, 1),
    ("RFC 6891 6.1.1 two OPT records", [opt(), opt()], FORMERR, 0),
    ("RFC 6891 6.1.1 two OPT records, apart", [opt(), record("a", "A", b"\1\2\3\4"), opt()], FORMERR, 0),
    ("RFC 6891 6.1.2 the owner is the root", [opt(owner=b"\1a\0")], FORMERR, 0),
    ("RFC 6891 6.1.2 the owner is the root", [opt(owner=b"\xc0\x0c")], FORMERR, 0),
    ("RFC 6891 6.1.2 an unknown option", [opt(option(65001, b"abc"))], NOERROR, 1),
    ("RFC 6891 6.1.2 an unknown option, empty", [opt(option(65001))], NOERROR, 1),
    ("RFC 6891 6.1.2 twice", [opt(option(65001), option(65001, b"x" * 300))], NOERROR, 1),
    ("RFC 6891 6.1.2 an option runs out of OPT", [opt(b"\xfd\xe9\0\4abc")], FORMERR, 0),
    ("RFC 6891 6.1.2 half an option", [opt(b"\xfd\xe9\0")], FORMERR, 0),
    ("RFC 6891 6.1.3 version 1", [opt(version=1)], BADVERS, 0),
    ("RFC 6891 6.1.3 version 255", [opt(version=255)], BADVERS, 0),
    ("RFC 6891 6.1.3 version 1 with options", [opt(option(3), option(65001, b"a"), version=1)], BADVERS, 0),
    ("RFC 6891 6.1.3 an extended RCODE in a query", [opt(rcode=255)], NOERROR, 1),
    ("RFC 6891 6.1.4 unknown flags", [opt(flags=0x7fff)], NOERROR, 1),
    ("RFC 6891 6.2.3 size 0", [opt(size=0)], NOERROR, 1),
    ("RFC 6891 6.2.3 size 65535", [opt(size=65535)], NOERROR, 1),
    ("RFC 5001 2.1 the data of NSID is ignored", [opt(option(3, b"me"))], NOERROR, 1),
    ("RFC 7871 7.1.2 a scope in a query", [opt(option(8, b"\0\1\x18\x18\xc0\0\2"))], FORMERR, 0),
    ("RFC 7871 6 too few octets", [opt(option(8, b"\0\1\x18\0\xc0\0"))], FORMERR, 0),
    ("RFC 7871 6 too many octets", [opt(option(8, b"\0\1\x18\0\xc0\0\2\0"))], FORMERR, 0),
    ("RFC 7871 6 bits behind the prefix", [opt(option(8, b"\0\1\x17\0\xc0\0\3"))], FORMERR, 0),
    ("RFC 7871 6 more than an address has", [opt(option(8, b"\0\1\x21\0\xc0\0\2\1\0"))], FORMERR, 0),
    ("RFC 7871 6 empty", [opt(option(8))], FORMERR, 0),
    ("RFC 7871 7.1.2 source 0", [opt(option(8, b"\0\1\0\0"))], NOERROR, 1),
    ("RFC 7871 7.1.2 source 0 of IPv6", [opt(option(8, b"\0\2\0\0"))], NOERROR, 1),
]


@pytest.mark.parametrize("section, additional, rcode, answers", EDNS, ids=[c[0] for c in EDNS])
def test_edns(world, section, additional, rcode, answers):
    for tcp in (False, True):
        got = oracle.Message(world.send(ask("www.example.com", additional=additional), tcp=tcp))
        assert (packets.extended_rcode(got), got.counts[1]) == (rcode, answers), got.wire.hex()
        if "owner" in section:
            continue  # whether that is an OPT at all is not said
        # RFC 6891 6.1.1: "compliant responders MUST include an OPT record"; 7
        assert len(got.opts) == 1
        size, ttl = got.opts[0][2], got.opts[0][3]
        assert size >= 512 and ttl >> 16 & 255 == 0, "RFC 6891 6.1.3: our own version"
        # RFC 6891 6.1.4: DO is given back (RFC 3225 3), the others are zero
        asked_do = any(a[:3] == b"\0\0\x29" and a[7] & 0x80 for a in additional)
        assert ttl & 0xffff == (0x8000 if asked_do else 0)


@pytest.mark.parametrize("rcode, packet", [
    (NXDOMAIN, ask("nx.example.com", additional=[opt()])),
    (REFUSED, ask("www.example.net", additional=[opt()])),
    (REFUSED, ask("www.example.com", "A", CH, additional=[opt()])),
    (NOTIMP, ask("www.example.com", flags=2 << 11, additional=[opt()])),
    (NOERROR, ask("x.sub.example.com", additional=[opt()])),
], ids=str)
def test_opt_in_every_response(world, rcode, packet):
    """RFC 6891 6.1.1: whatever else the response says."""
    got = oracle.Message(world.send(packet))
    assert got.rcode == rcode and len(got.opts) == 1


def test_opt_where_it_does_not_belong(world):
    """RFC 6891 6.1.1: it is for the additional section."""
    for counts in ((1, 1, 0, 0), (1, 0, 1, 0)):
        got = oracle.Message(world.send(header(0, counts) + WWW + opt()))
        assert got.rcode == FORMERR and not got.sections[0]


# name, type, whether it is all there, by the size that the client takes (0: no EDNS)
SIZES = [
    # RFC 1035 4.2.1, RFC 6891 6.2.3 and 6.2.5, RFC 2181 9
    ("big.example.com", "TXT", {0: TC, 512: TC, 1232: TC, 65535: TC}),
    # RFC 2181 9: what is only additional is left out without TC
    ("edge.example.com", "MX", {0: 0, 512: 0, 1232: 0}),
    # RFC 9471 3.1: all glue of names below the cut, or TC
    ("x.lab.example.com", "A", {0: TC, 512: TC, 1232: 0}),
]


@pytest.mark.parametrize("owner, rdtype, sizes", SIZES, ids=[c[0] for c in SIZES])
def test_sizes(world, owner, rdtype, sizes):
    for size, flags in sizes.items():
        packet = ask(owner, rdtype, additional=[opt(size=size)] if size else [])
        got = oracle.Message(world.send(packet))
        assert got.flags & TC == flags, (size, got.wire.hex())
        # RFC 7766 5: what is whole by TCP
        whole = oracle.Message(world.send(packet, tcp=True))
        assert whole.flags & TC == 0
        if not flags:
            assert got.counts[1:3] == whole.counts[1:3]
        # RFC 2181 5 and 9: no RRset is in the answer in part
        assert got.counts[1] in (0, whole.counts[1])


def test_compression_is_for_known_types_only(world):
    """RFC 3597 4: RDATA that only looks like a pointer is given as it is."""
    got = oracle.Message(world.send(ask("strange.example.com", 65300)))
    assert [r[4] for r in got.sections[0]] == [bytes.fromhex("c00c03777777")]
    # RFC 2181 10.2: a name may have several PTR records
    got = oracle.Message(world.send(ask("ptr.example.com", "PTR")))
    assert got.counts[1] == 2


def test_a_pointer_into_the_question_is_made(world):
    """RFC 1035 4.1.4: owners that stand in the question are not written again."""
    wire = world.send(ask("mx.example.com", "MX"))
    answer = 12 + len(question("mx.example.com"))
    assert wire[answer:answer + 2] == b"\xc0\x0c" and wire.count(b"\7example") == 1


def test_from_the_address_that_was_asked(world):
    """RFC 2181 4.1 and 4.2: address and port of the response; World.send() looks."""
    assert world.send(ask("www.example.com"), source="127.0.0.9")
