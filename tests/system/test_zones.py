# SPDX-License-Identifier: BSD-2-Clause
"""Zones in number and of every size: bad ones, thousands, the root, a single label."""
import pytest

HEAD = "$TTL 300\n@ SOA ns1 hostmaster 1 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.53\n"
MANY = 1000
BAD = 617

# what is wrong, the zone behind HEAD, and where and what is said of it
FAULTS = (
    ("soa-twice", "@ SOA ns1 h 9 2 3 4 5\n", ":5:1: error: soa-twice. has more than one SOA"),
    ("soa-below", "a SOA ns1 h 1 2 3 4 5\n", ":5:1: error: SOA at a.soa-below."),
    ("cname-and-data", "a CNAME b\na A 192.0.2.1\n", ":6:1: error: a.cname-and-data.: CNAME and other data"),
    ("cname-twice", "a CNAME b\na CNAME c\n", ":5:1: error: a.cname-twice. has more than one CNAME"),
    ("dname-twice", "a DNAME b\na DNAME c\n", ":5:1: error: a.dname-twice. has more than one DNAME"),
    ("dname-and-cname", "a DNAME b\na CNAME c\n", ":6:1: error: a.dname-and-cname.: CNAME and other data"),
    ("wild-ns", "*.a NS ns1\n", ":5:1: error: *.a.wild-ns.: NS records of a wildcard"),
    ("number", "a MX 65536 b\n", ":5:6: error: '65536' is out of range"),
    ("address", "a   A 192.0.2.256\n", ":5:7: error: '192.0.2.256' is not an IPv4 address"),
    ("deep", "a SRV (\n  1 2\n\t70000 ; port\n  b )\n", ":7:2: error: '70000' is out of range"),
    ("label", "%s A 192.0.2.1\n" % ("x" * 64), ":5:1: error: "),
    ("quote", 'a TXT "x\n', ":5:7: error: no closing quote"),
    ("paren", "a TXT ( x\nb TXT y\n", ":5:7: error: '(' without ')'"),
    ("type", "a NOSUCH x\n", ":5:3: error: unknown type 'NOSUCH'"),
    ("meta", "a ANY x\n", ":5:3: error: ANY is not a type of data"),
    ("class", "a CH TXT x\n", ":5:3: error: class CH: only IN is served"),
    ("ttl", "a 1x A 192.0.2.1\n", ":5:3: error: '1x' is not a TTL"),
    ("directive", "$NOSUCH\n", ":5:1: error: unknown directive $NOSUCH"),
    ("include", "$INCLUDE nosuch.inc\n", ":5:1: error: "),
    ("generate", "$GENERATE 1-300 a$ A 192.0.2.$\n", ":5:1: error: '192.0.2.256' is not an IPv4"),
    ("generic", "a TYPE65281 \\# 2 00\n", ":5:18: error: the length says 2 octets, but there are 1"),
    ("form", "a A \\# 3 010203\n", ":5:10: error: the octets do not have the form of A"),
    ("pool", "a POOL nosuch\n", ":5:8: error: no pool is named 'nosuch'"),
    ("ns-alias", "@ NS b\nb CNAME ns1\n", ":3:1: error: NS points to b.ns-alias., which is a CNAME"),
    ("ns-nowhere", "@ NS b\n", ":3:1: error: NS b.ns-nowhere. has no address records"),
)


def test_each_bad_file_has_its_own_error(world):
    """One run tells of all of them, with file, line and column."""
    config = "zones:\n"
    for name, text, _ in FAULTS:
        world.write(name + ".zone", HEAD + text)
        config += "  - {domain: %s, file: %s.zone}\n" % (name, name)
    world.write("no-soa.zone", "$TTL 1\n@ NS ns.example.net.\n")
    world.write("no-ns.zone", "$TTL 1\n@ SOA a b 1 2 3 4 5\n")
    world.write("empty.zone", "")
    config += "".join("  - {domain: %s, file: %s.zone}\n" % (n, n) for n in ("no-soa", "no-ns", "empty"))
    world.configure(config)
    code, said = world.run("-t")
    assert code == 1
    lines = said.splitlines()
    for name, _, wanted in FAULTS:
        mine = [line for line in lines if name + ".zone:" in line and ": error: " in line]
        assert len(mine) == 1 and name + ".zone" + wanted in mine[0], (name, mine)
    for wanted in ("no-soa.zone: error: no-soa. has no SOA", "no-ns.zone: error: no-ns. has no NS",
                   "empty.zone: error: empty. has no SOA"):
        assert any(wanted in line for line in lines), wanted


def many(world, address):
    for i in range(MANY):
        world.write("z/%d.zone" % i, HEAD + "www A %s\n" % address)


def spoil(world):
    world.write("z/%d.zone" % BAD, HEAD + "www A 192.0.2.3\nbad MX\n")


def www(world, i):
    got = world.ask("www.z%d.example" % i, "A")
    return got.data if got.rcode == "NOERROR" else got.rcode


OTHERS = (0, 1, BAD - 1, BAD + 1, MANY - 1)


