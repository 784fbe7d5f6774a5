# SPDX-License-Identifier: BSD-2-Clause
"""What the RFCs say of transfers and their signatures, message by message: RFC 5936, 1995
and 8945. What is in a transfer, and who may: test_transfer.py."""
import contextlib
import socket
import struct
import time
from unittest import mock

import dns.edns
import dns.message
import dns.tsig
import dns.tsigkeyring
import pytest

import oracle
from limits import SLOW
from packets import (AA, CH, FORMERR, NOERROR, NOTIMP, QR, RD, REFUSED, TC, ask, extended_rcode,
                     header, option, opt, question, record)
from world import World, read_exactly

NOTAUTH = 9
BADSIG, BADKEY, BADTIME = 16, 17, 18
SOA, TSIG, OPT = 6, 250, 41
SECRET = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"
RING = dns.tsigkeyring.from_text({"k1.": SECRET, "nobody.": SECRET})
WRONG = dns.tsigkeyring.from_text({"k1.": SECRET.swapcase()})
CONFIG = """keys:
  - {name: k1, algorithm: hmac-sha256, secret_file: k1.secret}
zones:
  - {domain: example.com, file: example.com.zone, transfer: [127.0.0.1]}
  - {domain: signed.test, file: signed.test.zone, transfer: [{key: k1}]}
"""
SERIAL = 0xfffffff0
ZONE = "$TTL 300\n@ SOA ns h %d 3600 600 86400 60\n@ NS ns\nns A 192.0.2.53\n" % SERIAL + \
    "sub NS ns.sub\nns.sub A 192.0.2.54\nbelow.sub TXT occluded\n\\000\\255 TXT odd\nMx MX 5 MiXed\n" + \
    "".join('h%d TXT "%s"\n' % (i, "x" * 200) for i in range(1000)) + \
    'h1.%s TXT "%s"\n' % (".".join(["l" * 59] * 3), "x" * 220)


@pytest.fixture(scope="module")
def world():
    w = World()
    w.write("k1.secret", SECRET + "\n").chmod(0o600)
    for domain in ("example.com", "signed.test"):
        w.write(domain + ".zone", ZONE)
    w.configure(CONFIG)
    w.start()
    yield w
    try:
        w.stop()
    finally:
        w.close()


@contextlib.contextmanager
def connection(world):
    with socket.create_connection((world.address, world.port), timeout=5 * SLOW) as s:
        yield s


def send(s, *packets):
    s.sendall(b"".join(struct.pack("!H", len(p)) + p for p in packets))


def receive(s):
    return oracle.Message(read_exactly(s, struct.unpack("!H", read_exactly(s, 2))[0]))


def receive_all(s):
    """The messages of one transfer, to the second SOA."""
    messages, soas = [], 0
    while soas < 2:
        messages.append(receive(s))
        assert messages[-1].rcode == NOERROR and messages[-1].counts[1] > 0
        soas += sum(r[1] == SOA for r in messages[-1].sections[0])
    return messages


@pytest.mark.parametrize("additional", [[], [opt()], [opt(option(3), flags=0x8000)]],
                         ids=["plain", "edns", "nsid and DO"])
