# SPDX-License-Identifier: BSD-2-Clause
"""What removes much is held: Redis that is emptied, halved or taken back, and people."""
import pytest

from limits import always, eventually

CONFIG = """
store:
  kind: redis
  address: 127.0.0.1@REDIS_PORT
zones:
  - {domain: example.com, store: on, ns: [ns1.example.net]}
  - {domain: mixed.example, file: mixed.example.zone, store: on}
"""
KEY = "dns:{example.com}:%s:A"
NAMES = ["n%d" % i for i in range(40)]


def fill(redis_server, names=NAMES, last=1):
    pipe = redis_server.client.pipeline()
    for i, name in enumerate(names):
        pipe.hset(KEY % name, "values", "192.0.2.%d" % (last + i % 200))
    pipe.execute()


def begin(world, redis_server):
    fill(redis_server)
    redis_server.hset("dns:{mixed.example}:dyn:A", values="192.0.2.77")
    world.zone("mixed.example", "www A 192.0.2.1\n")
    world.configure(CONFIG)
    world.start()
    eventually(lambda: world.status()["store"]["sync"] == "fresh", within=4)


def count(world, names=NAMES):
    return sum(world.ask(n + ".example.com").rcode == "NOERROR" for n in names)


def held(world):
    return world.status()["store"]["held"]


def ident(world, zone="example.com"):
    return [h["id"] for h in world.ctl_json("held") if h["zone"] == zone][0]


def test_emptied(world, redis_server):
    """FLUSHALL: every name is answered all the while, and what is written anew is seen."""
    begin(world, redis_server)
    redis_server.client.flushall()
    eventually(lambda: held(world) == 41, within=4)
    assert count(world) == 40
    assert world.ask("dyn.mixed.example").data == ["192.0.2.77"]
    listed = {h["zone"]: h for h in world.ctl_json("held")}
    assert listed["example.com"]["count"] == 40 and len(listed["example.com"]["examples"]) == 5
    assert listed["example.com"]["kind"] == "store"
    assert listed["example.com"]["why"] == "the store came back empty"
    assert listed["example.com"]["since"].startswith("20")
    text = world.ctl("held")
    assert "%s  store, 40 records held since" % ident(world) in text and "and 35 more" in text
    assert "41 REMOVALS HELD" in world.ctl("status")
    assert "store removals are held zone=example.com count=40" in world.text()
    # additions and changes go through
    redis_server.hset(KEY % "new", values="192.0.2.90")
    redis_server.hset(KEY % "n0", values="192.0.2.91")
    eventually(lambda: world.ask("n0.example.com").data == ["192.0.2.91"], within=2)
    eventually(lambda: world.ask("new.example.com").data == ["192.0.2.90"], within=2)
    # and it ends by itself
    fill(redis_server)
    redis_server.hset("dns:{mixed.example}:dyn:A", values="192.0.2.77")
    eventually(lambda: held(world) == 0, within=2)
    assert "store removals are no longer held zone=example.com" in world.text()
    assert world.ctl_json("held") == []
    assert count(world, NAMES + ["new"]) == 41


@pytest.mark.parametrize("how", ["deleted", "disabled", "emptied"])
def test_half_of_it(world, redis_server, how):
    """Half of the records at once: all are held; accepted, all go."""
    begin(world, redis_server)
    pipe = redis_server.client.pipeline()
    for name in NAMES[:20]:
        if how == "deleted":
            pipe.delete(KEY % name)
        elif how == "disabled":
            pipe.hset(KEY % name, "state", "disabled")
        else:
            pipe.hset(KEY % name, "values", "")
    pipe.execute()
    eventually(lambda: held(world) == 20, within=4)
    assert count(world) == 40
    assert world.ctl_json("held")[0]["why"] == "20 of 40 names would be left, of 40 in the last 24 hours"
    assert "20 records" in world.ctl("accept", ident(world))
    eventually(lambda: count(world) == 20, within=2)
    assert (held(world), world.ctl_json("held")) == (0, [])
    assert "store removals were accepted zone=example.com" in world.text()


def test_an_older_backup(world, redis_server):
    """What the backup has is taken, what it does not have yet is held."""
    begin(world, redis_server)
    pipe = redis_server.client.pipeline(transaction=True)
    pipe.flushall()
    for name in NAMES[:25]:
        pipe.hset(KEY % name, "values", "192.0.2.200")
    pipe.execute()
    eventually(lambda: held(world) == 15, within=4)
    eventually(lambda: world.ask("n24.example.com").data == ["192.0.2.200"], within=2)
    assert world.ask("n25.example.com").data == ["192.0.2.26"]
    assert count(world) == 40


