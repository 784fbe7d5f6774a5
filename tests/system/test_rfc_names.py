# SPDX-License-Identifier: BSD-2-Clause
"""The algorithm of RFC 1034 4.3.2 and what later RFCs made of it: wildcards, DNAME, CNAME,
cuts, case. The zones are those that the RFCs have as examples, where they have any."""
import pytest

import oracle
from packets import AA, NOERROR, NXDOMAIN, REFUSED, YXDOMAIN, ask, name, opt
from world import World

SOA = "@ SOA ns hostmaster 1 3600 600 86400 60\n"
# RFC 4592 2.2.1 as printed there, with 4.3 and 4.9 beside it
WILDCARDS = """$ORIGIN example.
$TTL 3600
@ SOA ns.example.com. hostmaster.example.com. 1 3600 600 86400 60
@ NS ns.example.com.
@ NS ns.example.net.
*.example.                TXT "this is a wildcard"
*.example.                MX  10 host1.example.
sub.*.example.            TXT "this is not a wildcard"
host1.example.            A   192.0.2.1
_ssh._tcp.host1.example.  SRV 0 0 22 host1.example.
_ssh._tcp.host2.example.  SRV 0 0 22 host2.example.
subdel.example.           NS  ns.example.com.
subdel.example.           NS  ns.example.net.
*.cname.example.          CNAME host1
sub.*.ent.example.        TXT "below an empty wildcard"
"""
# RFC 6672 2.2: owner, target, question, what comes of it
SUBSTITUTIONS = [
    ("example.com.", "example.net.", "com.", None),
    ("example.com.", "example.net.", "example.com.", []),
    ("example.com.", "example.net.", "a.example.com.", ["a.example.net."]),
    ("example.com.", "example.net.", "a.b.example.com.", ["a.b.example.net."]),
    ("b.example.com.", "example.net.", "ab.example.com.", None),
    ("example.com.", "example.net.", "foo.example.com.", ["foo.example.net."]),
    ("x.example.com.", "example.net.", "a.x.example.com.", ["a.example.net."]),
    ("example.com.", "y.example.net.", "a.example.com.", ["a.y.example.net."]),
    ("example.com.", "example.com.", "cyc.example.com.", ["cyc.example.com."]),
    ("example.com.", "c.example.com.", "cyc.example.com.", ["cyc.c.example.com."]),
    ("x.", ".", "shortloop.x.x.", ["shortloop.x.", "shortloop."]),
    ("x.", ".", "shortloop.x.", ["shortloop."]),
]
LONG = ".".join(["a" * 63] * 3 + ["b" * 40])  # 233 octets with the root
TREE = """$ORIGIN tree.test.
$TTL 300
@          SOA   Ns.Tree.Test. hostmaster 1 3600 600 86400 60
@          NS    Ns
ns         A     192.0.2.53
           AAAA  2001:db8::53
a          A     192.0.2.1
c1         CNAME c2
c2         CNAME a
out        CNAME www.example.org.
lost       CNAME nx
nodata     CNAME a
self       CNAME self
loop1      CNAME loop2
loop2      CNAME loop1
tosub      CNAME x.sub
tochild    CNAME www.child
todname    CNAME x.dn
towild     CNAME y.w
*.w        A     192.0.2.7
e.n.t      A     192.0.2.8
sub        NS    ns.sub
sub        NS    Ns
sub        DS    12345 8 2 49FD46E6C4B45C55D4AC69CBD3CD34AC1AFE51DE1F1B5A4B5F1F2B3F5C9E0D11
ns.sub     A     192.0.2.60
deep.sub   A     192.0.2.61
child      NS    ns.child
ns.child   A     192.0.2.62
dn         DNAME up.tree.test.
dn         A     192.0.2.9
x.up       A     192.0.2.10
dlong      DNAME {long}.tree.test.
dwild      DNAME w
dchain     DNAME dn
dout       DNAME example.org.
MiXed      A     192.0.2.11
ptr        PTR   MiXed.Tree.TEST.
case\\091  A     192.0.2.12
\\000\\255 A     192.0.2.13
a\\.b      A     192.0.2.14
_x._y      TXT   "underscores"
""".format(long=LONG)
CHILD = "$ORIGIN child.tree.test.\n$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\n" \
    "ns A 192.0.2.62\nwww A 192.0.2.63\n"


@pytest.fixture(scope="module")
def world():
    w = World()
    zones = {"example": WILDCARDS, "tree.test": TREE, "child.tree.test": CHILD}
    for domain, text in zones.items():
        w.write(domain + ".zone", text)
    w.configure("zones:\n" + "".join("  - {domain: %s, file: %s.zone}\n" % (d, d) for d in zones))
    w.start()
    yield w
    try:
        w.stop()
    finally:
        w.close()


