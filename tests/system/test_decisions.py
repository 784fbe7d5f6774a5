# SPDX-License-Identifier: BSD-2-Clause
"""Who is served what by shares, by prefix, by country; and explain says the same."""
import collections

import rendezvous
from limits import eventually
from world import SOURCE

CONFIG = """
geo:
  databases: [%s]
  prefixes:
    - {prefix: 198.18.0.0/16, region: weu}
    - {prefix: "2001:db8::/32", region: weu}
    - {prefix: 198.19.3.0/28, region: weu}
pools:
  - name: kept
    sticky: true
    default: [192.0.2.1, 192.0.2.2, 192.0.2.3, "2001:db8:1::1", "2001:db8:1::2"]
  - name: heavy
    sticky: true
    max_answers: 2
    default:
      - {address: 192.0.2.1, weight: 3}
      - {address: 192.0.2.2, weight: 1}
      - {address: 192.0.2.3, weight: 2}
  - name: spilt
    regions:
      weu: [192.0.2.11]
      ceu: [192.0.2.12]
      nnam: [192.0.2.13]
      eeu: [192.0.2.14]
    fallback: {weu: {ceu: 60, nnam: 30, eeu: 10}}
    default: [192.0.2.19]
    rescue: [192.0.2.18]
  - name: closed
    blackhole: [JP, nl]
    default: [192.0.2.21]
  - name: inside
    default: [a.example.com, b.example.com, c.example.com]
  - name: insidekept
    sticky: true
    default: [a.example.com, b.example.com, c.example.com]
zones:
  - {domain: example.com, file: example.com.zone, store: on}
"""
ZONE = """kept POOL kept
kept HTTPS 1 . alpn=h2
heavy POOL heavy
spilt POOL spilt
closed POOL closed
closed TXT "there"
inside POOL inside
insidekept POOL insidekept
a A 192.0.2.31
b A 192.0.2.32
b A 192.0.2.33
c CNAME a
"""
KEPT = ["192.0.2.1", "192.0.2.2", "192.0.2.3"]


def begin(world, geo_database):
    world.zone("example.com", ZONE)
    world.configure(CONFIG % geo_database)
    world.start()


def prefixes(count):
    return ["198.18.%d.%d" % (i % 256, i * 7 % 256) for i in range(count)]


def chosen(client, which, weights=None):
    candidates = {a: (rendezvous.address(a), (weights or {}).get(a, 1)) for a in which}
    return rendezvous.order(client, candidates)


def test_a_client_keeps_its_endpoint(world, geo_database):
    begin(world, geo_database)
    served = collections.Counter()
    for client in prefixes(60):
        want = chosen(client, KEPT)[0]
        for _ in range(3):
            got = world.ask("kept.example.com", ecs=client + "/32")
            assert got.data == [want], client
            assert got.scope == 24
        # all of the prefix, and the hints beside the addresses
        assert world.ask("kept.example.com", ecs=client.rsplit(".", 1)[0] + ".0/24").data == [want]
        hints = world.ask("kept.example.com", "HTTPS", ecs=client + "/32").answer[0]
        assert "ipv4hint=" in hints and [a for a in KEPT if a in hints] == [want]
        assert world.explain("kept.example.com", "A", client)["answer"] == [
            "kept.example.com. 60 IN A " + want]
        served[want] += 1
    assert len(served) == 3
    six = world.ask("kept.example.com", "AAAA", ecs="2001:db8:77:1::/64")
    assert six.data == chosen("2001:db8:77::", ["2001:db8:1::1", "2001:db8:1::2"])[:1]
    assert six.scope == 48
    # a network that is known better keeps its own scope
    assert world.ask("kept.example.com", ecs="198.19.3.4/32").scope == 28


def test_the_loss_of_another_moves_nobody_else(world, geo_database):
    begin(world, geo_database)
    clients = prefixes(60)
    world.ctl("down", "kept/default/192.0.2.2", "--why", "test")
    for client in clients:
        want = [a for a in chosen(client, KEPT) if a != "192.0.2.2"][0]
        assert world.ask("kept.example.com", ecs=client + "/32").data == [want]
    world.ctl("auto", "kept/default/192.0.2.2")
    for client in clients:
        assert world.ask("kept.example.com", ecs=client + "/32").data == [chosen(client, KEPT)[0]]


