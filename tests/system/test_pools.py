# SPDX-License-Identifier: BSD-2-Clause
"""What `pools` and `health` say of a pool: what is up, who is served what, how fast."""
from limits import eventually

CONFIG = """zones:
  - {domain: example.com, file: example.com.zone}
geo:
  prefixes:
    - {prefix: 127.0.1.0/24, region: weu}
    - {prefix: 127.0.2.0/24, region: eeu}
checks:
  - {name: web, tcp: {port: BACKEND_PORT}, interval: 1s, confirm_interval: 100ms, timeout: 900ms, fall: 3}
pools:
  - name: edge
    check: web
    ttl: 45
    regions:
      weu: [127.8.0.1, 127.8.0.2]
      eeu: 127.8.0.3
    default: 127.8.0.4
  - name: still
    default: [192.0.2.9, "2001:db8::1"]
"""
WORST = {"refusing_ms": 1300, "hanging_ms": 2200, "ttl_s": 45}


def begin(world):
    backends = {i: world.backend("127.8.0.%d" % i) for i in (1, 2, 3, 4)}
    world.zone("example.com", "www POOL edge\n")
    world.configure(CONFIG)
    world.start()
    eventually(lambda: all(s == "up" for s in world.states("edge/*").values()), within=8)
    return backends


def pool(world, name="edge"):
    (p,) = world.ctl_json("pools", name)["pools"]
    return p


def served(world, name="edge"):
    return {(a["clients"], a["family"]): (a["served"], a["endpoints"], a["first_rung"])
            for a in pool(world, name)["answers"]}


def test_what_is_served(world):
    backends = begin(world)
    p = pool(world)
    assert (p["check"], p["endpoints"], p["up"], p["down"], p["failover"]) == ("web", 4, 4, 0, WORST)
    assert served(world) == {
        ("weu", "A"): ("weu", ["edge/weu/127.8.0.1", "edge/weu/127.8.0.2"], True),
        ("eeu", "A"): ("eeu", ["edge/eeu/127.8.0.3"], True),
        ("others", "A"): ("default", ["edge/default/127.8.0.4"], True)}
    assert world.ask("www.example.com", source="127.0.2.1").data == ["127.8.0.3"]
    backends[3].refuse()
    eventually(lambda: world.states("edge/eeu/*") == {"edge/eeu/127.8.0.3": "down"}, within=8)
    now = world.ask("www.example.com", source="127.0.2.1").data
    group, endpoints, first = served(world)[("eeu", "A")]
    assert (sorted(e.rsplit("/")[-1] for e in endpoints), first) == (now, False)
    p = pool(world)
    assert (p["up"], p["down"]) == (3, 1)
    assert [(g["group"], g["up"], g["endpoints"]) for g in p["groups"]] == [
        ("weu", 2, 2), ("eeu", 0, 1), ("default", 1, 1)]
    text = world.ctl("pools", "ed*")
    assert "pool edge: 3 of 4 up, 1 down, check web, TTL 45\n" in text
    assert "at worst 1.3 s when it refuses, 2.2 s when it hangs; then caches, at most 45 s" in text
    assert "groups     weu 2 of 2, eeu 0 of 1, default 1 of 1\n" in text
    assert "clients of weu, A: weu: 127.8.0.1, 127.8.0.2\n" in text
    assert "clients of eeu, A: %s: " % group in text


def test_a_pool_without_a_check(world):
    begin(world)
    p = pool(world, "still")
    assert (p["check"], p["failover"], p["up"]) == (None, None, 2)
    assert served(world, "still") == {("others", "A"): ("default", ["still/default/192.0.2.9"], True),
                                      ("others", "AAAA"): ("default", ["still/default/2001:db8::1"], True)}


def test_overrides(world):
    begin(world)
    world.ctl("drain", "edge/weu/127.8.0.1", "--why", "a new kernel")
    p = pool(world)
    assert (p["up"], p["drained"]) == (3, 1)
    (o,) = p["overrides"]
    assert (o["endpoint"], o["override"], o["why"]) == ("edge/weu/127.8.0.1", "drain", "a new kernel")
    assert "override   drain edge/weu/127.8.0.1 by " in world.ctl("pools")
    row = world.health("edge/weu/127.8.0.1")["edge/weu/127.8.0.1"]
    assert (row["state"], row["counts_as"]) == ("up", "drained")
    assert row["override_why"] == "a new kernel"


def test_health_tells_of_failover(world):
    """The same figures as explain has."""
    begin(world)
    pools = {p["pool"]: p for p in world.ctl_json("health")["pools"]}
    assert pools["edge"]["failover"] == WORST and pools["still"]["failover"] is None
    assert world.explain("www.example.com", "A", "127.0.1.1")["failover"] == WORST
    assert [p["pool"] for p in world.ctl_json("health", "edge/eeu/*")["pools"]] == ["edge"]
    lines = [line.split() for line in world.ctl("health").splitlines()]
    assert ["edge", "web", "4", "4", "0", "0", "0", "1.3", "s", "2.2", "s", "45", "s"] in lines


def test_bounds(world):
    begin(world)
    got = world.ctl_json("pools", "--limit", "1")
    assert (len(got["pools"]), got["count"]) == (1, 2)
    assert "and 1 more pools; see --limit" in world.ctl("pools", "--limit", "1")
    assert world.ctl_json("pools", "none*", ok=False)["code"] == "not-found"
    for words in (["--limit", "0"], ["--limit", "x"], ["a", "b"]):
        assert world.ctl_raw("pools", *words).returncode == 1
