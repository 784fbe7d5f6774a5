# SPDX-License-Identifier: BSD-2-Clause
"""Endpoints that fail: how soon they go, who stands in, and how they come back."""
import time

import pytest

from limits import eventually

# interval 500 ms, fall 3, confirm 100 ms; the promise is 1.1 x interval + 1.5 s
GONE = 0.5 * 1.1 + 1.5

CHECK = """
checks:
  - name: web
    http: {port: BACKEND_PORT, path: /healthz, host: www.example.com, status: [200], body: "ok"}
    interval: 500ms
    timeout: 300ms
    confirm_interval: 100ms
    fall: 3
    rise: 2
geo:
  prefixes:
    - {prefix: 127.0.1.0/24, region: weu}
    - {prefix: 127.0.2.0/24, region: snam}
zones:
  - {domain: example.com, file: example.com.zone}
"""
TWO_REGIONS = CHECK + """
pools:
  - name: edge
    check: web
    ttl: 60
    ttl_min: 10
    regions:
      weu: [127.3.1.1, 127.3.1.2]
      snam: [127.3.2.1]
    fallback: {weu: [snam], snam: [weu]}
"""


def begin(world, config, addresses):
    backends = {a: world.backend(a) for a in addresses}
    world.zone("example.com", "www 60 POOL edge\n")
    world.configure(config)
    world.start()
    return backends


def served(world, source="127.0.1.1"):
    return world.ask("www.example.com", "A", source=source).data


def test_one_then_a_region_then_all_and_back(world):
    b = begin(world, TWO_REGIONS, ["127.3.1.1", "127.3.1.2", "127.3.2.1"])
    eventually(lambda: set(world.states().values()) == {"up"}, within=2)
    assert served(world) == ["127.3.1.1", "127.3.1.2"]
    got = world.ask("www.example.com", "A", source="127.0.1.1")
    assert got.ttl == 60

    # one backend stops: its address leaves
    b["127.3.1.1"].refuse()
    eventually(lambda: served(world) == ["127.3.1.2"], within=GONE)
    e = world.health("edge/weu/127.3.1.1")["edge/weu/127.3.1.1"]
    assert (e["state"], e["reason"]) == ("down", "connect-refused")
    assert served(world, "127.0.2.1") == ["127.3.2.1"]

    # its whole region stops: the next one takes over, with a short TTL
    assert world.ctl_json("health")["moved"] == []
    b["127.3.1.2"].refuse()
    eventually(lambda: served(world) == ["127.3.2.1"], within=GONE)
    # who is served what instead is told, and logged in the same words
    moved = {"pool": "edge", "clients": "weu", "family": "A", "served": "snam", "rung": 2}
    assert moved in world.ctl_json("health")["moved"]
    assert "clients of weu, A: served snam" in world.ctl("health")
    assert 'answers moved pool="edge" clients=weu family=A from="weu" to="snam"' in world.text()
    with world.moves(udp_queries=1, noerror=1, edns=1, steered=1, degraded=1):
        assert world.ask("www.example.com", "A", source="127.0.1.1").ttl <= 30

    # all stop: the first rung in full, never nothing
    b["127.3.2.1"].refuse()
    eventually(lambda: set(world.states().values()) == {"down"}, within=GONE)
    got = world.ask("www.example.com", "A", source="127.0.1.1")
    assert got.data == ["127.3.1.1", "127.3.1.2"] and got.ttl <= 30
    assert served(world, "127.0.2.1") == ["127.3.2.1"]

    # one comes back: after `rise` successes everybody goes there
    b["127.3.2.1"].answer()
    eventually(lambda: served(world) == ["127.3.2.1"], within=GONE)
    # and all of them
    b["127.3.1.1"].answer()
    b["127.3.1.2"].answer()
    eventually(lambda: served(world) == ["127.3.1.1", "127.3.1.2"], within=GONE)
    assert set(world.states().values()) == {"up"}


def test_probes_ask_as_configured(world):
    b = begin(world, TWO_REGIONS, ["127.3.1.1", "127.3.1.2", "127.3.2.1"])
    head = eventually(lambda: b["127.3.1.1"].requests, within=2)[0]
    assert head.startswith("GET /healthz HTTP/1.1\r\n")
    assert "\r\nhost: www.example.com\r\n" in head.lower()


