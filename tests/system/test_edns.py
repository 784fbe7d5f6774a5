# SPDX-License-Identifier: BSD-2-Clause
"""EDNS, option by option: what is given back, what is FORMERR, and what is ignored."""
import struct

import dns.message
import dns.rcode
import pytest

import servers
from servers import OtherServer
from world import World, exchange

NSID, ECS, COOKIE, KEEPALIVE, PADDING, EDE = 3, 8, 10, 11, 12, 15
ZONES = """zones:
  - {domain: example.com, file: example.com.zone}
  - {domain: quiet.test, file: quiet.test.zone, ecs: off}
pools:
  - {name: edge, regions: {weu: [192.0.2.1], nnam: [192.0.2.2]}, default: [192.0.2.3]}
geo:
  prefixes:
    - {prefix: 10.0.0.0/8, region: weu}
    - {prefix: "2001:db8::/32", region: nnam}
"""
ZONE = "www A 192.0.2.80\nedge POOL edge\n" + "".join(
    'big TXT "%03d %s"\n' % (i, "x" * 90) for i in range(30))
WWW = b"\3www\7example\3com\0\0\1\0\1"
EDGE = b"\4edge\7example\3com\0\0\1\0\1"
BIG = b"\3big\7example\3com\0\0\x10\0\1"
CLIENT = b"clientid"


def option(code, data=b""):
    return struct.pack("!HH", code, len(data)) + data


def opt(*options, version=0, flags=0, size=1232, owner=b"\0", length=None):
    data = b"".join(options)
    return owner + struct.pack(
        "!HHBBHH", 41, size, 0, version, flags, len(data) if length is None else length) + data


def packet(*records, question=WWW, counts=None):
    """A query; the records are all additional unless counts says otherwise."""
    qd, an, ns, ar = counts or (question != b"", 0, 0, len(records))
    return struct.pack("!6H", 0x4242, 0, qd, an, ns, ar) + question + b"".join(records)


class Response:
    def __init__(self, wire, asked):
        self.wire = wire
        self.message = dns.message.from_wire(wire, ignore_trailing=False)
        self.rcode = dns.rcode.to_text(self.message.rcode())
        self.tc = bool(wire[2] & 2)
        self.has_opt = self.message.edns >= 0
        self.options = {}
        # as they are on the wire, not as the library likes them
        for code, data in self.read_options():
            assert code not in self.options, "twice"
            self.options[code] = data
        assert wire[:2] == asked[:2] and wire[2] & 0x80

    def read_options(self):
        if not self.has_opt:
            return
        # OPT is the last record, and no option of ours holds these octets
        at = self.wire.rindex(b"\0\0\x29\x04\xd0") + 11
        rest = self.wire[at:]
        assert struct.unpack("!H", self.wire[at - 2:at])[0] == len(rest)
        while rest:
            code, length = struct.unpack("!HH", rest[:4])
            yield code, rest[4:4 + length]
            assert len(rest) >= 4 + length
            rest = rest[4 + length:]

    @property
    def ede(self):
        return struct.unpack("!H", self.options[EDE])[0] if EDE in self.options else None

    @property
    def answers(self):
        return sum(len(s) for s in self.message.answer)


def ask(world, data, tcp=False, source=None):
    return Response(exchange(data, world.address, world.port, source=source, tcp=tcp), data)


def begin(world, server=""):
    world.zone("example.com", ZONE)
    world.zone("quiet.test", "edge POOL edge\n")
    world.configure(ZONES, server)
    world.start()


@pytest.fixture(scope="module")
def server():
    """One for all that change nothing."""
    world = World()
    try:
        begin(world)
        yield world
    finally:
        world.close()


# ---- the record ----

@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
def test_opt_exactly_when_asked(server, tcp):
    assert not ask(server, packet(), tcp).has_opt
    got = ask(server, packet(opt()), tcp)
    assert got.has_opt and got.options == {} and got.answers == 1
    assert got.message.payload == 1232, "our own size"


