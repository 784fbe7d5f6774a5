# SPDX-License-Identifier: BSD-2-Clause
"""The programs that people have ask us: dig, kdig, drill, and resolvers on our behalf."""
import re
import shutil
import subprocess

import pytest

from limits import SLOW
from resolvers import Resolver, run_tool
from world import World

CONFIG = """zones:
  - {domain: example.com, file: example.com.zone}
  - {domain: sub.example.com, file: sub.example.com.zone}
pools:
  - name: edge
    ttl: 60
    regions: {weu: [192.0.2.10], nnam: [192.0.2.20]}
    default: [192.0.2.30]
geo:
  prefixes: [{prefix: 127.1.0.0/16, region: weu}, {prefix: 127.2.0.0/16, region: nnam}]
"""
ZONE = """$ORIGIN example.com.
$TTL 300
@       SOA   ns1 hostmaster 1 3600 600 86400 60
@       NS    ns1
@       MX    10 mail
ns1     A     127.0.0.1
www     A     192.0.2.1
        AAAA  2001:db8::1
mail    A     192.0.2.25
alias   CNAME one
one     CNAME two
two     CNAME www
lost    CNAME missing
*.wild  A     192.0.2.77
*.wc    CNAME www
a.empty A     192.0.2.9
old     DNAME new
host.new A    192.0.2.11
sub     NS    ns1
steered POOL  edge
svc     HTTPS 1 . alpn=h2 ipv4hint=192.0.2.80
strange TYPE65300 \\# 4 01020304
""" + "".join('big TXT "%03d %s"\n' % (i, "x" * 90) for i in range(40))
SUB = """$ORIGIN sub.example.com.
$TTL 300
@       SOA   ns1.example.com. hostmaster 1 3600 600 86400 60
@       NS    ns1.example.com.
inside  A     192.0.2.99
"""
TOOLS = {"dig": "bind9-dnsutils", "nsupdate": "bind9-dnsutils", "kdig": "knot-dnsutils", "drill": "ldnsutils"}

# What a tool says when a response is not as it should be.
COMPLAINT = re.compile(
    r"warning|\bbad\b|malformed|mismatch|unexpected|extra|error|unknown|reset|timed out|"
    r"no servers|FORMERR", re.IGNORECASE)


def begin(world, server=""):
    world.write("example.com.zone", ZONE)
    world.write("sub.example.com.zone", SUB)
    world.configure(CONFIG, server)
    world.start()


def needed(tool):
    if shutil.which(tool) is None:
        pytest.skip("%s is not installed (package %s)" % (tool, TOOLS[tool]))


def lines(text):
    """One blank between words, as the columns of the tools differ."""
    return "\n".join(" ".join(line.split()) for line in text.splitlines())