def shown(section):
    """owner type of each record."""
    return ["%s %d" % (b".".join(owner).decode("latin-1"), rdtype)
            for owner, rdtype, *_ in section if rdtype != 41]


# section, question, rcode, aa, answer, authority
A, NS, CNAME, PTR, MX, TXT, AAAA, SRV, DNAME, DS = 1, 2, 5, 12, 15, 16, 28, 33, 39, 43
EXAMPLE_SOA = ["example 6"]
TREE_SOA = ["tree.test 6"]
SUB = ["sub.tree.test 2", "sub.tree.test 2"]
WALKS = [
    # RFC 4592 2.2.1: "the following responses would be synthesized"
    ("4592 2.2.1", "host3.example", MX, NOERROR, True, ["host3.example 15"], []),
    ("4592 2.2.1", "host3.example", A, NOERROR, True, [], EXAMPLE_SOA),
    ("4592 2.2.1", "foo.bar.example", TXT, NOERROR, True, ["foo.bar.example 16"], []),
    # "the following would not"
    ("4592 2.2.1", "host1.example", MX, NOERROR, True, [], EXAMPLE_SOA),
    ("4592 2.2.1", "sub.*.example", MX, NOERROR, True, [], EXAMPLE_SOA),
    ("4592 2.2.1", "_telnet._tcp.host1.example", SRV, NXDOMAIN, True, [], EXAMPLE_SOA),
    ("4592 2.2.1", "host.subdel.example", A, NOERROR, False, [], ["subdel.example 2"] * 2),
    ("4592 2.2.1", "ghost.*.example", MX, NXDOMAIN, True, [], EXAMPLE_SOA),
    ("4592 2.2.2 empty non-terminals exist", "_tcp.host1.example", MX, NOERROR, True, [], EXAMPLE_SOA),
    ("4592 2.2.2 host2 has no data but exists", "host2.example", MX, NOERROR, True, [], EXAMPLE_SOA),
    ("4592 2.3 the wildcard itself", "*.example", TXT, NOERROR, True, ["*.example 16"], []),
    ("4592 2.1.3 an asterisk within a name", "*.host3.example", TXT, NOERROR, True, ["*.host3.example 16"], []),
    ("4592 2.1.1 no wildcard: \\*a", "*a.example", MX, NOERROR, True, ["*a.example 15"], []),
    ("4592 3.3.1 the closest encloser", "x.host1.example", TXT, NXDOMAIN, True, [], EXAMPLE_SOA),
    ("4592 3.3.1 below an empty non-terminal", "x._tcp.host1.example", TXT, NXDOMAIN, True, [], EXAMPLE_SOA),
    ("4592 4.4.3", "x.cname.example", A, NOERROR, True, ["x.cname.example 5", "host1.example 1"], []),
    ("4592 4.4.3", "x.cname.example", CNAME, NOERROR, True, ["x.cname.example 5"], []),
    ("4592 4.9 an empty wildcard matches", "foo.ent.example", TXT, NOERROR, True, [], EXAMPLE_SOA),
    ("4592 4.9", "sub.*.ent.example", TXT, NOERROR, True, ["sub.*.ent.example 16"], []),
    ("4592 4.6 no DS by a wildcard", "x.y.example", DS, NOERROR, True, [], EXAMPLE_SOA),
    # RFC 1034 4.3.2 and 3.6.2
    ("1034 4.3.2 3a", "a.tree.test", A, NOERROR, True, ["a.tree.test 1"], []),
    ("1034 3.6.2", "c1.tree.test", A, NOERROR, True, ["c1.tree.test 5", "c2.tree.test 5", "a.tree.test 1"], []),
    ("1034 3.6.2 the type is CNAME", "c1.tree.test", CNAME, NOERROR, True, ["c1.tree.test 5"], []),
    ("1034 3.6.2 no data at the end", "nodata.tree.test", MX, NOERROR, True, ["nodata.tree.test 5"], TREE_SOA),
    ("6604 3 the RCODE of the last name", "lost.tree.test", A, NXDOMAIN, True, ["lost.tree.test 5"], TREE_SOA),
    ("1034 3.6.2 out of the zone", "out.tree.test", A, NOERROR, True, ["out.tree.test 5"], []),
    ("1034 3.6.2 into another zone, though ours", "tochild.tree.test", A, NOERROR, True, ["tochild.tree.test 5"], []),
    ("1034 5.2.2 loops end", "self.tree.test", A, NOERROR, True, ["self.tree.test 5"], []),
    ("1034 5.2.2 loops end", "loop1.tree.test", A, NOERROR, True, ["loop1.tree.test 5", "loop2.tree.test 5"], []),
    ("1034 4.3.2 3b behind a CNAME", "tosub.tree.test", A, NOERROR, True, ["tosub.tree.test 5"], SUB),
    ("1034 4.3.2 3c behind a CNAME", "towild.tree.test", A, NOERROR, True,
     ["towild.tree.test 5", "y.w.tree.test 1"], []),
    ("1034 4.3.2 3b", "sub.tree.test", A, NOERROR, False, [], SUB),
    ("1034 4.3.2 3b", "sub.tree.test", NS, NOERROR, False, [], SUB),
    ("1034 4.3.2 3b occluded", "deep.sub.tree.test", A, NOERROR, False, [], SUB),
    ("1034 4.3.2 3b glue is no answer", "ns.sub.tree.test", A, NOERROR, False, [], SUB),
    # RFC 4035 3.1.4.1: DS is the parent's
    ("4035 3.1.4.1", "sub.tree.test", DS, NOERROR, True, ["sub.tree.test 43"], []),
    ("4035 3.1.4.1 both are ours", "child.tree.test", DS, NOERROR, True, [], TREE_SOA),
    ("4035 3.1.4.1 the parent is not ours", "tree.test", DS, NOERROR, True, [], TREE_SOA),
    ("4035 3.1.4.1 below the cut", "x.sub.tree.test", DS, NOERROR, False, [], SUB),
    # RFC 1034 4.3.2 2: the zone nearest to the name
    ("1034 4.3.2 2", "www.child.tree.test", A, NOERROR, True, ["www.child.tree.test 1"], []),
    ("1034 4.3.2 2", "child.tree.test", NS, NOERROR, True, ["child.tree.test 2"], []),
    ("1034 4.3.2 2", "nx.child.tree.test", A, NXDOMAIN, True, [], ["child.tree.test 6"]),
    ("1034 4.3.2 2", "test", A, REFUSED, False, [], []),
    # RFC 6672
    ("6672 2.3 the owner is not redirected", "dn.tree.test", A, NOERROR, True, ["dn.tree.test 1"], []),
    ("6672 2.3", "dn.tree.test", DNAME, NOERROR, True, ["dn.tree.test 39"], []),
    ("6672 2.3", "dn.tree.test", MX, NOERROR, True, [], TREE_SOA),
    ("6672 3.1", "x.dn.tree.test", A, NOERROR, True,
     ["dn.tree.test 39", "x.dn.tree.test 5", "x.up.tree.test 1"], []),
    ("6672 3.1 the type is CNAME", "x.dn.tree.test", CNAME, NOERROR, True,
     ["dn.tree.test 39", "x.dn.tree.test 5"], []),
    ("6672 3.1 the type is DNAME", "x.dn.tree.test", DNAME, NOERROR, True,
     ["dn.tree.test 39", "x.dn.tree.test 5"], TREE_SOA),
    ("6672 3.2", "nx.dn.tree.test", A, NXDOMAIN, True, ["dn.tree.test 39", "nx.dn.tree.test 5"], TREE_SOA),
    ("6672 3.2 out of the zone", "x.dout.tree.test", A, NOERROR, True,
     ["dout.tree.test 39", "x.dout.tree.test 5"], []),
    ("6672 3.2 too long a name", "%s.dlong.tree.test" % ("c" * 20), A, YXDOMAIN, True, ["dlong.tree.test 39"], []),
    ("6672 3.2 into a wildcard", "v.dwild.tree.test", A, NOERROR, True,
     ["dwild.tree.test 39", "v.dwild.tree.test 5", "v.w.tree.test 1"], []),
    ("6672 3.2 into another DNAME", "x.dchain.tree.test", A, NOERROR, True,
     ["dchain.tree.test 39", "x.dchain.tree.test 5", "dn.tree.test 39", "x.dn.tree.test 5", "x.up.tree.test 1"],
     []),
    ("6672 3.2 behind a CNAME", "todname.tree.test", A, NOERROR, True,
     ["todname.tree.test 5", "dn.tree.test 39", "x.dn.tree.test 5", "x.up.tree.test 1"], []),
    # RFC 8020 2: what has something below it exists
    ("8020 2", "t.tree.test", A, NOERROR, True, [], TREE_SOA),
    ("8020 2", "n.t.tree.test", TXT, NOERROR, True, [], TREE_SOA),
    ("8020 2", "_y.tree.test", TXT, NOERROR, True, [], TREE_SOA),
    # RFC 2181 11 and RFC 4343: any octet; only letters have two cases
    ("4343 3", "MIXED.TREE.test", A, NOERROR, True, ["mixed.tree.test 1"], []),
    ("4343 2.1", "case\\091.tree.test", A, NOERROR, True, ["case[.tree.test 1"], []),
    ("4343 3 no fold of [ and {", "case\\123.tree.test", A, NXDOMAIN, True, [], TREE_SOA),
    ("2181 11", "\\000\\255.tree.test", A, NOERROR, True, ["\0\xff.tree.test 1"], []),
    ("2181 11 no fold of 8-bit octets", "\\000\\223.tree.test", A, NXDOMAIN, True, [], TREE_SOA),
    ("4343 2.1 a dot within a label", "a\\.b.tree.test", A, NOERROR, True, ["a.b.tree.test 1"], []),
    ("2181 11", "_x._y.tree.test", TXT, NOERROR, True, ["_x._y.tree.test 16"], []),
]