@pytest.mark.parametrize("flags", [0x0001, 0x4000, 0x7fff, 0x8000, 0xffff])
def test_of_the_flags_only_do_is_given_back(server, flags):
    got = ask(server, packet(opt(flags=flags)))
    assert got.rcode == "NOERROR" and got.message.ednsflags & 0xffff == flags & 0x8000


def test_another_version(server):
    """BADVERS, with our own version, no data and no option."""
    with server.moves(udp_queries=2, edns=2, other_rcode=2):
        for version in (1, 255):
            got = ask(server, packet(opt(option(NSID), option(COOKIE, CLIENT), version=version)))
            assert got.rcode == "BADVERS" and got.answers == 0 and got.options == {}
            assert got.message.edns == 0 and got.wire[12:12 + len(WWW)] == WWW


# What is wrong, is there an OPT in the response, is the question given back. Who could
# read an OPT says that EDNS is spoken here (RFC 6891 7).
WRONG = {
    "two": (packet(opt(), opt()), True, True),
    "two, the second of another version": (packet(opt(), opt(version=1)), True, True),
    "in the answer section": (packet(opt(), counts=(1, 1, 0, 0)), False, True),
    "in the authority section": (packet(opt(), counts=(1, 0, 1, 0)), False, True),
    "not of the root": (packet(opt(owner=b"\1a\0")), False, True),
    "length past the end": (packet(opt(length=1)), False, True),
    "length short": (packet(opt(option(NSID), length=2)), True, True),
    "option cut": (packet(opt(b"\0\3\0")), True, True),
    "option longer than the record": (packet(opt(b"\0\3\0\5abcd")), True, True),
    "counted but not there": (packet(counts=(1, 0, 0, 1)), False, True),
    "no question": (packet(opt(), question=b""), True, False),
    "two questions": (packet(opt(), question=WWW + WWW, counts=(2, 0, 0, 1)), False, False),
}


@pytest.mark.parametrize("what", WRONG)
@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
def test_malformed(server, what, tcp):
    data, has_opt, has_question = WRONG[what]
    got = ask(server, data, tcp)
    assert got.rcode == "FORMERR" and got.answers == 0 and got.options == {}
    assert got.has_opt == has_opt
    assert got.wire[12:12 + len(WWW)] == WWW if has_question else got.wire[4:6] == b"\0\0"


@pytest.mark.parametrize("size, limit", [
    (0, 512), (511, 512), (512, 512), (513, 513), (900, 900), (1232, 1232), (4096, 1232), (65535, 1232)])
def test_size(server, size, limit):
    """Below 512 counts as 512, above 1232 as 1232; OPT fits in any case."""
    got = ask(server, packet(opt(size=size), question=BIG))
    assert got.tc and got.has_opt and len(got.wire) <= limit
    longest = ask(server, packet(opt(option(NSID), option(COOKIE, CLIENT), size=size), question=BIG))
    assert longest.tc and set(longest.options) == {NSID, COOKIE} and len(longest.wire) <= limit
    # over TCP it is of no account
    got = ask(server, packet(opt(size=size), question=BIG), tcp=True)
    assert got.answers == 30 and not got.tc and len(got.wire) > 2900


def test_unknown_options(server):
    got = ask(server, packet(opt(option(65001, b"abc"), option(9), option(NSID), option(0))))
    assert got.rcode == "NOERROR" and got.options == {NSID: b"here"}


@pytest.mark.parametrize("payload", [b"", b"x", b"here", bytes(300)])
def test_nsid(server, payload):
    """RFC 5001 2.1: what a query's option holds is ignored."""
    assert ask(server, packet(opt(option(NSID, payload)))).options == {NSID: b"here"}


# ---- cookies ----

