# SPDX-License-Identifier: BSD-2-Clause
"""What operators say of endpoints: it replaces what is measured, holds for those that come
later and over restarts, ends when it was to end, and can be tried before."""
from limits import eventually

CONFIG = """
checks:
  - name: web
    http: {port: BACKEND_PORT, path: /, status: [200]}
    interval: 200ms
    timeout: 300ms
    confirm_interval: 50ms
geo:
  prefixes:
    - {prefix: 127.0.1.0/24, region: weu}
    - {prefix: 127.0.2.0/24, region: snam}
zones:
  - {domain: example.com, file: example.com.zone}
pools:
  - name: edge
    check: web
    regions:
      weu: [127.3.1.1, 127.3.1.2]
      snam: [127.3.2.1]
  - name: plain
    ttl: 40
    regions: {weu: [192.0.2.1, 192.0.2.2]}
    rescue: [192.0.2.99]
"""


def begin(world):
    backends = {a: world.backend(a) for a in ("127.3.1.1", "127.3.1.2", "127.3.2.1")}
    world.zone("example.com", "www POOL edge\nplain 120 POOL plain\n")
    world.configure(CONFIG)
    world.start()
    eventually(lambda: set(world.states("edge/*").values()) == {"up"}, within=5)
    return backends


def served(world, name="www", source="127.0.1.1"):
    return world.ask(name + ".example.com", "A", source=source).data


def refused(world, *words):
    got = world.ctl_raw(*words)
    assert got.returncode == 1
    return got.stderr


def overrides(world):
    return [(o["pattern"], o["kind"], o["endpoints"], o["why"])
            for o in world.ctl_json("overrides")["overrides"]]


def test_what_is_said_replaces_what_is_measured(world):
    backends = begin(world)
    world.ctl("down", "edge/weu/127.3.1.1", "--why", "a new kernel")
    assert served(world) == ["127.3.1.2"]
    row = world.health("edge/weu/127.3.1.1")["edge/weu/127.3.1.1"]
    # beside what is measured
    assert (row["state"], row["override"], row["override_why"]) == ("up", "down", "a new kernel")
    world.ctl("drain", "edge/weu/*2", "--force")
    # drained ones are used only when nothing is healthy: the other region is
    assert served(world) == ["127.3.2.1"]
    assert overrides(world) == [("edge/weu/127.3.1.1", "down", 1, "a new kernel"),
                                ("edge/weu/*2", "drain", 1, "")]
    backends["127.3.2.1"].refuse()
    eventually(lambda: served(world) == ["127.3.1.2"], within=5)
    # taken back, all of it
    world.ctl("auto", "edge/*")
    assert served(world) == ["127.3.1.1", "127.3.1.2"]
    assert overrides(world) == []
    # up: whatever is measured
    world.ctl("up", "edge/snam/*")
    assert served(world, source="127.0.2.1") == ["127.3.2.1"]
    assert world.states("edge/snam/*") == {"edge/snam/127.3.2.1": "down"}


def test_a_pool_is_not_emptied_by_mistake(world):
    begin(world)
    why = refused(world, "drain", "plain/weu/*")
    assert "pool plain would have no healthy endpoint left" in why and "--force" in why
    assert overrides(world) == []
    assert served(world, "plain") == ["192.0.2.1", "192.0.2.2"]
    world.ctl("drain", "plain/weu/*", "--force")
    assert served(world, "plain") == ["192.0.2.1", "192.0.2.2"]  # before rescue
    world.ctl("down", "plain/weu/*", "--force")
    assert served(world, "plain") == ["192.0.2.99"]


def test_when_the_last_answer_expires(world):
    begin(world)
    # the record has a TTL of its own, longer than the pool's
    assert "expires at" in (text := world.ctl("drain", "plain/weu/192.0.2.1"))
    assert "in 120 s" in text
    # nothing that holds it is given any more, so nothing is out
    text = world.ctl("drain", "plain/weu/192.0.2.1")
    assert "no answer that holds any of them is out" in text


def test_kept_over_restarts_and_for_those_to_come(world):
    begin(world)
    world.ctl("down", "edge/weu/127.3.1.1", "--for", "1h")
    world.ctl("down", "*/weu/127.3.1.9", "--why", "not yet", "--force")
    before = overrides(world)
    assert "overrides  2, the oldest: down edge/weu/127.3.1.1 by " in world.ctl("status")
    assert ("*/weu/127.3.1.9", "down", 0, "not yet") in before

    def kept():
        world.kill()
        world.start()
        return overrides(world) == before

    eventually(kept, within=20, every=1)
    assert served(world) == ["127.3.1.2"]
    # one that comes later
    world.backend("127.3.1.9")
    world.configure(CONFIG.replace("127.3.1.1, 127.3.1.2]", "127.3.1.1, 127.3.1.2, 127.3.1.9]"))
    world.ctl("reload")
    assert world.health("*9")["edge/weu/127.3.1.9"]["override"] == "down"
    assert served(world) == ["127.3.1.2"]
    world.ctl("auto", "*.9")
    eventually(lambda: served(world) == ["127.3.1.2", "127.3.1.9"], within=5)