def test_deleted_in_a_loop(world, redis_server):
    """One after the other: at four fifths it ends. Accepted, we have what Redis has."""
    begin(world, redis_server)
    for name in NAMES[:-1]:
        redis_server.client.delete(KEY % name)
    eventually(lambda: held(world) != 0, within=4)
    always(lambda: count(world) >= 32, during=1.5)
    listed = ident(world)
    world.ctl("accept", listed)
    eventually(lambda: count(world) == 1, within=2)
    assert held(world) == 0
    reply = world.ctl_json("accept", listed, ok=False)
    assert reply["code"] == "not-found"


def test_what_came_later_is_not_accepted(world, redis_server):
    begin(world, redis_server)
    redis_server.client.delete(*[KEY % n for n in NAMES[:20]])
    eventually(lambda: held(world) == 20, within=4)
    listed = ident(world)
    redis_server.client.delete(*[KEY % n for n in NAMES[20:35]])
    eventually(lambda: held(world) == 35, within=4)
    world.ctl("accept", listed)
    eventually(lambda: count(world) == 20, within=2)
    assert held(world) == 15
    assert ident(world) != listed


def test_over_a_restart(world, redis_server):
    """Held ones and rejected ones are so after a restart, while Redis is gone, too."""
    begin(world, redis_server)
    redis_server.hset(KEY % "n39", values="nonsense")
    redis_server.client.delete(*[KEY % n for n in NAMES[:20]])
    eventually(lambda: held(world) == 20, within=4)
    before = world.ctl_json("held")
    (bad,) = world.ctl_json("rejected")
    assert bad["key"] == KEY % "n39" and bad["kept"] and "nonsense" in bad["why"]
    redis_server.kill()
    world.stop()
    world.start()
    assert world.ctl_json("held")[0]["count"] == 20
    assert {k: world.ctl_json("held")[0][k] for k in ("id", "zone", "since", "why")} == \
        {k: before[0][k] for k in ("id", "zone", "since", "why")}
    assert world.ctl_json("rejected") == [bad]
    assert count(world) == 40
    redis_server.start()
    eventually(lambda: world.status()["store"]["sync"] == "fresh", within=10)
    assert (held(world), count(world)) == (20, 40)
    assert world.ctl_json("rejected") == [bad]
    assert "the last good version is served" in world.ctl("rejected")
    world.ctl("accept", ident(world))
    eventually(lambda: count(world) == 20, within=2)
    world.stop()
    world.start()
    eventually(lambda: world.status()["store"]["sync"] == "fresh", within=10)
    assert (held(world), count(world)) == (0, 20)


def test_a_zone_is_removed_on_purpose(world, redis_server):
    begin(world, redis_server)
    redis_server.hset("dns:{example.com}", state="deleted")
    eventually(lambda: world.ask("n1.example.com").rcode == "REFUSED", within=2)
    redis_server.client.delete(*[KEY % n for n in NAMES])
    always(lambda: held(world) == 0, during=2)
    assert world.status()["store"]["records"] == 2


def test_embedded_store(world):
    """What would remove too much is refused; --force does it."""
    world.configure("zones:\n  - {domain: example.com, store: on, ns: [ns1.example.net]}\n")
    world.start()
    for name in NAMES[:5]:
        world.ctl("records", "set", name + ".example.com", "A", "values=192.0.2.1")
    for name in NAMES[:2]:
        world.ctl("records", "delete", name + ".example.com", "A")
    reply = world.ctl_json("records", "delete", "n2.example.com", "A", ok=False)
    assert reply["code"] == "refused"
    assert "2 of 3 names would be left, of 5" in reply["message"] and "--force" in reply["message"]
    for field in ("state=disabled", "values="):
        assert world.ctl_json("records", "set", "n2.example.com", "A", field, ok=False)["code"] == "refused"
    assert world.ask("n2.example.com").data == ["192.0.2.1"]
    world.ctl("records", "delete", "n2.example.com", "A", "--force")
    eventually(lambda: world.ask("n2.example.com").rcode == "NXDOMAIN", within=2)


def test_many_changes(world, redis_server):
    """More than half within a minute: said once."""
    begin(world, redis_server)
    fill(redis_server, NAMES[:20], last=50)
    fill(redis_server, NAMES[:20], last=60)
    eventually(lambda: world.ask("n19.example.com").data == ["192.0.2.79"], within=2)
    assert "store changes fast" not in world.text()
    fill(redis_server, NAMES, last=70)
    eventually(lambda: "store changes fast zone=example.com changed=21 rrsets=40" in world.text(), within=2)
    fill(redis_server, NAMES, last=80)
    eventually(lambda: world.ask("n39.example.com").data == ["192.0.2.119"], within=2)
    assert world.text().count("store changes fast") == 1