def test_sticky_by_weight(world, geo_database):
    begin(world, geo_database)
    weights = {"192.0.2.1": 3, "192.0.2.2": 1, "192.0.2.3": 2}
    for client in prefixes(60):
        got = world.ask("heavy.example.com", ecs=client + "/32")
        want = chosen(client, KEPT, weights)[:2]
        assert [r.to_text() for r in got.message.answer[0]] == want, client
        why = world.explain("heavy.example.com", "A", client)
        assert [line.split()[-1] for line in why["answer"]] == want
        assert why["sticky"] and int(why["client_hash"], 16) == rendezvous.client(client)
        assert why["client_prefix"] == client.rsplit(".", 1)[0] + ".0/24"


def by_share(client, shares):
    return rendezvous.order(client, {r: (rendezvous.region(r), s) for r, s in shares.items()})[0]


def test_shares(world, geo_database):
    """The clients of a lost region are split; who loses his share moves, and nobody else."""
    begin(world, geo_database)
    clients = prefixes(150)
    shares = {"ceu": 60, "nnam": 30, "eeu": 10}
    address = {"ceu": "192.0.2.12", "nnam": "192.0.2.13", "eeu": "192.0.2.14"}
    got = world.ask("spilt.example.com", ecs="198.18.9.9/32")
    assert got.data == ["192.0.2.11"] and got.scope == 16, "nothing is hashed yet"
    world.ctl("down", "spilt/weu/*", "--why", "test")
    served = collections.Counter()
    for client in clients:
        got = world.ask("spilt.example.com", ecs=client + "/32")
        region = by_share(client, shares)
        assert got.data == [address[region]] and got.scope == 24 and got.ttl <= 30, client
        served[region] += 1
    assert len(served) == 3 and served["ceu"] > served["nnam"] > served["eeu"]
    why = world.explain("spilt.example.com", "A", clients[0])
    region = by_share(clients[0], shares)
    assert [r.get("share") for r in why["rungs"]] == [None, 60, 30, 10, None]
    assert [r["region"] for r in why["rungs"] if r["used"]] == [region]
    assert why["candidates"] == [address[region]] and why["scope"] == 24
    world.ctl("down", "spilt/ceu/*", "--why", "test")
    for client in clients:
        was, now = by_share(client, shares), by_share(client, {"nnam": 30, "eeu": 10})
        assert was in ("ceu", now)
        assert world.ask("spilt.example.com", ecs=client + "/32").data == [address[now]]
    # one is left, so there is nothing to hash
    world.ctl("down", "spilt/nnam/*", "--why", "test")
    got = world.ask("spilt.example.com", ecs=clients[0] + "/32")
    assert got.data == ["192.0.2.14"] and got.scope == 16
    # drained before rescue, and by shares again
    world.ctl("down", "spilt/default/*", "--why", "test")
    world.ctl("drain", "spilt/eeu/*", "--why", "test", "--force")
    world.ctl("drain", "spilt/nnam/*", "--why", "test", "--force")
    for client in clients[:30]:
        now = by_share(client, {"nnam": 30, "eeu": 10})
        assert world.ask("spilt.example.com", ecs=client + "/32").data == [address[now]]
    why = world.explain("spilt.example.com", "A", clients[0])
    assert why["pick"] == "drained" and sum(r["drained"] for r in why["rungs"]) == 2


def test_blackhole(world, geo_database):
    begin(world, geo_database)
    for client, is_closed in (("133.11.0.1", True), ("193.0.6.139", True), ("8.8.8.8", False)):
        got = world.ask("closed.example.com", ecs=client + "/32")
        why = world.explain("closed.example.com", "A", client)
        assert got.rcode == why["rcode"] == "NOERROR"
        assert got.scope == why["scope"] > 0
        assert (why["pick"] == "blackhole") == is_closed
        if is_closed:
            assert got.answer == [] and got.ttl <= 30 and "SOA" in got.authority[0]
            # what is not steered is there for all
            assert world.ask("closed.example.com", "TXT", ecs=client + "/32").data == ['"there"']
        else:
            assert got.data == ["192.0.2.21"]
    # an address inside a form of IPv6 is of the same country, all of its bits counted
    got = world.ask("closed.example.com", ecs="::ffff:133.11.0.1/128")
    assert got.answer == [] and got.scope > 96