def test_messages(world, additional):
    """RFC 5936 2.2: header, question and sections of each; 3.4: compression."""
    asked = ask("example.com", "AXFR", ident=0xabcd, flags=RD, additional=additional)
    with connection(world) as s:
        send(s, asked)
        messages = receive_all(s)
    assert len(messages) > 2
    for i, m in enumerate(messages):
        assert m.id == 0xabcd, "2.2.1 and 4.1.1"
        assert m.flags == QR | AA | RD, "2.2.1: AA; RD is copied; no TC, RA, Z, AD, CD"
        # 2.2.2: in the first, and in others at will; it is what was asked
        assert m.counts[0] == 1 if i == 0 else m.counts[0] <= 1
        if m.counts[0]:
            assert m.question_wire == asked[12:12 + len(m.question_wire)]
        # 2.2.4 and 2.2.5: nothing but OPT, in the first, and in others at will
        assert m.counts[2] == 0 and [r[1] for r in m.sections[2]] in ([], [OPT])
        assert i > 0 or bool(additional) == bool(m.opts)
    records = [r for m in messages for r in m.sections[0]]
    assert records[0][:5] == records[-1][:5] and records[0][1] == SOA, "2.2.3 the SOA at both ends"
    assert not any(r[1] == SOA for r in records[1:-1]), "and nowhere else"
    keys = [r[:5] for r in records[1:]]
    assert len(keys) == len(set(keys)) == 1009, "2.2.3: each record once"
    owners = {r[0] for r in records}
    # 3.2 and 3.5: cuts, glue and what is occluded
    for owner in ((b"sub",), (b"ns", b"sub"), (b"below", b"sub"), (b"\0\xff",)):
        assert (*owner, b"example", b"com") in owners


def test_case_in_a_transfer(world):
    """RFC 5936 3.4: the case of the question has nothing to say here; names in RDATA keep
    their own. (Owners are kept in lower case: tests/RFC.md.)"""
    with connection(world) as s:
        send(s, ask("eXaMpLe.CoM", "AXFR"))
        messages = receive_all(s)
    assert any(b"\5MiXed" in m.wire for m in messages)
    for m in messages:
        behind = m.wire[12 + len(m.question_wire):]
        assert b"eXaMpLe" not in behind and behind[0] != 0xc0, "an owner leads into the question"


def test_many_on_one_connection(world):
    """RFC 5936 4.1.1: transfers and questions together; RFC 7766 6.2.1.1."""
    with connection(world) as s:
        send(s, ask("ns.example.com", ident=1), ask("example.com", "AXFR", ident=2),
             ask("example.com", "AXFR", ident=3), ask("ns.example.com", ident=4))
        ends, answers = {2: 0, 3: 0}, set()
        while set(ends.values()) != {2} or answers != {1, 4}:
            m = receive(s)
            if m.id in ends:
                ends[m.id] += sum(r[1] == SOA for r in m.sections[0])
            else:
                assert m.counts[1] == 1
                answers.add(m.id)


ERRORS = [
    ("5936 2.2.1 a name that is no zone's", ask("ns.example.com", "AXFR"), NOTAUTH),
    ("5936 2.2.1 not our zone", ask("example.org", "AXFR"), NOTAUTH),
    ("5936 2.2.1 the root", ask(".", "AXFR"), NOTAUTH),
    ("5936 5 not allowed", ask("signed.test", "AXFR"), REFUSED),
    ("5936 2.1.2 another class", ask("example.com", "AXFR", CH), REFUSED),
    ("6891 6.1.3 another version of EDNS", ask("example.com", "AXFR", additional=[opt(version=1)]), 16),
    ("9619 4 two questions",
     header(0, (2, 0, 0, 0)) + question("example.com", "AXFR") * 2, FORMERR),
    ("1995 3 no SOA", ask("example.com", "IXFR"), FORMERR),
    ("1995 3 not an SOA",
     header(0, (1, 0, 1, 0)) + question("example.com", "IXFR") + record("example.com", "A", b"\1\2\3\4"), FORMERR),
    ("1995 3 half an SOA",
     header(0, (1, 0, 1, 0)) + question("example.com", "IXFR") + record("example.com", "SOA", bytes(12)), FORMERR),
]


@pytest.mark.parametrize("section, packet, rcode", ERRORS, ids=[c[0] for c in ERRORS])
def test_errors(world, section, packet, rcode):
    """RFC 5936 2.2: an error is one message, without records."""
    got = oracle.Message(world.send(packet, tcp=True))
    assert extended_rcode(got) == rcode and got.counts[1:3] == [0, 0]


