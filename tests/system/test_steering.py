# SPDX-License-Identifier: BSD-2-Clause
"""From where a client is to the endpoints it gets."""
import collections
import ipaddress

POOLS = """
geo:
  prefixes:
    - {prefix: 127.0.1.0/24, region: weu}
    - {prefix: 127.0.2.0/24, region: snam}
    - {prefix: 198.18.0.0/16, region: weu}
    - {prefix: 198.18.7.0/24, region: neas}
    - {prefix: 198.19.0.0/20, region: snam}
    - {prefix: "2001:db8:100::/40", region: snam}
pools:
  - name: edge
    ttl: 40
    regions:
      weu: [192.0.2.1, "2001:db8:1::1"]
      snam: [192.0.2.2, "2001:db8:2::1"]
      neas: [192.0.2.3]
    default: [192.0.2.9, "2001:db8:9::1"]
zones:
  - {domain: example.com, file: example.com.zone}
"""
ZONE = "www 60 POOL edge\nshort 5 POOL edge\n@ POOL edge\n*.any POOL edge\nhost A 192.0.2.100\nalias CNAME www\n"


def begin(world, config=POOLS, zone=ZONE):
    world.zone("example.com", zone)
    world.configure(config)
    world.start()


def test_by_source(world):
    begin(world)
    for source, address, address6 in (
            ("127.0.1.1", "192.0.2.1", "2001:db8:1::1"),
            ("127.0.1.200", "192.0.2.1", "2001:db8:1::1"),
            ("127.0.2.1", "192.0.2.2", "2001:db8:2::1"),
            ("127.0.3.1", "192.0.2.9", "2001:db8:9::1")):
        for tcp in (False, True):
            got = world.ask("www.example.com", "A", source=source, tcp=tcp)
            assert (got.rcode, got.aa, got.data, got.ttl) == ("NOERROR", True, [address], 60)
            assert got.scope is None, "no client subnet was given"
        assert world.ask("www.example.com", "AAAA", source=source).data == [address6]
    with world.moves(udp_queries=1, noerror=1, edns=1, steered=1):
        world.ask("www.example.com", "A", source="127.0.1.1")
    with world.moves(udp_queries=1, noerror=1):
        world.ask("host.example.com", "A", source="127.0.1.1", edns=False)


def test_by_subnet_with_scope(world):
    begin(world)
    for ecs, address, scope in (
            ("198.18.1.0/24", "192.0.2.1", None),
            ("198.18.7.0/24", "192.0.2.3", 24),
            ("198.18.7.55/32", "192.0.2.3", 24),
            ("198.19.3.0/24", "192.0.2.2", 20),
            ("198.19.0.0/16", "192.0.2.2", 20)):
        got = world.ask("www.example.com", "A", ecs=ecs, source="127.0.2.1")
        assert got.data == [address], ecs
        if scope is None:
            # the /16 with its hole: the network that holds .1.0 and not .7.0
            assert 16 < got.scope <= 22, "the answer differs inside the /16"
        else:
            assert got.scope == scope, ecs
    got = world.ask("www.example.com", "A", ecs="2001:db8:155::/48")
    assert got.data == ["192.0.2.2"] and got.scope == 40
    with world.moves(udp_queries=1, noerror=1, edns=1, ecs=1, steered=1):
        world.ask("www.example.com", "A", ecs="198.18.7.0/24")


