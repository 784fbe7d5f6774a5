# SPDX-License-Identifier: BSD-2-Clause
"""Negative answers (RFC 2308), TTLs (RFC 2181 5.2 and 8), and what goes into the authority
and additional sections (RFC 1034 4.3.2 step 6, RFC 3596 3, RFC 2782, RFC 9460 4.1)."""
import pytest

import oracle
from packets import AA, NOERROR, NXDOMAIN, TC, ask, opt
from world import World

A, NS, CNAME, SOA, MX, TXT, AAAA, SRV, DS, HTTPS = 1, 2, 5, 6, 15, 16, 28, 33, 43, 65
BODY = """@ NS ns
ns    A     192.0.2.53
www   A     192.0.2.1
lost  CNAME nx
none  CNAME www
out   CNAME nx.minimum.test.
*.w   A     192.0.2.2
dn    DNAME sub
sub   A     192.0.2.3
x.ent A     192.0.2.4
cut   NS    ns
"""
# zone: the SOA's own TTL, its MINIMUM, and so the TTL of negative answers (RFC 2308 5)
ZONES = {"minimum.test": (600, 60, 60), "ttl.test": (30, 3600, 30), "equal.test": (90, 90, 90),
         "zero.test": (300, 0, 0), "zerottl.test": (0, 300, 0), "large.test": (2147483647, 2147483647, 2147483647)}
# owner, type, rcode, answers
NEGATIVE = [
    ("nx", A, NXDOMAIN, 0), ("a.b.c.nx", A, NXDOMAIN, 0), ("x.www", A, NXDOMAIN, 0),
    ("www", AAAA, NOERROR, 0), ("", A, NOERROR, 0), ("ent", A, NOERROR, 0), ("w", A, NOERROR, 0),
    ("y.w", AAAA, NOERROR, 0), ("lost", A, NXDOMAIN, 1), ("none", TXT, NOERROR, 1),
    ("nx.dn", A, NXDOMAIN, 2), ("dn", A, NOERROR, 0), ("", DS, NOERROR, 0), ("cut", DS, NOERROR, 0),
    ("www", 65280, NOERROR, 0), ("www", 0, NOERROR, 0),
]
MORE = """$ORIGIN more.test.
@        300 SOA   ns h 1 3600 600 86400 60
@        300 NS    ns
@        300 NS    ns.example.org.
@        300 MX    10 mail
@        300 MX    20 mail.example.org.
ns       100 A     192.0.2.53
ns       100 AAAA  2001:db8::53
mail     200 A     192.0.2.25
mail     200 AAAA  2001:db8::25
_x._tcp  300 SRV   0 0 5060 mail
svc      300 HTTPS 1 host.more.test. alpn=h2
self     300 HTTPS 1 . alpn=h2
self     300 A     192.0.2.30
alias    300 HTTPS 0 svc.more.test.
host     300 A     192.0.2.31
host     300 AAAA  2001:db8::31
tocname  300 MX    10 c
c        300 CNAME mail
sub      300 NS    ns.sub
ns.sub   300 A     192.0.2.60
sibling  300 NS    ns.sub
null     300 MX    0 .
max      2147483647 A 192.0.2.80
zero     0   A     192.0.2.81
"""


@pytest.fixture(scope="module")
def world():
    w = World()
    for domain, (ttl, minimum, _) in ZONES.items():
        w.write(domain + ".zone", "$ORIGIN %s.\n$TTL 300\n@ %d SOA ns h 1 3600 600 86400 %d\n%s" % (
            domain, ttl, minimum, BODY))
    w.write("more.test.zone", MORE)
    w.configure("zones:\n" + "".join(
        "  - {domain: %s, file: %s.zone}\n" % (d, d) for d in [*ZONES, "more.test"]))
    w.start()
    yield w
    try:
        w.stop()
    finally:
        w.close()


