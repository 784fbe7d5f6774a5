# SPDX-License-Identifier: BSD-2-Clause
"""HTTPS and SVCB at steered names: the hints are what A and AAAA say (RFC 9460)."""
import dns.rdatatype
from dns.rdtypes.svcbbase import ParamKey

from limits import eventually

CONFIG = """
geo:
  prefixes:
    - {prefix: 127.0.1.0/24, region: weu}
    - {prefix: 198.18.0.0/16, region: weu}
    - {prefix: 127.0.2.0/24, region: snam}
    - {prefix: 198.19.0.0/16, region: snam}
checks:
  - name: web
    http: {port: BACKEND_PORT, host: www.example.com}
    interval: 500ms
    timeout: 300ms
    confirm_interval: 100ms
pools:
  - name: edge
    check: web
    ttl: 45
    regions:
      weu: [127.5.1.1, 127.5.1.2]
      snam: [127.5.2.1]
    fallback: {weu: [snam]}
    fallback_only: true
    when_all_down: empty
  - name: six
    max_answers: 2
    regions:
      weu: [192.0.2.61, 192.0.2.62, 192.0.2.63, "2001:db8:1::1"]
      snam: ["2001:db8:2::1"]
zones:
  - {domain: example.com, file: example.com.zone}
"""
ZONE = """www POOL edge
www 3600 HTTPS 1 . alpn=h2,h3 ipv4hint=192.0.2.99 ech=AAAA
must POOL edge
must HTTPS 1 . mandatory=ipv4hint alpn=h2 ipv4hint=192.0.2.99
six POOL six
six HTTPS 1 six port=8443
_853._tcp.dns POOL six
_853._tcp.dns SVCB 1 . alpn=dot
alias CNAME www
plain A 192.0.2.80
plain HTTPS 1 . ipv4hint=192.0.2.81
"""
TWO = ["127.5.1.1", "127.5.1.2"]


def begin(world):
    world.zone("example.com", ZONE)
    world.configure(CONFIG)
    backends = {a: world.backend(a) for a in TWO + ["127.5.2.1"]}
    world.start()
    eventually(lambda: set(world.states("edge/*").values()) == {"up"}, within=3)
    return backends


def record(got):
    """The only HTTPS or SVCB record of an answer."""
    types = (dns.rdatatype.HTTPS, dns.rdatatype.SVCB)
    (found,) = [r for s in got.message.answer if s.rdtype in types for r in s]
    return found


def hints(rr, key=ParamKey.IPV4HINT):
    param = rr.params.get(key)
    return sorted(param.addresses) if param is not None else None


def ask_hints(world, name="www.example.com", source="127.0.1.1"):
    return hints(record(world.ask(name, "HTTPS", source=source)))


def test_hints_are_what_a_and_aaaa_say(world):
    begin(world)
    with world.moves(udp_queries=1, noerror=1, edns=1, steered=1):
        got = world.ask("www.example.com", "HTTPS", source="127.0.1.1")
    assert got.ttl == 45 and got.aa and got.additional == []
    rr = record(got)
    assert hints(rr) == TWO and hints(rr, ParamKey.IPV6HINT) is None
    assert rr.priority == 1 and rr.target.to_text() == "."
    assert rr.params[ParamKey.ALPN].ids == (b"h2", b"h3") and rr.params[ParamKey.ECH].ech == b"\0\0\0"

    # another client, and a chain
    assert ask_hints(world, source="127.0.2.1") == ["127.5.2.1"]
    assert ask_hints(world, "alias.example.com", "127.0.2.1") == ["127.5.2.1"]

    # both families, each by itself; the port stays; max_answers holds
    rr = record(world.ask("six.example.com", "HTTPS", source="127.0.1.1"))
    assert hints(rr, ParamKey.IPV6HINT) == ["2001:db8:1::1"]
    assert len(hints(rr)) == 2 and set(hints(rr)) < {"192.0.2.61", "192.0.2.62", "192.0.2.63"}
    assert rr.params[ParamKey.PORT].port == 8443
    rr = record(world.ask("six.example.com", "HTTPS", source="127.0.2.1"))
    assert hints(rr) is None and hints(rr, ParamKey.IPV6HINT) == ["2001:db8:2::1"]
    rr = record(world.ask("_853._tcp.dns.example.com", "SVCB", source="127.0.2.1"))
    assert hints(rr, ParamKey.IPV6HINT) == ["2001:db8:2::1"]

    # over time every address is in a hint, and over TCP as well
    seen = set()
    for i in range(60):
        seen.update(hints(record(world.ask("six.example.com", "HTTPS", source="127.0.1.1", tcp=i % 2 == 0))))
    assert seen == {"192.0.2.61", "192.0.2.62", "192.0.2.63"}

    # what is not steered goes out as written
    got = world.ask("plain.example.com", "HTTPS", source="127.0.1.1")
    assert hints(record(got)) == ["192.0.2.81"] and got.ttl == 300
    assert got.additional == ["plain.example.com. A 192.0.2.80"]