# what is asked, and what must be in what dig prints
DIG = [
    ("+norec www.example.com A",
     ["status: NOERROR", "flags: qr aa; QUERY: 1, ANSWER: 1,", "EDNS: version: 0, flags:; udp: 1232",
      "www.example.com. 300 IN A 192.0.2.1"]),
    ("+norec +noedns www.example.com AAAA",
     ["flags: qr aa; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 0",
      "www.example.com. 300 IN AAAA 2001:db8::1"]),
    ("+norec +tcp alias.example.com A",
     ["ANSWER: 4", "(TCP)", "two.example.com. 300 IN CNAME www.example.com."]),
    ("+norec +tcp +keepopen www.example.com A mail.example.com A",
     ["www.example.com. 300 IN A 192.0.2.1", "mail.example.com. 300 IN A 192.0.2.25"]),
    ("+norec +ignore +bufsize=700 big.example.com TXT", ["flags: qr aa tc;", "(UDP)"]),
    ("+norec +nocookie +bufsize=1232 missing.example.com A",
     ["status: NXDOMAIN", "AUTHORITY: 1",
      "example.com. 60 IN SOA ns1.example.com. hostmaster.example.com."]),
    ("+norec +subnet=127.1.2.0/24 steered.example.com A",
     ["CLIENT-SUBNET: 127.1.2.0/24/16", "steered.example.com. 60 IN A 192.0.2.10"]),
    ("+norec +subnet=127.2.0.0/16 steered.example.com A",
     ["CLIENT-SUBNET: 127.2.0.0/16/16", "steered.example.com. 60 IN A 192.0.2.20"]),
    ("+norec +subnet=0 steered.example.com A", ["CLIENT-SUBNET: 0.0.0.0/0/0"]),
    ("+norec +nsid www.example.com A", ['NSID: 68 65 72 65 ("here")']),
    ("+norec +cookie=0102030405060708 www.example.com A", ["COOKIE: 0102030405060708", "(good)"]),
    ("+norec +edns=1 +noednsneg www.example.com A", ["status: BADVERS", "EDNS: version: 0"]),
    ("+norec +ednsopt=65001:c0ffee www.example.com A", ["status: NOERROR", "ANSWER: 1"]),
    ("+norec +ednsflags=0x40 www.example.com A", ["status: NOERROR", "flags:; udp:"]),
    ("+norec +dnssec www.example.com A", ["EDNS: version: 0, flags: do; udp:", "ANSWER: 1"]),
    ("+norec +tcp +padding=128 www.example.com A", ["ANSWER: 1"]),
    ("+norec +notcp www.example.com ANY", ["status: NOERROR", "ANSWER: 1,"]),
    ("+norec www.example.com AXFR", ["Transfer failed."]),
    ("+norec +opcode=STATUS +noquestion www.example.com", ["status: NOTIMP", "opcode: STATUS"]),
    ("+norec +nocookie +header-only", ["status: FORMERR"]),
    ("+norec www.example.org A", ["status: REFUSED", "ANSWER: 0, AUTHORITY: 0"]),
    ("+norec -x 192.0.2.1", ["status: REFUSED"]),
    ("+norec svc.example.com HTTPS", ["HTTPS 1 . alpn=\"h2\" ipv4hint=192.0.2.80"]),
    ("+norec strange.example.com TYPE65300", ["TYPE65300 \\# 4 01020304"]),
    ("+norec host.old.example.com A",
     ["old.example.com. 300 IN DNAME new.example.com.",
      "host.old.example.com. 300 IN CNAME host.new.example.com.",
      "host.new.example.com. 300 IN A 192.0.2.11"]),
    ("+rec www.example.com A", ["flags: qr aa rd;", "recursion requested but not available"]),
]
# where dig complains of what is right, or digits of a cookie make a word
EXPECTED_WORDS = ("recursion requested but not available", "FORMERR", "status: ", "(good)")


def test_dig(world):
    needed("dig")
    begin(world)
    for words, expected in DIG:
        said = lines(run_tool(world, "dig", *words.split()))
        for word in expected:
            assert word in said, (words, said)
        for line in said.splitlines():
            assert not COMPLAINT.search(line) or line.startswith("; <<>>") or \
                any(w in line for w in EXPECTED_WORDS), (words, said)


def test_dig_goes_on_by_tcp(world):
    """What is cut off over UDP is asked again, and is whole."""
    needed("dig")
    begin(world)
    with world.moves(udp_queries=1, tcp_connections=1, tcp_queries=1, truncated=1, noerror=2,
                     edns=2):
        said = run_tool(world, "dig", "+norec", "+nocookie", "big.example.com", "TXT")
    assert "ANSWER: 40," in said and "(TCP)" in said


def test_nsupdate(world):
    """RFC 2136: who wants to change our records is told at once that it is not done so."""
    needed("nsupdate")
    begin(world)
    for words in ([], ["-v"], ["-y", "hmac-sha256:k1:c2VjcmV0c2VjcmV0"]):
        got = subprocess.run(
            ["nsupdate", "-t", "5", *words], capture_output=True, text=True, timeout=20 * SLOW,
            input="server 127.0.0.1 %d\nzone example.com\nupdate add x.example.com 60 A 192.0.2.7\n"
            "send\n" % world.port)
        # a key that nobody knows is what is looked at first
        assert ("NOTAUTH" if words[:1] == ["-y"] else "NOTIMP") in got.stderr + got.stdout, (words, got)
    assert world.ask("x.example.com").rcode == "NXDOMAIN"


