# SPDX-License-Identifier: BSD-2-Clause
"""Signed questions: what holds is answered and signed, what does not is told why."""
import base64
import hmac
import struct
import time

import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdatatype
import dns.tsig
import pytest

from limits import SLOW
from world import exchange

SECRET = base64.b64encode(b"only for tests, of 32 octets....").decode()
ALGORITHMS = ["hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"]
BADSIG, BADKEY, BADTIME, BADTRUNC = 16, 17, 18, 22


def key(name="k-hmac-sha256", algorithm="hmac-sha256", secret=SECRET):
    return dns.tsig.Key(name, secret, algorithm)


@pytest.fixture
def signed(world):
    world.write("secret", SECRET + "\n").chmod(0o600)
    world.zone("example.com", "www A 192.0.2.1\n")
    world.configure(
        "keys:\n" + "".join("  - {name: k-%s, algorithm: %s, secret_file: secret}\n" % (a, a)
                            for a in ALGORITHMS)
        + "zones:\n  - {domain: example.com, file: example.com.zone}\n")
    world.start()
    return world


def question(name="www.example.com", rdtype="A", with_key=None, edns=0):
    q = dns.message.make_query(name, rdtype, use_edns=edns)
    q.flags = 0
    if with_key is not None:
        q.use_tsig(with_key)
    return q


def put(world, wire, tcp=False):
    return exchange(wire, world.address, world.port, tcp=tcp)


def tsig_of(wire):
    """rcode, TSIG error, octets of the code, other data: of a response, unverified."""
    return (wire[3] & 15, *last_record(wire))


def skip_name(wire, at):
    while wire[at] != 0 and wire[at] < 192:
        at += wire[at] + 1
    return at + (1 if wire[at] == 0 else 2)


def last_record(wire):
    """Of the TSIG that ends a message: error, MAC, other data; None: there is none."""
    counts = struct.unpack("!4H", wire[4:12])
    at = 12
    for _ in range(counts[0]):
        at = skip_name(wire, at) + 4
    for _ in range(sum(counts[1:])):
        at = skip_name(wire, at)
        rdtype, _, _, length = struct.unpack("!HHIH", wire[at:at + 10])
        rdata, at = wire[at + 10:at + 10 + length], at + 10 + length
    assert at == len(wire)
    if rdtype != dns.rdatatype.TSIG:
        return None, None, None
    at = skip_name(rdata, 0) + 8
    size = struct.unpack("!H", rdata[at:at + 2])[0]
    mac = rdata[at + 2:at + 2 + size]
    error, other_len = struct.unpack("!HH", rdata[at + 4 + size:at + 8 + size])
    assert len(rdata) == at + 8 + size + other_len
    return error, mac, rdata[at + 8 + size:]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("tcp", [False, True])
def test_a_signed_question_is_answered_signed(signed, algorithm, tcp):
    q = question(with_key=key("K-" + algorithm.upper(), algorithm))
    with signed.moves(**{"tsig": 1, "noerror": 1, "edns": 1},
                      **({"tcp_connections": 1, "tcp_queries": 1} if tcp else {"udp_queries": 1})):
        wire = put(signed, q.to_wire(), tcp)
    # dnspython checks the code over the question's
    got = dns.message.from_wire(
        wire, keyring=key("k-" + algorithm, algorithm), request_mac=q.mac)
    assert got.had_tsig and got.tsig_error == 0 and got.answer


def test_what_is_wrong_is_told(signed):
    """RFC 8945 5.2 and 5.3.2: the error, and whether its telling is signed."""
    rows = [(key("nobody"), BADKEY), (key(algorithm="hmac-sha1"), BADKEY),
            (key(secret=base64.b64encode(b"another secret").decode()), BADSIG)]
    for wrong, error in rows:
        with signed.moves(tsig_bad=1, other_rcode=1, edns=1, udp_queries=1):
            rcode, got, mac, other = tsig_of(put(signed, question(with_key=wrong).to_wire()))
        assert (rcode, got, mac, other) == (dns.rcode.NOTAUTH, error, b"", b""), wrong