def test_scope_is_never_wider_than_the_truth(world):
    """Whatever is inside an answer's scope gets the same answer with the same scope."""
    begin(world)
    for client in ("198.18.0.1", "198.18.6.255", "198.18.7.0", "198.18.8.0", "198.18.255.255",
                   "198.19.15.255", "198.19.16.0", "203.0.113.1", "10.0.0.1"):
        got = world.ask("www.example.com", "A", ecs=client + "/32")
        assert 0 < got.scope <= 32
        network = ipaddress.ip_network("%s/%d" % (client, got.scope), strict=False)
        for other in (network[0], network[-1], network[network.num_addresses // 2]):
            again = world.ask("www.example.com", "A", ecs="%s/32" % other)
            assert (again.data, again.scope) == (got.data, got.scope), (client, other)


def test_subnet_zero_and_what_is_not_steered(world):
    begin(world)
    # RFC 7871 7.1.2: /0 asks for no tailoring by subnet: the source, and scope 0
    got = world.ask("www.example.com", "A", ecs="0.0.0.0/0", source="127.0.1.1")
    assert got.data == ["192.0.2.1"] and got.scope == 0
    # what is the same for everybody is said with scope 0
    for name, rdtype in (("host.example.com", "A"), ("nothing.example.com", "A"),
                         ("host.example.com", "TXT")):
        assert world.ask(name, rdtype, ecs="198.18.7.0/24").scope == 0
    # over a CNAME the decision's scope counts
    got = world.ask("alias.example.com", "A", ecs="198.18.7.0/24")
    assert got.scope == 24 and "192.0.2.3" in got.data
    # neas has no IPv6 address: no other continent's is given instead
    got = world.ask("www.example.com", "AAAA", ecs="198.18.7.0/24")
    assert (got.rcode, got.answer, got.scope) == ("NOERROR", [], 24)
    assert got.ttl <= 30, "a negative answer of a steered name"


def test_steered_names(world):
    """POOL at the apex, under a wildcard, with a lower TTL; and it is never sent itself."""
    begin(world)
    assert world.ask("example.com", "A", source="127.0.2.1").data == ["192.0.2.2"]
    assert world.ask("example.com", "NS").data == ["ns1.example.com."]
    assert world.ask("a.b.any.example.com", "A", source="127.0.1.1").data == ["192.0.2.1"]
    # a record's own TTL counts, else the pool's
    assert world.ask("short.example.com", "A").ttl == 5
    assert world.ask("example.com", "A").ttl == 40
    for rdtype in ("TXT", "MX", "TYPE65280", "CNAME"):
        got = world.ask("www.example.com", rdtype)
        assert (got.rcode, got.answer) == ("NOERROR", []), rdtype
        assert got.authority and got.ttl <= 30


def test_no_subnets_where_they_are_off(world):
    begin(world, POOLS.replace("file: example.com.zone", "file: example.com.zone, ecs: off"))
    got = world.ask("www.example.com", "A", ecs="198.18.7.0/24", source="127.0.1.1")
    assert got.data == ["192.0.2.1"]
    assert got.scope is None, "as if the option were not known"


def test_weights(world):
    """Of 600 answers with one endpoint each, three in four hold the heavier one."""
    begin(world, """
pools:
  - name: edge
    default:
      - {address: 192.0.2.1, weight: 3}
      - {address: 192.0.2.2, weight: 1}
      - {address: 192.0.2.3, weight: 0}
zones:
  - {domain: example.com, file: example.com.zone}
""", "www POOL edge\n")
    seen = collections.Counter()
    for _ in range(600):
        data = world.ask("www.example.com").data
        assert len(data) == 1, "max_answers is 1 where weights differ"
        seen[data[0]] += 1
    assert seen["192.0.2.3"] == 0, "weight 0: only when no other is healthy"
    # 450 with a standard deviation of 10.6: this is six of them
    assert 386 <= seen["192.0.2.1"] <= 514, seen


def test_all_endpoints_in_turn(world):
    """Equal weights: all up to max_answers, and each comes first now and then."""
    begin(world, """
pools:
  - name: edge
    default: [192.0.2.1, 192.0.2.2, 192.0.2.3]
  - name: few
    max_answers: 2
    default: [192.0.2.1, 192.0.2.2, 192.0.2.3]
zones:
  - {domain: example.com, file: example.com.zone}
""", "www POOL edge\nfew POOL few\n")
    first, together = set(), set()
    for _ in range(60):
        got = world.ask("www.example.com")
        assert got.data == ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
        first.add(got.message.answer[0][0].to_text())
        few = world.ask("few.example.com").data
        assert len(few) == 2
        together.update(few)
    assert len(first) == 3 and len(together) == 3


def test_pool_of_names(world):
    """A pool of names is a CNAME for every type; inside the zone it is followed."""
    begin(world, """
geo:
  prefixes:
    - {prefix: 127.0.1.0/24, region: weu}
pools:
  - name: cdn
    regions:
      weu: [inside.example.com]
    default: [www.example.net]
zones:
  - {domain: example.com, file: example.com.zone}
""", "www POOL cdn\ninside A 192.0.2.80\n")
    got = world.ask("www.example.com", "A")
    assert got.answer == ["www.example.com. CNAME www.example.net."]
    assert world.ask("www.example.com", "TXT").answer == got.answer
    assert world.ask("www.example.com", "CNAME").answer == got.answer
    got = world.ask("www.example.com", "A", source="127.0.1.1")
    assert got.answer == ["inside.example.com. A 192.0.2.80",
                          "www.example.com. CNAME inside.example.com."]
    got = world.ask("www.example.com", "TXT", source="127.0.1.1")
    assert got.answer == ["www.example.com. CNAME inside.example.com."]
    assert got.authority, "the target has no TXT"


def test_a_region_of_ones_own(world):
    """A region added changes nothing for pools that do not name it."""
    begin(world, """
geo:
  regions:
    - name: office
      match: [198.18.0.0/15, "2001:db8::/32"]
  prefixes:
    - {prefix: 198.18.7.0/24, region: weu}
pools:
  - name: edge
    regions: {weu: 192.0.2.1, office: 192.0.2.5}
    default: [192.0.2.9]
  - name: old
    regions: {weu: 192.0.2.1}
    default: [192.0.2.9]
zones:
  - {domain: example.com, file: example.com.zone}
""", "www POOL edge\nold POOL old\n")
    assert world.ask("www.example.com", ecs="198.19.1.0/24").data == ["192.0.2.5"]
    assert world.ask("www.example.com", ecs="2001:db8:7::/48").data == ["192.0.2.5"]
    assert world.ask("old.example.com", ecs="198.19.1.0/24").data == ["192.0.2.9"]
    assert world.ask("old.example.com", ecs="198.18.7.0/24").data == ["192.0.2.1"]


def test_three_continents_of_the_shipped_database(world, geo_database):
    begin(world, """
geo:
  databases: [%s]
pools:
  - name: edge
    regions: {weu: 192.0.2.1, snam: 192.0.2.2, neas: 192.0.2.3}
    default: [192.0.2.9]
zones:
  - {domain: example.com, file: example.com.zone}
""" % geo_database, "www POOL edge\n")
    for client, country, address in (
            ("193.0.6.139", "NL", "192.0.2.1"),
            ("8.8.8.8", "US", "192.0.2.2"),
            ("133.11.0.1", "JP", "192.0.2.3"),
            ("2001:4860:4860::8888", "US", "192.0.2.2"),
            ("2001:200::1", "JP", "192.0.2.3"),
            ("2001:67c:2e8::1", "NL", "192.0.2.1")):
        bits = 48 if ":" in client else 24
        network = ipaddress.ip_network("%s/%d" % (client, bits), strict=False)
        got = world.ask("www.example.com", "A", ecs=str(network))
        assert got.data == [address], client
        why = world.explain("www.example.com", "A", client)
        assert (why["country"], why["scope"]) == (country, got.scope)
        # both ends of the scope are in the same country, and just there
        scope = ipaddress.ip_network("%s/%d" % (client, got.scope), strict=False)
        for other in (scope[0], scope[-1]):
            there = world.explain("www.example.com", "A", str(other))
            assert (there["country"], there["scope"]) == (country, got.scope), other