@pytest.mark.parametrize("section, owner, rdtype, rcode, aa, answer, authority", WALKS,
                         ids=["%s %s %d" % (c[0], c[1][:30], c[2]) for c in WALKS])
def test_walk(world, section, owner, rdtype, rcode, aa, answer, authority):
    """DO makes no difference in a zone that is not signed: RFC 4035 3.1.4 adds the DS with
    its signature, and NSD, Knot and BIND add neither where there is none."""
    for additional in ([], [opt()], [opt(flags=0x8000)]):
        got = oracle.Message(world.send(ask(owner, rdtype, additional=additional)))
        assert (got.rcode, bool(got.flags & AA)) == (rcode, aa)
        assert shown(got.sections[0]) == answer
        assert shown(got.sections[1]) == authority


def test_an_anchor_of_each_name(world):
    """RFC 8020 2 and RFC 4592 2.2.2: above a name that exists is no NXDOMAIN."""
    for owner in ("_ssh._tcp.host1.example", "sub.*.ent.example", "e.n.t.tree.test", "x.up.tree.test"):
        labels = owner.split(".")
        for i in range(1, len(labels) - 1):
            got = world.ask(".".join(labels[i:]), "LOC")
            assert got.rcode == "NOERROR", (owner, got)


def test_case_is_kept(world):
    """RFC 4343 4.1 and RFC 1034 3.1: of the question, and of names in RDATA."""
    wire = world.send(ask("pTr.tReE.TeSt", PTR))
    assert name("pTr.tReE.TeSt") in wire and b"\5MiXed" in wire
    # a record whose owner is not the question's name has the zone's own case, or the
    # question's where it is compressed against it
    got = world.ask("c1.tree.test").message
    assert [r.name.to_text() for r in got.answer] == ["c1.tree.test.", "c2.tree.test.", "a.tree.test."]