def test_what_is_no_question_for_a_transfer_is_not_told_of_as_one(signed):
    """Not after one either: of the question before, nothing is left."""
    tcp = {"tsig_bad": 1, "other_rcode": 1, "tcp_connections": 1, "tcp_queries": 1}
    with signed.moves(transfers_refused=1, **tcp):
        put(signed, question("example.com", "AXFR", key("nobody"), edns=False).to_wire(), tcp=True)
    empty = dns.message.Message(id=7)
    update = question("example.com", "AXFR", edns=False)
    update.set_opcode(dns.opcode.UPDATE)
    for q in (empty, update):
        q.flags &= ~dns.flags.RD
        q.use_tsig(key("nobody"))
        with signed.moves(**tcp):
            assert tsig_of(put(signed, q.to_wire(), tcp=True))[1] == BADKEY


def test_a_transfer_with_a_wrong_signature_is_in_the_log(signed):
    """A secondary with another secret or clock is the commonest fault: it is named."""
    for wrong, reason in ((key("nobody"), "no key of that name and algorithm"),
                          (key(secret=base64.b64encode(b"another secret").decode()),
                           "the signature is wrong: secrets differ")):
        with signed.moves(tsig_bad=1, transfers_refused=1, other_rcode=1, edns=1,
                          tcp_connections=1, tcp_queries=1):
            put(signed, question("example.com", "AXFR", wrong).to_wire(), tcp=True)
        assert 'transfer refused zone=example.com peer=127.0.0.1 reason="%s"' % reason \
            in signed.text()
        time.sleep(1.1)  # at most a line a second


def code_of(wire, request_mac, when, error, other):
    """The code of a response, by RFC 8945 4.3 alone: the request's code, the message as it
    was without its last record, the variables."""
    name, algorithm = b"\x0dk-hmac-sha256\0", b"\x0bhmac-sha256\0"
    start = wire.rindex(name)
    message = wire[:10] + struct.pack("!H", struct.unpack("!H", wire[10:12])[0] - 1) + wire[12:start]
    variables = name + struct.pack("!HI", 255, 0) + algorithm + struct.pack(
        "!HIHHH", when >> 32, when & 0xffffffff, 300, error, len(other)) + other
    parts = struct.pack("!H", len(request_mac)) + request_mac + message + variables
    return hmac.digest(base64.b64decode(SECRET), parts, "sha256")


def at_time(q, when):
    """The question signed as if it were then."""
    real, dns.message.time.time = dns.message.time.time, lambda: when
    try:
        return q.to_wire()
    finally:
        dns.message.time.time = real


def test_time(signed):
    for off in (-290, 290):
        q = question(with_key=key())
        wire = put(signed, at_time(q, time.time() + off))
        assert dns.message.from_wire(wire, keyring=key(), request_mac=q.mac).answer
    for off in (-310, 310, 10 ** 9):
        q = question(with_key=key())
        now = int(time.time())
        wire = put(signed, at_time(q, now + off))
        rcode, error, mac, other = tsig_of(wire)
        assert (rcode, error, len(mac), len(other)) == (dns.rcode.NOTAUTH, BADTIME, 32, 6)
        assert abs(int.from_bytes(other, "big") - now) < 5 * SLOW
        assert mac == code_of(wire, q.mac, now + off, BADTIME, other)


def resize_mac(wire, size):
    """The same with the first octets of its code alone, or with more than there are."""
    old = last_record(wire)[1]
    at = wire.rindex(old)
    mac = (old + bytes(64))[:size]
    wire = wire[:at - 2] + struct.pack("!H", size) + mac + wire[at + len(old):]
    length_at = wire.rindex(b"\x0bhmac-sha256") - 2
    length = struct.unpack("!H", wire[length_at:length_at + 2])[0] + size - len(old)
    return wire[:length_at] + struct.pack("!H", length) + wire[length_at + 2:]


def test_truncated_codes(signed):
    """RFC 8945 5.2.2.1: less than half, or more than all, is FORMERR; no less than all will do."""
    for size, rcode, error in ((33, dns.rcode.FORMERR, None), (15, dns.rcode.FORMERR, None),
                               (0, dns.rcode.FORMERR, None), (16, dns.rcode.NOTAUTH, BADTRUNC),
                               (31, dns.rcode.NOTAUTH, BADTRUNC), (32, 0, 0)):
        wire = resize_mac(question(with_key=key()).to_wire(), size)
        got = tsig_of(put(signed, wire))
        assert got[:2] == (rcode, error), size
        assert error is None or len(got[2]) == 32