def test_every_way_to_fail_has_its_name(world):
    """Eight backends, seven faults: each is out, and for its own reason."""
    faults = {
        "127.3.3.1": ("refuse", "connect-refused"),
        "127.3.3.2": ("hang", "timeout"),
        "127.3.3.3": ("drip", "timeout"),
        "127.3.3.4": ("reset", "reset"),
        "127.3.3.5": ("lie", "body"),
        "127.3.3.6": ("cut", "closed"),
    }
    b = begin(world, CHECK + """
pools:
  - name: edge
    check: web
    default: [127.3.3.1, 127.3.3.2, 127.3.3.3, 127.3.3.4, 127.3.3.5, 127.3.3.6, 127.3.3.7, 127.3.3.8]
""", ["127.3.3.%d" % i for i in range(1, 9)])
    eventually(lambda: set(world.states().values()) == {"up"}, within=2)
    assert len(served(world)) == 8
    for address, (fault, _) in faults.items():
        getattr(b[address], fault)()
    b["127.3.3.7"].status(503)
    eventually(lambda: served(world) == ["127.3.3.8"], within=GONE + 0.3)
    reasons = {name: e["reason"] for name, e in world.health().items()}
    for address, (fault, reason) in faults.items():
        assert reasons["edge/default/" + address] == reason, fault
    assert reasons["edge/default/127.3.3.7"] == "status 503"
    assert reasons["edge/default/127.3.3.8"] is None


def test_one_failure_is_not_down(world):
    """A backend that fails one probe is suspect, and stays served with a shorter TTL."""
    b = begin(world, TWO_REGIONS.replace("fall: 3", "fall: 6"), ["127.3.1.1", "127.3.1.2", "127.3.2.1"])
    eventually(lambda: set(world.states().values()) == {"up"}, within=2)
    b["127.3.1.1"].status(500)
    eventually(lambda: world.states()["edge/weu/127.3.1.1"] == "suspect", within=1.5, every=0)
    got = world.ask("www.example.com", "A", source="127.0.1.1")
    b["127.3.1.1"].answer()
    assert "127.3.1.1" in got.data
    assert 10 <= got.ttl < 60, "a change is pending"
    eventually(lambda: world.states()["edge/weu/127.3.1.1"] == "up", within=1.5)
    assert world.ask("www.example.com", "A", source="127.0.1.1").ttl == 60


def test_hanging_targets_delay_no_other(world):
    """Thirty that hang, and one that stops: it is out as soon as if it were alone."""
    hanging = ["127.3.4.%d" % i for i in range(1, 31)]
    b = begin(world, CHECK.replace("timeout: 300ms", "timeout: 3s") + """
pools:
  - {name: hung, check: web, default: [%s]}
  - {name: edge, check: web, default: [127.3.1.1, 127.3.1.2]}
""" % ", ".join(hanging), hanging + ["127.3.1.1", "127.3.1.2"])
    eventually(lambda: set(world.states().values()) == {"up"}, within=3)
    for address in hanging:
        b[address].hang()
    time.sleep(0.7)  # until probes of all of them wait
    b["127.3.1.1"].refuse()
    eventually(lambda: served(world) == ["127.3.1.2"], within=GONE)
    assert "down" not in world.states("hung/*").values(), "their time is not up yet"


def test_lost_at_the_start(world):
    """A backend that was never there: known before the first question is answered."""
    begin(world, TWO_REGIONS, ["127.3.1.2", "127.3.2.1"])
    eventually(lambda: served(world) == ["127.3.1.2"], within=1.5)


def test_rescue_and_min_healthy(world):
    """Below min_healthy the next rung; with nothing left, the rescue addresses."""
    b = begin(world, CHECK + """
pools:
  - name: edge
    check: web
    regions:
      weu: [127.3.1.1, 127.3.1.2]
      snam: [127.3.2.1, 127.3.2.2]
    min_healthy: 2
    fallback: {weu: [snam]}
    rescue: [127.3.9.9]
""", ["127.3.1.1", "127.3.1.2", "127.3.2.1", "127.3.2.2"])
    eventually(lambda: served(world) == ["127.3.1.1", "127.3.1.2"], within=2)
    b["127.3.1.1"].refuse()
    eventually(lambda: served(world) == ["127.3.2.1", "127.3.2.2"], within=GONE)
    # both regions below the mark: the one with most healthy ones, the earlier on a tie
    b["127.3.2.1"].refuse()
    eventually(lambda: served(world) == ["127.3.1.2"], within=GONE)
    b["127.3.1.2"].refuse()
    b["127.3.2.2"].refuse()
    # rescue is probed and down too, but never withheld
    eventually(lambda: served(world) == ["127.3.9.9"], within=GONE)
    assert world.ask("www.example.com", "A", source="127.0.1.1").ttl <= 30


@pytest.mark.parametrize("setting, answer", [
    ("serve-all", ["www.example.com. A 127.3.1.1", "www.example.com. A 127.3.1.2"]),
    ("empty", []),
    ("cname sorry.example.net", ["www.example.com. CNAME sorry.example.net."]),
])
def test_when_all_are_down(world, setting, answer):
    begin(world, CHECK + """
pools:
  - {name: edge, check: web, default: [127.3.1.1, 127.3.1.2], when_all_down: %s}
""" % setting, [])
    eventually(lambda: set(world.states().values()) == {"down"}, within=GONE)
    got = world.ask("www.example.com", "A")
    assert got.answer == answer and got.ttl <= 30