def test_over_udp(world):
    """RFC 5936 4.2: AXFR is not for UDP; RFC 1995 2: IXFR is, and may be the SOA alone."""
    assert oracle.Message(world.send(ask("example.com", "AXFR"))).rcode == NOTIMP
    got = oracle.Message(world.send(ixfr(SERIAL - 1)))
    assert [r[1] for r in got.sections[0]] == [SOA] and got.flags & (AA | TC) == AA


def ixfr(serial):
    return header(0, (1, 0, 1, 0)) + question("example.com", "IXFR") + record(
        b"\xc0\x0c", "SOA", b"\0\0" + struct.pack("!5I", serial, 0, 0, 0, 0))


@pytest.mark.parametrize("ahead, is_whole", [
    (0, False), (1, False), (16, False), (2**31 - 1, False), (-1, True), (-16, True), (-(2**31 - 1), True)])
def test_serials(world, ahead, is_whole):
    """RFC 1982 3.2 and RFC 1995 2 and 4: all that are not behind ours get the SOA alone.
    Ours is sixteen before the turn."""
    packet = ixfr((SERIAL + ahead) & 0xffffffff)
    with connection(world) as s:
        send(s, packet)
        got = receive(s)
        if not is_whole:
            assert [r[1] for r in got.sections[0]] == [SOA]
            send(s, ask("ns.example.com"))
            assert receive(s).counts[1] == 1, "and that was all"
        else:
            assert got.counts[1] > 1 and got.sections[0][0][1] == SOA
            assert got.sections[0][1][1] != SOA, "RFC 1995 4: a whole zone, not a difference"


# ---- RFC 8945 ----

def signed(ring=RING, key="k1.", ago=0, algorithm=dns.tsig.HMAC_SHA256, rdtype="SOA", **options):
    query = dns.message.make_query("signed.test", rdtype, **options)
    query.flags = 0
    query.use_tsig(ring, key, algorithm=algorithm)
    now = time.time()
    with mock.patch("time.time", return_value=now - ago):
        wire = query.to_wire()
    return query, wire


def tsig_of(message):
    """Error, MAC, time and other data of the last record."""
    assert message.records[-1][1] == TSIG and message.records[-1][2:4] == (255, 0)
    rdata = message.records[-1][4]
    at = rdata.index(b"\0") + 1  # behind the algorithm's name
    seconds = int.from_bytes(rdata[at:at + 6], "big")
    n = struct.unpack("!H", rdata[at + 8:at + 10])[0]
    mac, rest = rdata[at + 10:at + 10 + n], rdata[at + 10 + n:]
    return struct.unpack("!H", rest[2:4])[0], mac, seconds, rest[6:]


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
@pytest.mark.parametrize("options", [{}, {"use_edns": 0, "payload": 1232}], ids=["plain", "edns"])
def test_signed_answers(world, tcp, options):
    """5.3: whoever signs gets a signed answer, of any question, and it verifies."""
    query, wire = signed(**options)
    got = world.send(wire, tcp=tcp)
    assert dns.message.from_wire(got, keyring=RING, request_mac=query.mac).rcode() == NOERROR
    message = oracle.Message(got)
    assert message.sections[0][0][1] == SOA and tsig_of(message)[0] == 0
    # 5.1: none where none was
    assert not any(r[1] == TSIG for r in oracle.Message(world.send(ask("signed.test", SOA))).records)


def test_padded_and_signed(world):
    """RFC 8467 4.1: the whole message, the signature with it, fills its blocks."""
    for rdtype in ("SOA", "TXT"):
        query, wire = signed(rdtype=rdtype, use_edns=0, options=[dns.edns.GenericOption(12, b"")])
        got = world.send(wire, tcp=True)
        assert dns.message.from_wire(got, keyring=RING, request_mac=query.mac)
        assert len(got) == 468


def test_no_key(world):
    """5.2.1 and 5.3.2: NOTAUTH with BADKEY, not signed; nothing else is told."""
    for query, wire in (signed(key="nobody."), signed(algorithm=dns.tsig.HMAC_SHA512),
                        signed(algorithm=dns.tsig.HMAC_SHA256_128)):
        got = oracle.Message(world.send(wire))
        assert (got.rcode, got.counts[1], *tsig_of(got)[:2]) == (NOTAUTH, 0, BADKEY, b"")


