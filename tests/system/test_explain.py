# SPDX-License-Identifier: BSD-2-Clause
"""explain tells what the wire says: rcode, scope, TTL within a second, and addresses."""
import ipaddress

from limits import eventually

CONFIG = """
geo:
  databases: [%s]
  prefixes:
    - {prefix: 127.0.5.0/24, region: weu}
    - {prefix: 198.18.0.0/16, region: weu}
    - {prefix: 198.18.7.0/24, region: neas}
    - {prefix: "2001:db8:100::/40", region: snam}
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
      weu: [127.4.1.1, 127.4.1.2]
      snam: [127.4.2.1]
      neas: [127.4.3.1]
    default: [127.4.9.1]
    fallback: {weu: [snam]}
    rescue: [127.4.9.9]
  - name: six
    regions:
      weu: [192.0.2.61, "2001:db8:1::1"]
      neas: ["2001:db8:3::1", "2001:db8:3::2"]
    default: [192.0.2.69]
  - name: weighted
    default:
      - {address: 192.0.2.1, weight: 3}
      - {address: 192.0.2.2, weight: 1}
  - name: names
    regions: {weu: [inside.example.com], snam: [www.example.net]}
    default: [edge.example.com]
  - name: dark
    check: web
    default: [127.4.8.1, 127.4.8.2]
    when_all_down: empty
zones:
  - {domain: example.com, file: example.com.zone}
  - {domain: plain.example, file: plain.example.zone, ecs: off}
  - {domain: broken.example, file: broken.example.zone}
"""
ZONE = """@ POOL edge
www 60 POOL edge
edge POOL edge
w POOL weighted
n POOL names
d POOL dark
six POOL six
*.any POOL edge
alias CNAME www
chain CNAME alias
toname CNAME n
inside A 192.0.2.80
host A 192.0.2.81
lab NS ns1.lab
ns1.lab A 192.0.2.60
old DNAME any
"""
NAMES = ["example.com", "www.example.com", "w.example.com", "n.example.com", "d.example.com", "six.example.com",
         "x.any.example.com", "alias.example.com", "chain.example.com", "toname.example.com",
         "host.example.com", "missing.example.com", "x.lab.example.com", "x.old.example.com",
         "www.broken.example", "www.example.org"]
TYPES = ["A", "AAAA", "TXT", "NS", "CNAME", "ANY", "TYPE65280"]
CLIENTS = ["198.18.1.1", "198.18.7.9", "2001:db8:155::1", "193.0.6.139", "8.8.8.8", "133.11.0.1",
           "203.0.113.5", "10.1.2.3", "2001:4860:4860::8888"]


def compare(world, name, rdtype, client, by_source=False):
    """What is explained for a client, and what it gets: as subnet, or as who asks."""
    why = world.explain(name, rdtype, client)
    if by_source:
        got = world.ask(name, rdtype, source=client)
    else:
        got = world.ask(name, rdtype, ecs="%s/%d" % (client, 128 if ":" in client else 32))
    what = "%s %s for %s: explained %r, got %r" % (name, rdtype, client, why, got)
    assert why["rcode"] == got.rcode, what
    assert why["aa"] == got.aa, what
    if "scope" in why and got.scope is not None:
        assert why["scope"] == got.scope, what
    if got.ttl is not None:
        assert abs(why["ttl"] - got.ttl) <= 1, what
    else:
        assert why["answer"] == [] and why["authority"] == [], what
    explained = {(owner.lower(), rtype, data) for owner, _, _, rtype, data in
                 (line.split(" ", 4) for line in why["answer"])}
    answered = {tuple(line.split(" ", 2)) for line in got.answer}
    assert answered <= explained and bool(answered) == bool(explained), what
    if "candidates" in why:
        addresses = {data for _, rtype, data in answered if rtype in ("A", "AAAA")}
        assert why["pool"] == "names" or addresses <= set(why["candidates"]), what
    else:
        assert answered == explained, what
    return why, got


def begin(world, geo_database):
    world.zone("example.com", ZONE)
    world.zone("plain.example", "www POOL edge\n")
    world.zone("broken.example", "www A 1\n")
    world.configure(CONFIG % geo_database)
    backends = {a: world.backend(a) for a in
                ("127.4.1.1", "127.4.1.2", "127.4.2.1", "127.4.3.1", "127.4.9.1")}
    world.start()
    return backends


def settle(world, **states):
    """Waits until no verdict is pending any more."""
    eventually(lambda: set(world.states().values()) <= {"up", "down"}, within=4)