def cookie_of(world, sent=CLIENT, **how):
    got = ask(world, packet(opt(option(COOKIE, sent))), **how)
    assert got.rcode == "NOERROR" and got.answers == 1
    cookie = got.options[COOKIE]
    assert len(cookie) == 24 and cookie[:12] == sent[:8] + b"\1\0\0\0"
    return cookie


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
def test_cookie(server, tcp):
    """Given to who has none; the same one back while it is good; a new one else."""
    proto = "tcp_queries" if tcp else "udp_queries"
    more = {"tcp_connections": 1} if tcp else {}
    with server.moves(**{proto: 1}, **more, edns=1, noerror=1, cookies_new=1):
        cookie = cookie_of(server, tcp=tcp)
    with server.moves(**{proto: 1}, **more, edns=1, noerror=1, cookies_valid=1):
        assert cookie_of(server, cookie, tcp=tcp) == cookie
    for wrong in (cookie[:-1] + bytes([cookie[-1] ^ 1]), cookie[:16], cookie + bytes(16), b"CLIENTID" + cookie[8:]):
        with server.moves(**{proto: 1}, **more, edns=1, noerror=1, cookies_invalid=1):
            assert cookie_of(server, wrong, tcp=tcp) != wrong
    with server.moves(**{proto: 1}, **more, edns=1, noerror=1, cookies_invalid=1):
        assert cookie_of(server, cookie, tcp=tcp, source="127.0.0.2") != cookie, "of another client"


@pytest.mark.parametrize("length", [0, 1, 7, 9, 15, 41, 255])
def test_cookie_of_no_length(server, length):
    with server.moves(udp_queries=1, edns=1, formerr=1):
        got = ask(server, packet(opt(option(COOKIE, bytes(length)))))
        assert got.rcode == "FORMERR" and got.options == {} and got.has_opt


def test_two_cookies(server):
    got = ask(server, packet(opt(option(COOKIE, CLIENT), option(COOKIE, b"another1"))))
    assert got.options[COOKIE][:8] == CLIENT, "the first counts"


def test_cookie_without_question(server):
    """RFC 7873 5.4."""
    got = ask(server, packet(opt(option(COOKIE, CLIENT)), question=b""))
    assert got.rcode == "NOERROR" and got.wire[4:12] == b"\0\0\0\0\0\0\0\1"
    with server.moves(udp_queries=1, edns=1, noerror=1, cookies_valid=1):
        cookie_of(server, got.options[COOKIE])


def test_cookies_are_known_by_all_workers_and_after_a_reload(server):
    cookie = cookie_of(server)
    server.ctl("reload")
    with server.moves(udp_queries=20, edns=20, noerror=20, cookies_valid=20):
        # other ports, so the other worker too
        for _ in range(20):
            assert cookie_of(server, cookie) == cookie
    with server.moves(tcp_queries=1, tcp_connections=1, edns=1, noerror=1, cookies_valid=1):
        assert cookie_of(server, cookie, tcp=True) == cookie


def test_cookies_do_not_outlive_the_process(world):
    begin(world)
    cookie = cookie_of(world)
    world.stop()
    world.start()
    assert cookie_of(world, cookie) != cookie


def test_secrets_of_a_fleet(world):
    """They outlive the process; a new one comes in first, the old one is known."""
    old, new = "e5e973e5a6b2a43f48e7dc849e37bfcf", "445536bcd2513298075a5d379663c962"
    world.write("secrets", old + "\n")
    begin(world, "  cookies: {secret_file: secrets}\n")
    first = cookie_of(world)
    world.stop()
    world.start()
    assert cookie_of(world, first) == first
    world.write("secrets", new + "\n" + old + "\n")
    world.ctl("reload")

    with world.moves(udp_queries=1, edns=1, noerror=1, cookies_valid=1):
        second = cookie_of(world, first)
    assert second != first, "valid, but clients are brought over to the new secret"
    world.write("secrets", new + "\n")
    world.ctl("reload")
    with world.moves(udp_queries=1, edns=1, noerror=1, cookies_invalid=1):
        cookie_of(world, first)
    with world.moves(udp_queries=1, edns=1, noerror=1, cookies_valid=1):
        assert cookie_of(world, second) == second