def test_all_names_are_explained(world, geo_database):
    """Of a pool of names inside the zone, each that chance may pick, and what it leads to."""
    begin(world, geo_database)
    why = world.explain("inside.example.com", "A", "198.18.0.1")
    explained = {tuple(line.split(" ")) for line in why["answer"]}
    seen = set()
    for _ in range(200):
        answer = world.ask("inside.example.com", "A", ecs="198.18.0.1/32").answer
        lines = {(owner, rtype, data) for owner, rtype, data in (line.split(" ") for line in answer)}
        assert lines <= {(owner, rtype, data) for owner, _, _, rtype, data in explained}
        seen |= lines
        if len(seen) == len(explained):
            break
    assert len(seen) == len(explained) == 7
    assert set(why["candidates"]) == {"a.example.com.", "b.example.com.", "c.example.com.",
                                      "192.0.2.31", "192.0.2.32", "192.0.2.33"}
    for client in prefixes(20):
        names = {n: (rendezvous.name(n), 1) for n in
                 ("a.example.com.", "b.example.com.", "c.example.com.")}
        want = rendezvous.order(client, names)[0]
        got = world.ask("insidekept.example.com", "CNAME", ecs=client + "/32")
        assert got.data == [want] and got.scope == 24
        why = world.explain("insidekept.example.com", "CNAME", client)
        assert [line.split()[-1] for line in why["answer"]] == [want]


def test_a_cname_stands_alone(world, geo_database):
    """A pool that can be a CNAME is refused at the apex and beside other data."""
    world.zone("example.com", "www POOL names\n@ POOL names\nmail POOL leave\nmail MX 10 a\na A 192.0.2.1\n")
    world.configure("""
pools:
  - {name: names, default: [www.example.net]}
  - {name: leave, default: [192.0.2.1], when_all_down: cname www.example.net}
zones:
  - {domain: example.com, file: example.com.zone}
  - {domain: store.example, store: on, ns: [ns1.example.net]}
""")
    code, told = world.run("-t")
    assert code == 1 and told.count("this pool can be a CNAME") == 2, told
    world.zone("example.com", "www POOL names\na A 192.0.2.1\n")
    world.start()
    assert world.ask("www.example.com", "MX").answer == ["www.example.com. CNAME www.example.net."]
    got = world.ctl_raw("records", "set", "store.example", "POOL", "pool=names")
    assert got.returncode != 0 and "apex" in got.stdout + got.stderr, got
    # in the store, CNAME loses to other data, whichever came first
    world.ctl("records", "set", "both.store.example", "POOL", "pool=names")
    eventually(lambda: world.ask("both.store.example", "A").answer == ["both.store.example. CNAME www.example.net."], within=5)
    world.ctl("records", "set", "both.store.example", "TXT", 'values="x"')
    eventually(lambda: world.ask("both.store.example", "TXT").data == ['"x"'], within=5)
    assert world.ask("both.store.example", "A").answer == []


def test_the_example_of_the_manual(world):
    """sextant-steering(7): the ladder of a client in weu, as its endpoints go one by one."""
    text = (SOURCE / "conf" / "sextant-steering.7").read_text()
    example = text[text.index("\npools:"):]
    example = example[:example.index("\n.Ed")].replace("    check: web\n", "")
    assert "rescue" in example
    world.zone("example.com", "www POOL edge\n")
    world.configure("geo: {prefixes: [{prefix: 198.18.0.0/16, region: weu}]}" + example + """
zones:
  - {domain: example.com, file: example.com.zone}
""")
    world.start()

    def served():
        return {a for client in prefixes(40) for a in
                world.ask("www.example.com", ecs=client + "/32").data}

    assert served() == {"192.0.2.1", "192.0.2.2"}
    for down, want in (("weu/192.0.2.1", {"192.0.2.2"}),
                       ("weu/192.0.2.2", {"192.0.2.3", "192.0.2.4", "192.0.2.5"}),
                       ("ceu/*", {"192.0.2.4", "192.0.2.5"})):
        world.ctl("down", "edge/" + down, "--force")
        assert served() == want, down
    world.ctl("down", "edge/default/*", "--force")
    world.ctl("drain", "edge/nnam/*", "--force")
    assert served() == {"192.0.2.4", "192.0.2.5"}
    world.ctl("down", "edge/*", "--force")
    assert served() == {"192.0.2.9"}


def test_failover_time_is_told(world):
    world.zone("example.com", "www POOL edge\n")
    world.configure("""
checks:
  - {name: web, tcp: {port: BACKEND_PORT}, interval: 400ms, timeout: 300ms, confirm_interval: 100ms, fall: 4}
pools:
  - {name: edge, check: web, ttl: 20, default: [127.4.1.1]}
zones:
  - {domain: example.com, file: example.com.zone}
""")
    world.backend("127.4.1.1")
    world.start()
    why = world.explain("www.example.com", "A", "192.0.2.1")
    assert why["failover"] == {"refusing_ms": 740, "hanging_ms": 1040, "ttl_s": 20}
    text = world.ctl("explain", "www.example.com", "--client", "192.0.2.1")
    assert "at worst 0.740 s when it refuses, 1.040 s when it hangs" in "".join(text)