def test_one_bad_zone_among_a_thousand(world):
    """At a reload everything is served on; at a start it alone is its last accepted copy."""
    (world.folder / "z").mkdir()
    many(world, "192.0.2.1")
    world.configure("zones:\n" + "".join(
        "  - {domain: z%d.example, file: z/%d.zone}\n" % (i, i) for i in range(MANY)))
    world.start()
    assert all(www(world, i) == ["192.0.2.1"] for i in range(MANY))
    spoil(world)
    reply = world.ctl_raw("reload")
    assert reply.returncode == 1
    assert "z/%d.zone:6:5: error: " % BAD in reply.stdout
    assert all(www(world, i) == ["192.0.2.1"] for i in range(MANY))
    # the others have changed, too, when it starts anew
    many(world, "192.0.2.2")
    spoil(world)
    world.stop()
    world.start()
    assert "z/%d.zone:6:5: error: " % BAD in world.text()
    assert www(world, BAD) == ["192.0.2.1"], "its old version"
    assert all(www(world, i) == ["192.0.2.2"] for i in range(MANY) if i != BAD)
    # without a copy it fails, and it alone
    world.stop()
    for copy in (world.folder / "state" / "accepted").glob("z%d.example*" % BAD):
        copy.unlink()
    world.start()
    assert www(world, BAD) == "SERVFAIL"
    assert all(www(world, i) == ["192.0.2.2"] for i in OTHERS)
    # and mended it is back
    world.write("z/%d.zone" % BAD, HEAD + "www A 192.0.2.4\n")
    world.ctl("reload")
    assert www(world, BAD) == ["192.0.2.4"]


ROOT = """. 86400 IN SOA a.root-servers.net. nstld.verisign-grs.com. 2024010100 1800 900 604800 86400
. 518400 IN NS a.root-servers.net.
. 86400 IN NSEC aaa. NS SOA RRSIG NSEC DNSKEY ZONEMD
. 86400 IN TXT "the root"
a.root-servers.net. 518400 IN A 192.0.2.53
org. 172800 IN NS a0.org.afilias-nst.info.
org. 86400 IN DS 26974 8 2 4FEDE294C53F438A158C41D39489CD78A86BEB0D8A0AEAFF14745C0D16E1DE32
a0.org.afilias-nst.info. 172800 IN A 192.0.2.54
info. 172800 IN NS a0.info.afilias-nst.info.
a0.info.afilias-nst.info. 172800 IN A 192.0.2.55
"""


def test_the_root(world):
    world.write("root.zone", ROOT)
    world.zone("test", "www A 192.0.2.1\n@ A 192.0.2.2\n* TXT wild\n")
    world.configure("zones:\n  - {domain: ., file: root.zone}\n  - {domain: test, file: test.zone}\n")
    code, said = world.run("-t")
    assert (code, said.count("warning")) == (0, 1), said  # the last line counts them
    world.start(ready=False)
    for _ in range(100):
        try:
            world.ask(".", "SOA", timeout=0.1)
            break
        except Exception:  # not there yet
            assert world.process.poll() is None
    got = world.ask(".", "NS")
    assert (got.rcode, got.aa, got.answer) == ("NOERROR", True, [". NS a.root-servers.net."])
    assert got.additional == ["a.root-servers.net. A 192.0.2.53"]
    assert world.ask(".", "SOA").ttl == 86400
    assert world.ask(".", "TXT").data == ['"the root"']
    got = world.ask(".", "A")
    assert (got.rcode, got.answer, got.ttl) == ("NOERROR", [], 86400)
    got = world.ask("www.example.org", "A")
    assert (got.rcode, got.aa, got.answer) == ("NOERROR", False, [])
    assert got.authority == ["org. NS a0.org.afilias-nst.info."]
    assert got.additional == ["a0.org.afilias-nst.info. A 192.0.2.54"]
    assert world.ask("org", "DS").aa is True
    got = world.ask("nosuch", "A")
    assert (got.rcode, got.aa, len(got.authority)) == ("NXDOMAIN", True, 1)
    assert world.ask("a.b.nosuch", "A").rcode == "NXDOMAIN"
    assert world.ask("net", "A").rcode == "NOERROR", "an empty non-terminal"
    # a zone of one label beside it
    assert world.ask("www.test", "A").data == ["192.0.2.1"]
    assert world.ask("test", "A").data == ["192.0.2.2"]
    assert world.ask("test", "SOA").aa is True
    assert world.ask("nosuch.test", "TXT").data == ['"wild"']
    assert world.ask("nosuch.test", "A").answer == []


@pytest.mark.parametrize("name", [".", "test"])
def test_the_root_and_a_label_in_lines_that_are_relative(world, name):
    world.write("zone", HEAD + "a A 192.0.2.1\n")
    world.configure("zones:\n  - {domain: %s, file: zone}\n" % name)
    world.start(ready=False)
    suffix = "" if name == "." else "." + name
    for _ in range(100):
        try:
            got = world.ask("a" + suffix, "A", timeout=0.1)
            break
        except Exception:  # not there yet
            assert world.process.poll() is None
    assert got.data == ["192.0.2.1"]