def test_required(world):
    begin(world, "  cookies: {required: on}\n")
    asked = packet(opt(option(COOKIE, CLIENT)))
    with world.moves(udp_queries=1, edns=1, badcookie=1, cookies_new=1):
        got = ask(world, asked)
    assert got.rcode == "BADCOOKIE" and not got.tc and got.answers == 0
    assert got.wire[12:12 + len(WWW)] == WWW and got.options[COOKIE][:8] == CLIENT
    # with what was given all is well
    assert cookie_of(world, got.options[COOKIE]) == got.options[COOKIE]
    # a wrong one
    with world.moves(udp_queries=1, edns=1, badcookie=1, cookies_invalid=1):
        assert ask(world, packet(opt(option(COOKIE, CLIENT + bytes(16))))).rcode == "BADCOOKIE"
    assert "cookies    1 valid, 1 new, 1 invalid, 2 BADCOOKIE sent\n" in world.ctl("status")
    # TCP has a handshake of its own; who speaks no cookies is answered
    assert cookie_of(world, tcp=True)
    assert ask(world, packet(opt())).answers == 1
    assert ask(world, packet()).answers == 1
    # for a cookie alone: RFC 7873 5.4
    got = ask(world, packet(opt(option(COOKIE, CLIENT)), question=b""))
    assert got.rcode == "NOERROR" and cookie_of(world, got.options[COOKIE])
    got = ask(world, packet(opt(option(COOKIE, CLIENT + bytes(16))), question=b""))
    assert got.rcode == "BADCOOKIE" and cookie_of(world, got.options[COOKIE])


def test_cookies_off(world):
    begin(world, "  cookies: {enabled: off}\n")
    with world.moves(udp_queries=1, edns=1, noerror=1):
        assert ask(world, packet(opt(option(COOKIE, CLIENT)))).options == {}
    assert ask(world, packet(opt(option(COOKIE, CLIENT)), question=b"")).rcode == "FORMERR"


def test_a_cookie_passes_the_rate_limit(world):
    begin(world, "  rate_limit: {responses_per_second: 1, slip: 1}\n")
    cookie = cookie_of(world, tcp=True)
    with world.moves(udp_queries=30, edns=30, noerror=30, cookies_valid=30):
        for _ in range(30):
            assert cookie_of(world, cookie) == cookie
    slips = [got for got in (ask(world, packet(opt(option(COOKIE, CLIENT)))) for _ in range(30)) if got.tc]
    assert len(slips) > 10
    for got in slips:
        assert got.answers == 0 and len(got.options[COOKIE]) == 24, "the way out is in it"


SECRET = "e5e973e5a6b2a43f48e7dc849e37bfcf"
WITH_SECRET = {
    "nsd": ("NSD", "  server-count: 1\n",
            '  server-count: 1\n  answer-cookie: yes\n  cookie-secret: "%s"\n' % SECRET),
    "knot": ("KNOT", "template:\n  - id: default\n",
             "mod-cookies:\n  - id: same\n    secret: [0x%s]\n"
             "template:\n  - id: default\n    global-module: mod-cookies/same\n" % SECRET),
    "bind": ("BIND", "  answer-cookie no;\n",
             '  answer-cookie yes;\n  cookie-algorithm siphash24;\n  cookie-secret "%s";\n' % SECRET),
}


@pytest.mark.parametrize("other", WITH_SECRET)
def test_cookies_of_other_servers(world, monkeypatch, other):
    """RFC 9018: servers behind one address know each other's cookies, whoever made them."""
    if not OtherServer.is_installed(other):
        pytest.skip(other + " is not installed")
    name, old, new = WITH_SECRET[other]
    template = getattr(servers, name)
    assert old in template
    monkeypatch.setattr(servers, name, template.replace(old, new))
    world.write("secrets", SECRET + "\n")
    begin(world, "  cookies: {secret_file: secrets, required: on}\n")
    peer = OtherServer(other, [("example.com", (world.folder / "example.com.zone").read_text().replace("edge POOL edge\n", ""))])
    try:
        asked = packet(opt(option(COOKIE, CLIENT)))
        theirs = Response(exchange(asked, "127.0.0.1", peer.port), asked).options[COOKIE]
        with world.moves(udp_queries=1, edns=1, noerror=1, cookies_valid=1):
            assert cookie_of(world, theirs) == theirs
        ours = cookie_of(world, CLIENT, tcp=True)
        asked = packet(opt(option(COOKIE, ours)))
        got = Response(exchange(asked, "127.0.0.1", peer.port), asked)
        # Knot says BADCOOKIE to any other
        assert got.rcode == "NOERROR" and got.answers == 1
        assert got.options[COOKIE][:16] == ours[:16] or other == "bind"
    finally:
        peer.close()