def test_the_scope_covers_the_hints(world):
    begin(world)
    for name in ("www.example.com", "alias.example.com"):
        for subnet, expected in (("198.18.7.0/24", TWO), ("198.19.7.0/24", ["127.5.2.1"])):
            got = world.ask(name, "HTTPS", ecs=subnet)
            assert hints(record(got)) == expected
            assert got.scope == world.ask(name, "A", ecs=subnet).scope == 16
    assert world.ask("plain.example.com", "HTTPS", ecs="198.18.7.0/24").scope == 0


def test_health_shows_in_the_hints(world):
    b = begin(world)
    b["127.5.1.1"].refuse()
    eventually(lambda: ask_hints(world) == ["127.5.1.2"], within=3)
    b["127.5.1.2"].refuse()
    eventually(lambda: ask_hints(world) == ["127.5.2.1"], within=3)
    assert world.ask("www.example.com", "HTTPS", source="127.0.1.1").ttl <= 30

    # nothing is left: no address, but the record with all else that it says, and well formed
    b["127.5.2.1"].refuse()
    eventually(lambda: ask_hints(world) is None, within=3)
    assert world.ask("www.example.com", "A", source="127.0.1.1").answer == []
    rr = record(world.ask("must.example.com", "HTTPS", source="127.0.1.1"))
    assert list(rr.params) == [ParamKey.ALPN]

    b["127.5.1.1"].answer()
    eventually(lambda: ask_hints(world) == ["127.5.1.1"], within=3)
    rr = record(world.ask("must.example.com", "HTTPS", source="127.0.1.1"))
    assert rr.params[ParamKey.MANDATORY].keys == (ParamKey.IPV4HINT,)


def test_explain_says_the_same(world):
    begin(world)
    for name in ("www.example.com", "alias.example.com", "six.example.com", "plain.example.com"):
        for client in ("198.18.1.1", "198.19.1.1"):
            got = world.ask(name, "HTTPS", ecs=client + "/32")
            why = world.explain(name, "HTTPS", client)
            rr = record(got)
            text = " ".join(why["answer"])
            assert (why["rcode"], why["scope"] if "scope" in why else 0) == ("NOERROR", got.scope)
            assert abs(why["ttl"] - got.ttl) <= 1
            assert ("ipv4hint=" in text) == (hints(rr) is not None)
            assert ("ipv6hint=" in text) == (hints(rr, ParamKey.IPV6HINT) is not None)
            for address in (hints(rr) or []) + (hints(rr, ParamKey.IPV6HINT) or []):
                assert address in text
                assert name.startswith("plain") or address in why["candidates"]
    assert "192.0.2.99" not in world.ctl("explain", "www.example.com", "HTTPS", "--client", "198.18.1.1")