@pytest.mark.parametrize("domain", ZONES)
def test_soa_of_negative_answers(world, domain):
    """RFC 2308 2.1, 2.2, 3 and 5: SOA and nothing else, with the lesser of TTL and MINIMUM;
    its RDATA is the zone's own. The same with and without EDNS and over TCP."""
    mine = oracle.Message(world.send(ask(domain, SOA))).sections[0][0]
    assert mine[3] == ZONES[domain][0]
    for owner, rdtype, rcode, answers in NEGATIVE:
        packet = ask((owner + "." + domain).lstrip("."), rdtype)
        for got in (world.send(packet), world.send(packet, tcp=True), world.send(
                packet[:11] + b"\1" + packet[12:] + opt(flags=0x8000))):
            got = oracle.Message(got)
            assert (got.rcode, got.counts[1], got.flags & (AA | TC)) == (rcode, answers, AA), owner
            assert [(r[0], r[1], r[3]) for r in got.sections[1]] == [(mine[0], SOA, ZONES[domain][2])]
            assert got.sections[1][0][4] == mine[4]
            assert [r[1] for r in got.sections[2]] in ([], [41])


def test_no_soa_where_nothing_is_denied(world):
    """RFC 2308 2.1 and 2.2: a referral is not a negative answer, nor is a CNAME that leads
    out of the zone."""
    for owner in ("cut.ttl.test", "x.cut.ttl.test"):
        got = oracle.Message(world.send(ask(owner)))
        assert [r[1] for r in got.sections[1]] == [NS] and not got.flags & AA
    got = oracle.Message(world.send(ask("out.ttl.test")))
    assert got.rcode == NOERROR and [r[1] for r in got.sections[0]] == [CNAME]
    assert not got.sections[1]


@pytest.mark.parametrize("owner, ttl", [("max", 2**31 - 1), ("zero", 0)])
def test_ttls_at_the_ends_of_their_range(world, owner, ttl):
    """RFC 2181 8; RFC 1035 3.2.1: zero is a TTL."""
    got = oracle.Message(world.send(ask(owner + ".more.test")))
    assert [r[3] for r in got.sections[0]] == [ttl]


# owner, type, additional: name, type, TTL
MAIL = [("mail.more.test", A, 200), ("mail.more.test", AAAA, 200)]
NAME_SERVER = [("ns.more.test", A, 100), ("ns.more.test", AAAA, 100)]
ADDITIONAL = [
    ("RFC 1035 3.3.11, RFC 3596 3", "more.test", NS, NAME_SERVER),
    ("RFC 1035 3.3.9, RFC 3596 3", "more.test", MX, MAIL),
    ("RFC 2782, RFC 3596 3", "_x._tcp.more.test", SRV, MAIL),
    ("RFC 2181 10.3 no CNAME is looked through", "tocname.more.test", MX, []),
    ("RFC 7505 3 a null MX", "null.more.test", MX, []),
    ("RFC 9471 2.2 glue of a name server beside the cut", "x.sibling.more.test", A, [("ns.sub.more.test", A, 300)]),
    ("RFC 1034 4.2.1 glue", "x.sub.more.test", A, [("ns.sub.more.test", A, 300)]),
    ("RFC 9460 4.1", "svc.more.test", HTTPS, [("host.more.test", A, 300), ("host.more.test", AAAA, 300)]),
    ("RFC 9460 4.1 the owner itself", "self.more.test", HTTPS, [("self.more.test", A, 300)]),
    ("no more than asked for", "more.test", TXT, []),
    ("no more than asked for", "ns.more.test", A, []),
]


@pytest.mark.parametrize("section, owner, rdtype, expected", ADDITIONAL,
                         ids=["%s %s" % c[:2] for c in ADDITIONAL])
def test_additional(world, section, owner, rdtype, expected):
    got = oracle.Message(world.send(ask(owner, rdtype)))
    shown = sorted((b".".join(r[0]).decode(), r[1], r[3]) for r in got.sections[2])
    assert shown == expected


def test_additional_of_an_alias(world):
    """RFC 9460 4.1 and 2.4.2: the records that the target of an AliasMode record has."""
    got = oracle.Message(world.send(ask("alias.more.test", HTTPS)))
    types = {(b".".join(r[0]).decode(), r[1]) for r in got.sections[2]}
    assert ("svc.more.test", HTTPS) in types