# ---- options of TCP ----

def test_keepalive(world):
    begin(world, "  tcp_idle: 12s\n")
    asked = packet(opt(option(KEEPALIVE)))
    assert ask(world, asked, tcp=True).options == {KEEPALIVE: struct.pack("!H", 120)}
    assert ask(world, asked).options == {}, "nothing to keep over UDP"
    assert ask(world, packet(opt()), tcp=True).options == {}, "only when asked"
    # RFC 7828 3.2.1 and 3.3: a query's is empty; over UDP it is ignored
    filled = packet(opt(option(KEEPALIVE, b"\0\1")))
    got = ask(world, filled, tcp=True)
    assert got.rcode == "FORMERR" and got.answers == 0 and got.options == {}
    got = ask(world, filled)
    assert got.rcode == "NOERROR" and got.answers == 1 and got.options == {}


def test_padding(server):
    asked = opt(option(PADDING, b"\0" * 7))
    for question in (WWW, BIG, b"\4none\7example\3com\0\0\1\0\1", b"\1x\4test\0\0\1\0\1"):
        got = ask(server, packet(asked, question=question), tcp=True)
        assert len(got.wire) % 468 == 0 and not any(got.options[PADDING])
        plain = ask(server, packet(opt(), question=question), tcp=True)
        assert len(plain.wire) + 4 <= len(got.wire) < len(plain.wire) + 4 + 468
    assert PADDING not in ask(server, packet(asked)).options, "not over UDP"
    # with all the others
    got = ask(server, packet(opt(option(PADDING), option(COOKIE, CLIENT), option(KEEPALIVE), option(NSID))), tcp=True)
    assert set(got.options) == {PADDING, COOKIE, KEEPALIVE, NSID} and len(got.wire) == 468


# ---- why it failed ----

def test_extended_errors(world):
    world.zone("example.com", ZONE)
    world.write("broken.test.zone", "this is no zone\n")
    world.configure("zones:\n  - {domain: example.com, file: example.com.zone}\n"
                    "  - {domain: broken.test, file: broken.test.zone}\n"
                    "pools: [{name: edge, default: [192.0.2.1]}]\n")
    world.start()
    cases = [
        (b"\3www\5other\4test\0\0\1\0\1", "REFUSED", 20),
        (b"\3www\6broken\4test\0\0\1\0\1", "SERVFAIL", 24),
        (WWW[:-1] + b"\4", "REFUSED", 21),
        # a transfer that is not allowed, a version that is not told
        (b"\7example\3com\0\0\xfc\0\1", "REFUSED", 18),
        (b"\7version\4bind\0\0\x10\0\3", "REFUSED", 18),
        (b"\4none\7example\3com\0\0\1\0\1", "NXDOMAIN", None),
        (WWW, "NOERROR", None),
    ]
    for question, rcode, ede in cases:
        for tcp in (False, True):
            got = ask(world, packet(opt(), question=question), tcp)
            assert (got.rcode, got.ede) == (rcode, ede)
            got = ask(world, packet(question=question), tcp)
            assert got.rcode == rcode and not got.has_opt, "only to who speaks EDNS"


# ---- client subnets ----

def subnet(family, source, scope, address):
    return option(ECS, struct.pack("!HBB", family, source, scope) + address)