def test_malformed(signed):
    """RFC 8945 5.1 and 4.2: elsewhere, twice, of another class, with a TTL, cut."""
    wire = question(with_key=key(), edns=False).to_wire()
    start = wire.index(b"\x0dk-hmac-sha256")
    rr = wire[start:]
    head = len(b"\x0dk-hmac-sha256") + 1
    bare = wire[:start]

    def counts(an, ar):
        return bare[:4] + struct.pack("!4H", 1, an, 0, ar) + bare[12:]
    opt = b"\0\0\x29\4\xd0\0\0\0\0\0\0"
    rows = {"in the answer section": counts(1, 0) + rr, "twice": counts(0, 2) + rr + rr,
            "before OPT": counts(0, 2) + rr + opt,
            "class IN": bare + rr[:head + 2] + b"\0\1" + rr[head + 4:],
            "a TTL": bare + rr[:head + 4] + b"\0\0\0\1" + rr[head + 8:],
            "octets behind": bare + rr + b"\0",
            "other data that is not there": bare + rr[:-1] + b"\1"}
    for what, packet in rows.items():
        got = put(signed, packet)
        assert got[3] & 15 == dns.rcode.FORMERR, what
        assert got[10:12] == b"\0\0", what
    # and it was the packet that was wrong, not how it is made here
    assert put(signed, bare + rr)[3] & 15 == 0


def test_errors_are_signed_too(signed):
    for name, rdtype, rcode in (("none.example.com", "A", "NXDOMAIN"),
                                ("example.net", "A", "REFUSED")):
        q = question(name, rdtype, with_key=key())
        got = dns.message.from_wire(put(signed, q.to_wire()), keyring=key(), request_mac=q.mac)
        assert got.had_tsig and dns.rcode.to_text(got.rcode()) == rcode


def test_the_signature_has_its_room(signed):
    """A response that is cut for it is never longer than the client allows."""
    signed.write("example.com.zone", (signed.folder / "example.com.zone").read_text()
                 + "".join("big A 10.0.0.%d\n" % i for i in range(29)))
    signed.ctl("reload")
    q = question("big.example.com", with_key=key(), edns=False)
    wire = put(signed, q.to_wire())
    got = dns.message.from_wire(wire, keyring=key(), request_mac=q.mac)
    assert len(wire) <= 512 and got.flags & 0x0200
    plain = put(signed, question("big.example.com", edns=False).to_wire())
    assert len(plain) == 12 + 21 + 29 * 16 and not plain[2] & 2


def test_no_room_for_a_signature(world):
    """RFC 8945 5.3: beside a question and a key of the longest names 512 octets hold no
    signature: TC and no records, and over TCP all of it."""
    longest = ".".join(["k" * 63] * 3 + ["k" * 61])
    name = ".".join(["q" * 63] * 3 + ["q" * 45, "example.com"])
    world.write("secret", SECRET + "\n").chmod(0o600)
    world.zone("example.com", name + ". A 192.0.2.1\n")
    world.configure("keys: [{name: %s, secret_file: secret}]\n"
                    "zones:\n  - {domain: example.com, file: example.com.zone}\n" % longest)
    world.start()
    q = question(name, with_key=key(longest), edns=False)
    got = dns.message.from_wire(put(world, q.to_wire()))
    assert got.flags & dns.flags.TC and not got.answer and not got.had_tsig
    whole = dns.message.from_wire(
        put(world, q.to_wire(), tcp=True), keyring=key(longest), request_mac=q.mac)
    assert whole.answer and not whole.flags & dns.flags.TC


def test_a_signature_is_no_proof_of_an_address(world):
    """A signed question that is sent again and again is limited like any other."""
    world.write("secret", SECRET + "\n").chmod(0o600)
    world.zone("example.com", "www A 192.0.2.1\n")
    world.configure("keys: [{name: k-hmac-sha256, secret_file: secret}]\n"
                    "zones:\n  - {domain: example.com, file: example.com.zone}\n",
                    "  rate_limit: {responses_per_second: 1, slip: 1}\n")
    world.start()
    q = question(with_key=key(), edns=False).to_wire()
    cut = [put(world, q)[2] & 2 for _ in range(20)]
    assert any(cut)
