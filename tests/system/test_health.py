# SPDX-License-Identifier: BSD-2-Clause
"""Rules that look at more than one result: restarts, held endpoints, mass failure, blindness."""
import contextlib
import json
import sqlite3

import dns.exception
import pytest

from island import Island
from limits import always, eventually, free_port
from silent import Silent

CHECK = """
checks:
  - name: web
    http: {port: BACKEND_PORT, path: /healthz, status: [200]}
    interval: 400ms
    timeout: 3s
    confirm_interval: 100ms
geo:
  prefixes:
    - {prefix: 127.0.1.0/24, region: weu}
    - {prefix: 127.0.2.0/24, region: snam}
zones:
  - {domain: example.com, file: example.com.zone}
"""


def pool(weu, snam):
    return CHECK + """
pools:
  - name: edge
    check: web
    regions:
      weu: %s
      snam: %s
""" % (json.dumps(weu), json.dumps(snam))


def begin(world, config, addresses=()):
    backends = {a: world.backend(a) for a in addresses}
    world.zone("example.com", "www 60 POOL edge\n")
    world.configure(config)
    world.start()
    return backends


def served(world, source="127.0.1.1"):
    return sorted(world.ask("www.example.com", "A", source=source).data)


def answered(world):
    """The same while nobody may be there yet."""
    try:
        return sorted(world.ask("www.example.com", "A", source="127.0.1.1", timeout=0.1).data)
    except dns.exception.Timeout:
        return None


def kept(world):
    """States as they are on disk, while the server runs."""
    path = "file:%s?mode=ro" % (world.folder / "state" / "records.db")
    with contextlib.closing(sqlite3.connect(path, uri=True)) as db:
        rows = db.execute("SELECT key, value FROM state WHERE kind = 'target'").fetchall()
    return {key: value.split()[0] for key, value in rows}


def test_what_is_dead_is_still_out_after_a_kill(world):
    b = begin(world, pool(["127.4.1.1"], ["127.4.2.1"]), ["127.4.1.1", "127.4.2.1"])
    eventually(lambda: set(world.states().values()) == {"up"}, within=4)
    b["127.4.1.1"].refuse()
    eventually(lambda: served(world) == ["127.4.2.1"], within=4)
    eventually(lambda: kept(world) == {"web 127.4.1.1": "down", "web 127.4.2.1": "up"}, within=4)
    world.kill()
    world.start(ready=False)
    # the very first answer
    assert eventually(lambda: answered(world), within=8) == ["127.4.2.1"]
    assert world.status()["prober"]["restored"] == 2
    assert "states of targets are restored targets=2" in world.text()
    # it is probed on, and comes back
    b["127.4.1.1"].answer()
    eventually(lambda: served(world) == ["127.4.1.1"], within=6)
    # a check that is changed makes new targets, which are kept under the same names
    def reload(weu):
        world.configure(
            pool(weu, ["127.4.2.1"]).replace("interval: 400ms", "interval: 350ms"))
        world.ctl("reload")

    reload(["127.4.1.1"])
    eventually(lambda: world.text().count("was=unknown") == 4, within=6)
    # a target that is gone from the configuration is forgotten, and no other
    reload(["127.4.2.1"])
    world.ctl("reload")
    eventually(lambda: set(kept(world)) == {"web 127.4.2.1"}, within=6)


def test_what_falls_again_and_again_is_held(world):
    b = begin(world, pool(["127.4.1.1", "127.4.1.2"], ["127.4.2.1"]),
              ["127.4.1.1", "127.4.1.2", "127.4.2.1"])
    both, name = ["127.4.1.1", "127.4.1.2"], "edge/weu/127.4.1.1"
    for fall in (1, 2):
        eventually(lambda: world.states()[name] == "up", within=6)
        if fall == 1:
            assert served(world) == both
        b["127.4.1.1"].refuse()
        eventually(lambda: world.states()[name] == "down", within=6)
        b["127.4.1.1"].answer()
    eventually(lambda: world.states()[name] == "up", within=6)
    # the second time it comes back it has to wait for a minute
    e = world.health()[name]
    assert e["held_until"] is not None and e["falls"] >= 2
    assert "target held check=web address=127.4.1.1 falls=" in world.text()
    assert "held until" in world.ctl("health", name)
    always(lambda: served(world) == ["127.4.1.2"], during=0.3)
    # but where nothing else is left, it is served
    b["127.4.1.2"].refuse()
    eventually(lambda: served(world) == ["127.4.1.1"], within=6)
    b["127.4.1.2"].answer()
    eventually(lambda: served(world) == ["127.4.1.2"], within=6)
    # it is kept over a restart
    eventually(lambda: kept(world)["web 127.4.1.1"] == "up", within=4)
    world.kill()
    world.start()
    eventually(lambda: served(world) == ["127.4.1.2"], within=6)
    assert world.health()[name]["falls"] >= 2
    # and an operator ends it for good
    world.ctl("up", name)
    eventually(lambda: served(world) == both, within=4)
    world.ctl("auto", name)
    assert world.health()[name]["held_until"] is None and world.health()[name]["falls"] == 0
    assert served(world) == both