KDIG = [
    ("+norec www.example.com A", ["status: NOERROR", "Flags: qr aa;", "www.example.com. 300 IN A 192.0.2.1"]),
    ("+norec +cookie=0102030405060708 www.example.com A", ["COOKIE: 0102030405060708"]),
    ("+norec +tcp +padding=128 www.example.com A", ["ANSWER: 1", "Received 468 B"]),
    ("+norec +nsid www.example.com A", ['NSID: 68657265 "here"']),
    ("+norec +subnet=127.1.2.0/24 steered.example.com A", ["SUBNET: 127.1.2.0/24/16"]),
    ("+norec +tcp big.example.com TXT", ["ANSWER: 40", "(TCP)"]),
    ("+norec www.example.com ANY", ["status: NOERROR", "ANSWER: 1"]),
    ("+norec svc.example.com HTTPS", ["1 . alpn=h2 ipv4hint=192.0.2.80"]),
]


def test_kdig(world):
    needed("kdig")
    begin(world)
    for words, expected in KDIG:
        said = lines(run_tool(world, "kdig", *words.split()))
        for word in expected:
            assert word in said, (words, said)
        assert "WARNING" not in said and "ERROR:" not in said, (words, said)


def test_kdig_on_one_connection(world):
    """+keepopen: all questions of a command on one connection."""
    needed("kdig")
    begin(world)
    names = ["www.example.com", "a.empty.example.com", "mail.example.com", "x.wild.example.com"]
    with world.moves(tcp_connections=1, tcp_queries=4, noerror=4):
        said = run_tool(world, "kdig", "+norec", "+noedns", "+tcp", "+keepopen", *names)
    for address in ("192.0.2.1", "192.0.2.9", "192.0.2.25", "192.0.2.77"):
        assert address in said
    assert "WARNING" not in said


DRILL = [
    ("-o rd www.example.com A", ["rcode: NOERROR", "flags: qr aa ;", "www.example.com. 300 IN A 192.0.2.1"]),
    ("-t -o rd big.example.com TXT", ["ANSWER: 40"]),
    ("-a -o rd big.example.com TXT", ["ANSWER: 40"]),
    ("-D -o rd www.example.com A", ["EDNS: version 0; flags: do ;"]),
    ("-b 1232 missing.example.com A", ["rcode: NXDOMAIN", "AUTHORITY: 1"]),
    ("alias.example.com AAAA", ["ANSWER: 4"]),
    ("strange.example.com TYPE65300", ["\\# 4 01020304"]),
]


def test_drill(world):
    needed("drill")
    begin(world)
    for words, expected in DRILL:
        said = lines(run_tool(world, "drill", *words.split()))
        for word in expected:
            assert word in said, (words, said)


def test_drill_traces_a_delegation(world):
    """From the root, which is ours, through a cut to another server of ours."""
    needed("drill")
    below = World()
    try:
        # NS names of a delegation have no port: both listen on one port, at two addresses
        below.port = world.port
        below.listen = "[127.0.0.2@%d]" % world.port
        below.address = "127.0.0.2"
        below.write("example.zone", "$ORIGIN example.\n$TTL 300\n@ SOA ns hostmaster 1 3600 600 "
                    "86400 60\n@ NS ns\nns A 127.0.0.2\nwww A 192.0.2.1\n")
        below.configure("zones: [{domain: example, file: example.zone}]\n")
        below.start()
        world.write("root.zone", "$ORIGIN .\n$TTL 3600\n@ SOA a.root. hostmaster.root. 1 3600 600 "
                    "86400 60\n@ NS a.root.\na.root. A 127.0.0.1\nexample. NS ns.example.\n"
                    "ns.example. A 127.0.0.2\n")
        world.write("hints", ". 3600 IN NS a.root.\na.root. 3600 IN A 127.0.0.1\n")
        world.write("resolv.conf", "nameserver 127.0.0.1\n")
        world.configure('zones: [{domain: ".", file: root.zone}]\n')
        world.start()
        said = lines(run_tool(world, "drill", "-T", "-r", "hints", "-c", "resolv.conf",
                              "www.example.", "A"))
        assert said.split("\n")[:3] == [
            ". 3600 IN NS a.root.", "example. 3600 IN NS ns.example.",
            "www.example. 300 IN A 192.0.2.1"], said
    finally:
        below.close()