def test_equals_the_wire(world, geo_database):
    begin(world, geo_database)
    settle(world)
    for name in NAMES:
        for client in CLIENTS:
            compare(world, name, "A", client)
    for name in NAMES[:10]:
        for rdtype in TYPES[1:]:
            for client in CLIENTS[:3]:
                compare(world, name, rdtype, client)


def test_equals_the_wire_by_source(world, geo_database):
    """Clients that are known by who asks; for www.plain.example there is no other way."""
    begin(world, geo_database)
    settle(world)
    for name in NAMES + ["www.plain.example"]:
        for client in ("127.0.5.1", "127.0.0.9"):
            for rdtype in ("A", "AAAA"):
                compare(world, name, rdtype, client, by_source=True)
    assert compare(world, "www.plain.example", "A", "127.0.5.1", by_source=True)[0]["scope"] == 0


def test_tells_every_step(world, geo_database):
    """Region, rungs, endpoints with state and reason, TTL and its reason."""
    b = begin(world, geo_database)
    settle(world)
    why, got = compare(world, "www.example.com", "A", "193.0.6.139")
    assert (why["country"], why["regions"][0], why["pool"], why["ladder"]) == ("NL", "weu", "edge", "weu")
    assert why["used_rung"] == 1 and [r["region"] for r in why["rungs"]][:3] == ["weu", "snam", "default"]
    assert why["ttl"] == 60 and why["ttl_reason"] == "the record's"
    assert sorted(why["candidates"]) == got.data == ["127.4.1.1", "127.4.1.2"]
    states = {e["address"]: e["state"] for e in why["rungs"][0]["endpoints"]}
    assert states == {"127.4.1.1": "up", "127.4.1.2": "up"}

    # its region goes dark: the next rung, and why
    b["127.4.1.1"].status(503)
    b["127.4.1.2"].refuse()
    eventually(lambda: world.explain("www.example.com", "A", "193.0.6.139")["used_rung"] == 2, within=3)
    settle(world)
    why, got = compare(world, "www.example.com", "A", "193.0.6.139")
    assert got.data == ["127.4.2.1"] and why["ttl"] <= 30 and "30" in why["ttl_reason"]
    reasons = {e["address"]: e["reason"] for e in why["rungs"][0]["endpoints"]}
    assert reasons == {"127.4.1.1": "status 503", "127.4.1.2": "connect-refused"}
    assert (why["rungs"][0]["healthy"], why["rungs"][0]["configured"], why["rungs"][0]["used"]) == (0, 2, False)
    said = world.ctl("explain", "www.example.com", "A", "--client", "193.0.6.139")
    for word in ("country NL", "weu", "status 503", "connect-refused", "127.4.2.1", "<- used", "NOERROR"):
        assert word in said, said

    # everything goes dark: rescue, and for the pool that says so nothing
    for backend in b.values():
        backend.refuse()
    eventually(lambda: set(world.states("edge/*").values()) == {"down"}, within=3)
    for name in ("www.example.com", "d.example.com", "toname.example.com"):
        for rdtype in ("A", "AAAA", "TXT"):
            for client in CLIENTS:
                compare(world, name, rdtype, client)


def test_a_pending_change_shortens_the_ttl(world, geo_database):
    begin(world, geo_database)
    settle(world)
    world.park.backends[0].status(500)  # 127.4.1.1
    ttls = []

    def suspect():
        why, got = compare(world, "www.example.com", "A", "198.18.1.1")
        ttls.append(got.ttl)
        return "time to the next possible change" in why["ttl_reason"]

    eventually(suspect, within=2, every=0)
    assert 10 <= ttls[-1] <= 60


def test_leaves_no_trace(world, geo_database):
    """Explaining moves no counter: it is no query."""
    begin(world, geo_database)
    with world.moves():
        for client in CLIENTS:
            world.explain("www.example.com", "A", client)


def test_clients_of_every_kind(world, geo_database):
    """IPv4 inside IPv6 is the IPv4 client."""
    begin(world, geo_database)
    settle(world)
    inside = ipaddress.ip_address("193.0.6.139")
    for client in ("::ffff:193.0.6.139", "64:ff9b::193.0.6.139",
                   str(ipaddress.ip_address((0x2002 << 112) | (int(inside) << 80)))):
        why, got = compare(world, "www.example.com", "A", client)
        assert (why["country"], got.data) == ("NL", ["127.4.1.1", "127.4.1.2"]), client
        assert 96 < why["scope"] <= 128 or client.startswith("2002"), client