V6 = b"\x20\x01\x0d\xb8\0\0\0"
GOOD = {
    # option sent, scope that comes back, address that is served
    "a /24": (subnet(1, 24, 0, b"\x0a\1\2"), 8, "192.0.2.1"),
    "a /32": (subnet(1, 32, 0, b"\x0a\1\2\3"), 8, "192.0.2.1"),
    "shorter than our network": (subnet(1, 7, 0, b"\x0a"), 8, "192.0.2.1"),
    "a /56": (subnet(2, 56, 0, V6), 32, "192.0.2.2"),
    "nobody is to look": (subnet(1, 0, 0, b""), 0, "192.0.2.3"),
    "nor at IPv6": (subnet(2, 0, 0, b""), 0, "192.0.2.3"),
    "of no family": (subnet(0, 0, 0, b""), 0, "192.0.2.3"),
}


@pytest.mark.parametrize("what", GOOD)
@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
def test_subnet(server, what, tcp):
    sent, scope, address = GOOD[what]
    data = packet(opt(sent), question=EDGE)
    wire = exchange(data, server.address, server.port, tcp=tcp)
    # family, source and address exactly as they came, and the scope
    assert wire.endswith(sent[:7] + bytes([scope]) + sent[8:])
    assert bytes(map(int, address.split("."))) in wire and wire[3] & 15 == 0
    # of a name that is the same for all
    static = exchange(packet(opt(sent)), server.address, server.port, tcp=tcp)
    assert static.endswith(sent[:7] + b"\0" + sent[8:])
    # a zone that does not look does not answer the option
    off = packet(opt(sent), question=b"\4edge\5quiet\4test\0\0\1\0\1")
    wire = exchange(off, server.address, server.port, tcp=tcp)
    assert wire.endswith(opt()) and b"\xc0\0\2\3" in wire, "by its source it is nowhere"


def test_subnet_of_a_family_without_data(world):
    """IPv6 clients are nowhere; the scope is what holds none of 6to4 and Teredo, which count
    as IPv4: 2001:800::/21."""
    world.zone("example.com", ZONE)
    world.zone("quiet.test", "edge POOL edge\n")
    world.configure(ZONES.replace('    - {prefix: "2001:db8::/32", region: nnam}\n', ""))
    world.start()
    for sent, scope, address in ((subnet(2, 56, 0, V6), 21, 3), (subnet(1, 24, 0, b"\x0a\0\0"), 8, 1)):
        wire = exchange(packet(opt(sent), question=EDGE), world.address, world.port)
        assert wire.endswith(sent[:7] + bytes([scope]) + sent[8:])
        assert bytes([192, 0, 2, address]) in wire


BAD = {
    "empty": option(ECS),
    "cut": option(ECS, b"\0\1\x18"),
    "family 0 with a prefix": subnet(0, 8, 0, b"\x0a"),
    "family 3": subnet(3, 0, 0, b""),
    "a /33": subnet(1, 33, 0, b"\x0a\0\0\0\0"),
    "a /129": subnet(2, 129, 0, bytes(17)),
    "a scope": subnet(1, 24, 24, b"\x0a\0\0"),
    "an octet too few": subnet(1, 24, 0, b"\x0a\0"),
    "an octet too many": subnet(1, 24, 0, b"\x0a\0\0\0"),
    "a bit too many": subnet(1, 23, 0, b"\x0a\0\1"),
    "a bit too many, IPv6": subnet(2, 33, 0, b"\x20\x01\x0d\xb8\x40"),
    "two": subnet(1, 8, 0, b"\x0a") * 2,
}


@pytest.mark.parametrize("what", BAD)
@pytest.mark.parametrize("name", [EDGE, b"\4edge\5quiet\4test\0\0\1\0\1"], ids=["on", "off"])
def test_malformed_subnet(server, what, name):
    got = ask(server, packet(opt(BAD[what]), question=name))
    assert got.rcode == "FORMERR" and got.answers == 0 and got.has_opt and got.options == {}
