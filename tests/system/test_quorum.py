# SPDX-License-Identifier: BSD-2-Clause
"""Fleet quorum: three nodes on one Redis, of which one sees something else than the others."""
import signal

import pytest

from limits import always, eventually
from world import World

CONFIG = """
health: {quorum: on}
checks:
  - name: web
    tcp: {port: CHECK_PORT}
    interval: 200ms
    timeout: 200ms
    confirm_interval: 100ms
    fall: 3
    rise: 2
pools:
  - name: edge
    check: web
    default: [127.3.1.1]
    rescue: [127.3.9.9]
store:
  kind: redis
  address: 127.0.0.1@REDIS_PORT
  fresh_for: 2s
  writer: {user: writer, password_file: secret}
zones:
  - {domain: example.com, file: example.com.zone, store: on}
"""
TARGET = "web 127.3.1.1"
# as sextant-records(7) has them
WRITER = ["~dns:*", "~sextant:*", "+hset", "+del", "+hgetall", "+watch", "+multi", "+exec", "+ping",
          "+role", "+info", "+select", "+hget", "+pexpire", "+time", "+zadd", "+zremrangebyscore",
          "+zrange"]


def configure(w, node, quorum="on"):
    w.configure(CONFIG.replace("quorum: on", "quorum: " + quorum))
    w.config.write_text(w.config.read_text().replace("identity: here", "identity: " + node))


@pytest.fixture
def fleet(world, redis_server):
    """Makes nodes: the first is the world of the test."""
    redis_server.client.execute_command("ACL", "SETUSER", "writer", "on", ">w", "-@all", *WRITER)
    worlds = [world]

    def make(node, check_port=None):
        w = worlds[0] if worlds[0].process is None else World()
        if w is not worlds[0]:
            worlds.append(w)
        (w.folder / "secret").write_text("w")
        w.words.update(REDIS_PORT=redis_server.port,
                       CHECK_PORT=check_port or world.park.port)
        w.zone("example.com", "www 60 POOL edge\n")
        configure(w, node)
        w.start()
        return w

    yield make
    for w in worlds[1:]:
        w.close()


def row(w):
    return next(e for e in w.ctl_json("health")["endpoints"] if "rescue" not in e["endpoint"])


def votes(w):
    r = row(w)
    return r["fleet"], r["votes_down"], r["votes_up"]


def served(w):
    return w.ask("www.example.com", "A").data


def hears(w, nodes):
    q = w.status()["store"]["quorum"]
    return q["heard"] and q["nodes"] == nodes


GOOD, RESCUE = ["127.3.1.1"], ["127.3.9.9"]


def test_one_of_three_lies(world, redis_server, fleet):
    """What one alone sees as down is served on by all; what two see is down for all."""
    backend = world.backend("127.3.1.1")
    a, b, c = fleet("a"), fleet("b"), fleet("c", check_port=1)
    nodes = (a, b, c)
    for w in nodes:
        eventually(lambda: hears(w, 3) and votes(w) == ("up", 1, 2), within=15)
        assert served(w) == GOOD
    assert row(c)["measured"] == "down" and row(c)["state"] == "suspect"
    # where the fleet says otherwise than we, the next vote may turn it
    assert (c.ask("www.example.com").ttl, a.ask("www.example.com").ttl) == (10, 60)
    assert "(fleet: up, votes 1 down, 2 up)" in c.ctl("health")
    assert "3 nodes vote" in c.ctl("store")
    # to be read in a shell
    got = redis_server.client.hgetall("sextant:votes:{c}")
    assert got.pop("!node") and got[TARGET] == "down connect-refused"
    assert redis_server.client.hget("sextant:votes:{a}", TARGET) == "up"
    assert 0 < redis_server.client.pttl("sextant:votes:{a}") <= 3000
    # it does fail: two are enough, and the third agrees
    backend.refuse()
    for w in nodes:
        eventually(lambda: votes(w) == ("down", 3, 0) and served(w) == RESCUE, within=10)
    backend.answer()
    for w in nodes:
        eventually(lambda: votes(w) == ("up", 1, 2) and served(w) == GOOD, within=10)
    # a node is gone: one against one is no majority
    b.process.send_signal(signal.SIGSTOP)
    try:
        eventually(lambda: hears(a, 2) and votes(a) == ("up", 1, 1), within=15)
        assert served(a) == served(c) == GOOD
        backend.refuse()
        for w in (a, c):
            eventually(lambda: votes(w) == ("down", 2, 0) and served(w) == RESCUE, within=10)
    finally:
        b.process.send_signal(signal.SIGCONT)
    eventually(lambda: hears(b, 3) and served(b) == RESCUE, within=15)
    # switched off, each decides by itself again
    backend.answer()
    eventually(lambda: served(c) == GOOD, within=10)
    configure(c, "c", quorum="off")
    c.ctl("reload")
    eventually(lambda: served(c) == RESCUE and votes(c)[0] is None, within=5)
    eventually(lambda: hears(a, 2) and votes(a) == ("up", 0, 2), within=15)