def test_much_that_fails_at_once_is_looked_at_twice(world):
    weu = ["127.4.1.%d" % i for i in range(1, 5)]
    snam = ["127.4.2.%d" % i for i in range(1, 5)]
    b = begin(world, pool(weu, snam), weu + snam)
    eventually(lambda: set(world.states().values()) == {"up"}, within=4)
    # one region: as ever
    for address in weu:
        b[address].refuse()
    eventually(lambda: served(world) == snam, within=6)
    assert "mass failure" not in world.text()
    for address in weu:
        b[address].answer()
    eventually(lambda: set(world.states().values()) == {"up"}, within=6)
    # both: alternating, so that neither is gone before the other begins
    for pair in zip(weu, snam):
        for address in pair:
            b[address].refuse()
    eventually(lambda: set(world.states().values()) == {"down"}, within=8)
    assert "mass failure targets=" in world.text()
    assert not world.status()["prober"]["mass_failure"]
    # what cannot be doubted any more: all of the first rung are served
    assert served(world) == weu


def blind_world(world, canaries):
    """Targets in two regions and a canary, that can all be silent."""
    port = free_port()
    ends = {a: Silent(a, port) for a in ("127.5.1.1", "127.5.2.1", "127.5.3.1")}
    begin(world, pool(["127.5.1.1"], ["127.5.2.1"]).replace(
        "http: {port: BACKEND_PORT, path: /healthz, status: [200]}", "tcp: {port: %d}" % port).replace("timeout: 3s", "timeout: 300ms")
        + ("health: {canaries: [127.5.3.1@%d]}\n" % port if canaries else ""))
    eventually(lambda: set(world.states().values()) == {"up"}, within=4)
    return ends


def is_blind(world):
    return world.status()["prober"]["blind"]


def test_a_blind_prober_changes_nothing(world):
    ends = blind_world(world, canaries=False)
    try:
        for end in ends.values():
            end.fall_silent()
        eventually(lambda: is_blind(world), within=10)
        assert "prober is blind" in world.text() and "BLIND" in world.ctl("status")
        before, probes = world.states(), world.status()["prober"]["probes"]
        assert set(before.values()) != {"down"}
        # many more rounds change nothing
        eventually(lambda: world.status()["prober"]["probes"] > probes + 8, within=10)
        assert world.states() == before and is_blind(world)
        for end in ends.values():
            end.speak()
        eventually(lambda: not is_blind(world), within=10)
        eventually(lambda: set(world.states().values()) == {"up"}, within=10)
        assert "prober sees again" in world.text()
    finally:
        for end in ends.values():
            end.close()


def test_a_canary_that_answers_tells_blindness_from_death(world):
    ends = blind_world(world, canaries=True)

    def canary():
        return world.status()["prober"]["canaries"][0]

    try:
        assert canary()["address"] == "127.5.3.1" and canary()["answers"]
        assert world.status()["targets"]["up"] == 2  # it is none of them
        ends["127.5.1.1"].fall_silent()
        ends["127.5.2.1"].fall_silent()
        eventually(lambda: set(world.states().values()) == {"down"}, within=10)
        assert not is_blind(world)
        for address in ("127.5.1.1", "127.5.2.1"):
            ends[address].speak()
        eventually(lambda: set(world.states().values()) == {"up"}, within=10)
        # taken out of the configuration it is not listened to any more
        text = world.config.read_text().split("health: {")[0]
        world.configure(text.split("\nserver:")[0])
        world.ctl("reload")
        eventually(lambda: world.status()["prober"]["canaries"] == [], within=4)
    finally:
        for end in ends.values():
            end.close()


def test_our_own_network_is_cut(world):
    try:
        island = Island()
    except OSError as e:
        pytest.skip("no network namespace can be made: %s" % e)
    island.join()
    port, ends = free_port(), []
    weu, snam = (["127.5.%d.%d" % (r, i) for i in range(1, 5)] for r in (1, 2))
    try:
        for address in weu + snam:
            ends.append(island.call(lambda address=address: Silent(address, port)))
        world.zone("example.com", "www 60 POOL edge\n")
        world.configure(pool(weu, snam).replace(
            "http: {port: BACKEND_PORT, path: /healthz, status: [200]}", "tcp: {port: %d}" % port))
        island.call(lambda: world.start(ready=False))
        eventually(lambda: set(world.states().values()) == {"up"}, within=8)
        island.cut()
        eventually(lambda: is_blind(world), within=10)
        before, probes = world.states(), world.status()["prober"]["probes"]
        # some may be out before it was clear that it is everybody; half of them is too many
        assert list(before.values()).count("down") <= 4, before
        eventually(lambda: world.status()["prober"]["probes"] > probes + 16, within=10)
        assert world.states() == before
        island.join()
        eventually(lambda: not is_blind(world), within=10)
        eventually(lambda: set(world.states().values()) == {"up"}, within=10)
    finally:
        for end in ends:
            end.close()
        island.close()