# name, type, rcode, answer; what a resolver finds out by asking us
RESOLVED = [
    ("www.example.com", "A", "NOERROR", ["192.0.2.1"]),
    ("www.example.com", "AAAA", "NOERROR", ["2001:db8::1"]),
    ("example.com", "MX", "NOERROR", ["10 mail.example.com."]),
    ("alias.example.com", "A", "NOERROR",
     ["192.0.2.1", "one.example.com.", "two.example.com.", "www.example.com."]),
    ("alias.example.com", "TXT", "NOERROR", ["one.example.com.", "two.example.com.", "www.example.com."]),
    ("x.wild.example.com", "A", "NOERROR", ["192.0.2.77"]),
    ("x.y.z.wild.example.com", "A", "NOERROR", ["192.0.2.77"]),
    ("x.wild.example.com", "TXT", "NOERROR", []),
    ("x.wc.example.com", "A", "NOERROR", ["192.0.2.1", "www.example.com."]),
    ("empty.example.com", "A", "NOERROR", []),
    ("a.empty.example.com", "A", "NOERROR", ["192.0.2.9"]),
    ("b.empty.example.com", "A", "NXDOMAIN", []),
    ("a.b.c.missing.example.com", "A", "NXDOMAIN", []),
    ("lost.example.com", "A", "NXDOMAIN", ["missing.example.com."]),
    ("www.example.com", "TXT", "NOERROR", []),
    ("host.old.example.com", "A", "NOERROR", ["192.0.2.11", "host.new.example.com.", "new.example.com."]),
    ("inside.sub.example.com", "A", "NOERROR", ["192.0.2.99"]),
    ("svc.example.com", "HTTPS", "NOERROR", ['1 . alpn="h2" ipv4hint="192.0.2.80"']),
    ("strange.example.com", "TYPE65300", "NOERROR", ["\\# 4 01020304"]),
    ("steered.example.com", "A", "NOERROR", ["192.0.2.30"]),
]


def resolve_all(resolver):
    for name, rdtype, rcode, data in RESOLVED:
        got = resolver.ask(name, rdtype, timeout=5)
        assert (got.rcode, got.data) == (rcode, sorted(data)), (name, rdtype, got, resolver.text()[-2000:])
        if rcode == "NXDOMAIN" or not data:
            # RFC 2308 5: kept for as long as the SOA says
            assert [s.ttl for s in got.message.authority] in ([60], [59]), (name, rdtype, got)
    got = resolver.ask("big.example.com", "TXT", tcp=True, timeout=5)
    assert len(got.answer) == 40


@pytest.mark.parametrize("kind, server", [
    ("unbound", ""), ("named", ""), ("named", "  cookies: {required: on}\n")],
    ids=["unbound", "named", "named with cookies"])
def test_resolver(world, kind, server):
    """Unbound with 0x20, minimised names and all that it can harden; BIND with cookies."""
    if not Resolver.is_installed(kind):
        pytest.skip(kind + " is not installed")
    begin(world, server)
    resolver = Resolver(kind, world.port, ["example.com", "sub.example.com"])
    try:
        resolve_all(resolver)
        # all of it a second time, from the cache: nothing comes to us
        for name, rdtype, rcode, _ in RESOLVED:
            if "missing" in name:
                continue  # unbound has found out about the name above only, and asks again
            with world.moves():
                assert resolver.ask(name, rdtype).rcode == rcode
    finally:
        resolver.close()


def test_unbound_with_client_subnets(world):
    """What is found for one client's network is kept for that network only (RFC 7871 7.3)."""
    if not Resolver.is_installed("unbound"):
        pytest.skip("unbound is not installed")
    if not Resolver.has_subnet():
        pytest.skip("unbound was built without subnetcache")
    begin(world)
    resolver = Resolver("unbound", world.port, ["example.com", "sub.example.com"], subnet=True)
    try:
        for _ in range(2):
            for source, address in (("127.1.2.3", "192.0.2.10"), ("127.2.0.1", "192.0.2.20"),
                                    ("127.1.9.9", "192.0.2.10"), ("127.3.0.1", "192.0.2.30")):
                got = resolver.ask("steered.example.com", "A", source=source, timeout=5)
                assert got.data == [address], (source, got)
        assert world.status()["counters"]["ecs"] >= 3
        # scope 16: the second client of 127.1.0.0/16 is answered from the cache
        with world.moves():
            assert resolver.ask("steered.example.com", "A", source="127.1.77.1").data == ["192.0.2.10"]
    finally:
        resolver.close()