def test_wrong_code(world):
    """5.2.2: BADSIG, not signed. 5.2.3: time is looked at only behind it."""
    for ago in (0, 100000):
        got = oracle.Message(world.send(signed(ring=WRONG, ago=ago)[1]))
        assert (got.rcode, got.counts[1], *tsig_of(got)[:2]) == (NOTAUTH, 0, BADSIG, b"")
    _, wire = signed()
    for at in (2, 13, 20):  # a flag, a letter of the question, another one
        spoilt = wire[:at] + bytes([wire[at] ^ 1]) + wire[at + 1:]
        got = oracle.Message(world.send(spoilt))
        assert (got.rcode, tsig_of(got)[0]) == (NOTAUTH, BADSIG)


@pytest.mark.parametrize("ago", [301 * 2, -301 * 2])
def test_wrong_time(world, ago):
    """5.2.3: BADTIME, signed with the client's time, ours in other data."""
    query, wire = signed(ago=ago)
    got = world.send(wire)
    error, mac, seconds, other = tsig_of(oracle.Message(got))
    assert error == BADTIME and len(mac) == 32 and oracle.Message(got).rcode == NOTAUTH
    assert abs(seconds - (time.time() - ago)) < 10 * SLOW
    assert abs(int.from_bytes(other, "big") - time.time()) < 10 * SLOW
    with pytest.raises(dns.tsig.PeerBadTime):
        dns.message.from_wire(got, keyring=RING, request_mac=query.mac)
    assert world.send(signed(ago=290)[1])[3] & 15 == NOERROR


def test_out_of_form(world):
    """5.2: not the last record, or two: FORMERR, without TSIG. 4.2: its class and TTL."""
    _, wire = signed()
    at = wire.rindex(b"\2k1\0")
    rr = wire[at:]
    count = wire[:10] + b"\0\2" + wire[12:]
    in_answer = wire[:6] + b"\0\1\0\0\0\0" + wire[12:]
    spoilt = [count + record("a", "A", b"\1\2\3\4"), count + rr, in_answer,
              wire[:at] + rr[:6] + b"\0\1" + rr[8:], wire[:at] + rr[:8] + b"\0\0\0\1" + rr[12:]]
    for packet in spoilt:
        got = oracle.Message(world.send(packet))
        assert got.rcode == FORMERR and not got.records, packet.hex()


def test_another_id(world):
    """5.1 and 4.2: who forwards may change the ID; the original one is digested."""
    _, wire = signed()
    got = oracle.Message(world.send(b"\x55\xaa" + wire[2:]))
    assert got.rcode == NOERROR and tsig_of(got)[0] == 0


def test_truncated_answers_are_signed(world):
    """5.3: where the signature leaves no room, TC is set and the rest is signed."""
    for labels, flags in ((1, 0), (4, TC)):
        # beside a name of 15 or 200 octets, an answer of 240, and a signature of 80
        query = dns.message.make_query("h1.%ssigned.test" % (("l" * 59 + ".") * (labels - 1)), "TXT")
        query.flags = 0
        query.use_tsig(RING, "k1.")
        got = world.send(query.to_wire())
        assert dns.message.from_wire(got, keyring=RING, request_mac=query.mac)
        assert len(got) <= 512 and struct.unpack("!H", got[2:4])[0] & TC == flags


def test_every_message_of_a_transfer_is_signed(world):
    """5.3.1: ours are all; each over the code of the one before."""
    query, wire = signed(rdtype="AXFR")
    with connection(world) as s:
        send(s, wire)
        messages = receive_all(s)
    assert len(messages) > 2
    context = None
    for m in messages:
        got = dns.message.from_wire(m.wire, keyring=RING, request_mac=query.mac, xfr=True,
                                    multi=True, tsig_ctx=context)
        assert got.had_tsig
        context = got.tsig_ctx