def test_ttls_of_a_made_cname(world):
    """RFC 6672 3.1: that of the DNAME; RFC 2181 5.2 of the others: see oracle.py."""
    got = oracle.Message(world.send(ask("x.dn.tree.test")))
    assert [r[3] for r in got.sections[0]] == [300, 300, 300]


def test_the_longest_name_by_dname(world):
    """RFC 6672 3.2: 255 octets are not too long; one more is."""
    target = len(name(LONG + ".tree.test"))
    for label, rcode in ((255 - target - 1, NXDOMAIN), (255 - target, YXDOMAIN)):
        got = oracle.Message(world.send(ask("%s.dlong.tree.test" % ("c" * label))))
        assert got.rcode == rcode, label
        assert shown(got.sections[0])[0] == "dlong.tree.test 39"


def test_glue_comes_with_a_referral(world):
    """RFC 1034 4.2.1, RFC 9471 3.1, RFC 3596 3: of both families, of names in this zone."""
    got = oracle.Message(world.send(ask("x.sub.tree.test")))
    assert sorted(shown(got.sections[2])) == ["ns.sub.tree.test 1", "ns.tree.test 1", "ns.tree.test 28"]


@pytest.mark.parametrize("owner, target, asked, made", SUBSTITUTIONS,
                         ids=["%s->%s:%s" % c[:3] for c in SUBSTITUTIONS])
def test_substitution(world, owner, target, asked, made):
    """RFC 6672 2.2, line by line, in zones of these names."""
    # the top of the owner is the zone, so that a loop stays inside it
    apex = "com." if owner.endswith("com.") else "."
    text = "$ORIGIN %s\n$TTL 60\n@ SOA ns h 1 1 1 1 1\n@ NS ns\nns A 192.0.2.1\n%s DNAME %s\n" % (
        apex, owner, target)
    w = World()
    try:
        w.write("z.zone", text)
        w.configure('zones: [{domain: "%s", file: z.zone}]\n' % apex)
        w.start()
        got = w.ask(asked, "TXT")
        cnames = [str(r) for s in got.message.answer for r in s if s.rdtype == CNAME]
        # one that grows goes on until the server has had enough
        assert cnames[:2 if owner == "x." else 1] == (made or []), got
        assert (any(s.rdtype == DNAME for s in got.message.answer)) == bool(made)
    finally:
        w.close()