def test_it_ends_when_it_was_to_end(world):
    begin(world)
    world.ctl("down", "edge/weu/127.3.1.1", "--for", "2s")
    got = world.ask("www.example.com", "A", source="127.0.1.1")
    # what may change soon is not kept for long
    assert got.data == ["127.3.1.2"] and got.ttl <= 10
    eventually(lambda: served(world) == ["127.3.1.1", "127.3.1.2"], within=4)
    assert overrides(world) == []
    assert "override has ended" in world.text()


def test_mistakes(world):
    begin(world)
    for words, want in (
            (("drain",), "usage"),
            (("drain", "a", "b"), "usage"),
            (("down", "edge/*", "--for", "soon"), "--for soon: expected a duration"),
            (("down", "edge/*", "--for", "1ms"), "from 1s"),
            (("auto", "edge/*"), "no override meets \"edge/*\""),
            (("down", "edge/*" + "x" * 600), "at most 500 octets"),
            (("down", "edge/smam/*"), "no endpoint matches \"edge/smam/*\""),
            (("drain", "127.3.1.1"), "no endpoint matches"),
            (("whatif",), "usage"),
            (("whatif", "--down", "nothing/*"), "no endpoint matches")):
        got = world.ctl_raw(*words)
        assert got.returncode in (1, 2) and want in got.stderr, (words, got.stderr)
    assert overrides(world) == []


def test_what_if(world):
    begin(world)
    got = world.ctl_json("whatif", "--down", "edge/weu/*")
    moves = {(m["clients"], m["type"]): m for m in got["moves"]}
    assert got["endpoints"] == 2 and got["emptied"] == 0
    assert moves["weu", "A"]["now"]["served"] == "weu"
    assert moves["weu", "A"]["then"]["endpoints"] == ["edge/snam/127.3.2.1"]
    assert ("snam", "A") not in moves
    # nothing has changed; done, it is what was said
    assert served(world) == ["127.3.1.1", "127.3.1.2"]
    world.ctl("down", "edge/weu/*")
    assert served(world) == ["127.3.2.1"]
    # several at once
    got = world.ctl_json("whatif", "--up", "edge/weu/*1", "--drain", "edge/snam/*")
    assert got["endpoints"] == 2
    assert {m["then"]["endpoints"][0] for m in got["moves"]} == {"edge/weu/127.3.1.1"}


SHARES = """
zones:
  - {domain: example.com, file: example.com.zone}
geo:
  prefixes:
    - {prefix: 127.0.1.0/24, region: weu}
pools:
  - name: split
    ttl: 40
    regions: {weu: 192.0.2.1, ceu: 192.0.2.2, nnam: 192.0.2.3}
    fallback: {weu: {ceu: 70, nnam: 30}}
"""


def test_shares(world):
    """Orders of an endpoint that serves only some of the clients of a fallback by shares."""
    world.zone("example.com", "www POOL split\n")
    world.configure(SHARES)
    world.start()
    world.ctl("down", "split/weu/*")
    for address in ("192.0.2.2", "192.0.2.3"):
        got = world.ctl_json("whatif", "--down", "*" + address)
        assert ("weu", "A") in {(m["clients"], m["type"]) for m in got["moves"]}, address
        # answers that hold it are kept by somebody
        assert "the last answer" in world.ctl("drain", "*" + address)
        world.ctl("auto", "*" + address)
    # nobody is served what is down
    assert "the last answer" not in world.ctl("drain", "split/weu/*")


def test_what_if_all_are_down(world):
    """The name that stands in for all endpoints is none of them."""
    world.zone("example.com", "www POOL split\n")
    world.configure(SHARES.replace("ttl: 40", "when_all_down: cname elsewhere.example.net"))
    world.start()
    (move,) = [m for m in world.ctl_json("whatif", "--down", "split/*")["moves"]
               if m["clients"] == "weu" and m["type"] == "A"]
    assert move["now"]["endpoints"] == ["split/weu/192.0.2.1"]
    assert move["then"]["endpoints"] == []