def test_redis_is_lost(world, redis_server, fleet):
    """The last word stands for fresh_for; then what one sees alone counts for him."""
    world.backend("127.3.1.1")
    a, c = fleet("a"), fleet("c", check_port=1)
    for w in (a, c):
        eventually(lambda: votes(w) == ("up", 1, 1), within=15)
    redis_server.kill()
    eventually(lambda: not c.status()["store"]["quorum"]["heard"], within=8)
    assert served(c) == GOOD and "NOT HEARD" in c.ctl("store")
    assert "fleet is standing" in c.text()
    eventually(lambda: served(c) == RESCUE, within=15)
    assert "fleet is alone" in c.text()
    assert served(a) == GOOD
    # it is back: votes have their time to come before they are counted
    redis_server.start()
    redis_server.client.execute_command("ACL", "SETUSER", "writer", "on", ">w", "-@all", *WRITER)
    for w in (a, c):
        eventually(lambda: hears(w, 2) and served(w) == GOOD, within=25)


def test_lost_in_mid_vote(world, redis_server, fleet):
    """What began to fail as contact went, and only here, is served for another round of fall."""
    backend = world.backend("127.3.1.1")
    a = fleet("a")
    other = fleet("b")
    eventually(lambda: votes(a) == ("up", 0, 2), within=15)
    redis_server.kill()
    backend.refuse()
    eventually(lambda: row(a)["measured"] == "down", within=5)
    assert served(a) == GOOD, "the fleet has not said so"
    eventually(lambda: served(a) == RESCUE and served(other) == RESCUE, within=20)
    assert "what began to fail then is looked at a second time targets=1" in a.text()


def too_few(w):
    return [a for a in w.ctl_json("alerts")["alerts"]
            if (a["kind"], a["subject"], a["state"]) == ("fleet", "votes", "bad")]


def test_two_of_one_name(world, redis_server, fleet):
    """Both say so, neither votes; the others go on without them."""
    world.backend("127.3.1.1")
    a = fleet("a")
    eventually(lambda: hears(a, 1), within=10)
    assert "NO TARGET CAN GO DOWN" in a.ctl("store")
    eventually(lambda: too_few(a), within=20)
    twins = [fleet("twin"), fleet("twin", check_port=1)]
    for w in twins:
        eventually(lambda: w.status()["store"]["quorum"]["twin"], within=15)
        assert "ANOTHER NODE HAS OUR NAME" in w.ctl("store")
        assert 'another node has our name name="twin"' in w.text()
    eventually(lambda: list(redis_server.client.hgetall("sextant:votes:{twin}")) == ["!node"],
               within=10)
    always(lambda: TARGET not in redis_server.client.hgetall("sextant:votes:{twin}"), during=2)
    eventually(lambda: votes(a) == ("up", 0, 1), within=10)
    # one of them is gone
    twins[1].stop()
    eventually(lambda: not twins[0].status()["store"]["quorum"]["twin"], within=25)
    eventually(lambda: votes(a) == ("up", 0, 2), within=10)
    eventually(lambda: not too_few(a), within=10)


def test_the_writer_may_not(world, redis_server, fleet):
    """A restart is no twin. Without the keys of the votes nothing is heard, and it is said why."""
    world.backend("127.3.1.1")
    a = fleet("a")
    eventually(lambda: hears(a, 1), within=10)
    a.stop()
    a.start()
    eventually(lambda: hears(a, 1), within=10)
    always(lambda: not a.status()["store"]["quorum"]["twin"], during=2.5)
    redis_server.client.execute_command("ACL", "SETUSER", "writer", "resetkeys", "~dns:*")
    q = eventually(lambda: (q := a.status()["store"]["quorum"]) and not q["heard"] and q, within=8)
    assert "lacks a permission" in q["reason"]
    assert a.status()["store"]["connected"] and served(a) == GOOD


def test_strange_votes(world, redis_server, fleet):
    """What is no node's is left out, silences nobody, and does not stay."""
    world.backend("127.3.1.1")
    r = redis_server.client
    a, b = fleet("a"), fleet("b")
    eventually(lambda: hears(a, 2) and votes(a) == ("up", 0, 2), within=15)
    # many who never were, one who has no hash, and one who wants to vote twice
    far = 10 ** 15
    r.zadd("sextant:nodes", {"ghost%d" % i: far + i for i in range(3000)})
    r.set("sextant:votes:{odd}", "word")
    r.hset("sextant:votes:{twice}", mapping={
        TARGET: "down", TARGET + "\0": "down", "x" * 5000: "down", "!": "up\0", "": "down",
        "web \xff": "down -1", "canary 1": "99999999999999999999"})

    def again():
        now = int(r.time()[0]) * 1000
        r.zadd("sextant:nodes", {n: now for n in ("odd", "twice", "twice\0", "", "}{\r\n", "x" * 9000)})
        return votes(a) == votes(b) == ("up", 1, 2)

    eventually(again, within=15)
    always(lambda: again() and served(a) == GOOD, during=3)
    assert r.zcard("sextant:nodes") < 20
    assert "some votes are not read" in a.log.read_text()
    eventually(lambda: hears(a, 2) and votes(a) == ("up", 0, 2), within=15)
