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
    assert "2 of 3 names would be left, of 5" in reply["error"] and "--force" in reply["error"]
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


# ---- files ----

FILES = """zones:
  - {domain: example.com, file: example.com.zone}
  - {domain: example.net, file: example.net.zone}
"""


def write(world, names, domain="example.com", last=1):
    world.zone(domain, "".join("n%d A 192.0.2.%d\n" % (i, last) for i in range(names)))


def begin_files(world):
    write(world, 20)
    write(world, 20, "example.net")
    world.configure(FILES)
    world.start()


def partly(world, *words):
    reply = world.ctl_raw("reload", *words)
    assert reply.returncode == 1, reply.stdout
    return reply


def names_of(world, domain="example.com"):
    return sum(world.ask("n%d.%s" % (i, domain)).rcode == "NOERROR" for i in range(20))


def test_a_zone_file_is_cut(world):
    """Its old version is served on, the other zone's new one is taken."""
    begin_files(world)
    write(world, 10)
    write(world, 20, "example.net", last=2)
    reply = partly(world)
    (h,) = world.ctl_json("held")
    assert h["kind"] == "zone file" and h["zone"] == "example.com" and h["id"].startswith("example.com/file-")
    assert h["why"] == "12 of 22 names would be left"
    assert "example.com.zone: error: held: 12 of 22 names would be left" in reply.stdout
    assert "0 zone files are bad and 1 are held" in reply.stderr
    assert h["id"] in world.ctl("held")
    assert names_of(world) == 20
    assert world.ask("n1.example.net").data == ["192.0.2.2"]
    # the same again: the same id. Another version: another
    partly(world)
    assert world.ctl_json("held")[0]["id"] == h["id"]
    write(world, 9)
    partly(world)
    assert world.ctl_json("accept", h["id"], ok=False)["code"] == "not-found"
    (h,) = world.ctl_json("held")
    # just what was held is taken, not what is in the file by now
    write(world, 2)
    world.ctl("accept", h["id"])
    assert names_of(world) == 9
    assert world.ctl_json("held") == []
    assert names_of(world, "example.net") == 20
    # a small loss needs nobody, nor does one that is forced
    write(world, 8)
    world.ctl("reload")
    write(world, 1)
    partly(world)
    world.ctl("reload", "--force")
    assert (names_of(world), world.ctl_json("held")) == (1, [])


def test_a_zone_file_is_cut_while_we_are_down(world):
    """At the start the last accepted copy stands in; accepted, it is the copy."""
    begin_files(world)
    world.stop()
    write(world, 10)
    world.start()
    assert names_of(world) == 20
    (h,) = world.ctl_json("held")
    assert "zone file held, old version served on zone=example.com" in world.text()
    world.stop()
    world.start()
    assert world.ctl_json("held")[0]["id"] == h["id"]
    world.ctl("accept", h["id"])
    assert names_of(world) == 10
    world.stop()
    world.start()
    assert (names_of(world), world.ctl_json("held")) == (10, [])


def test_a_zone_is_gone_from_the_configuration(world):
    begin_files(world)
    write(world, 20, last=2)
    world.configure(FILES.replace("  - {domain: example.net, file: example.net.zone}\n", ""))
    reply = partly(world)
    assert "zones would go: example.net" in reply.stdout
    assert names_of(world, "example.net") == 20
    assert world.ask("n1.example.com").data == ["192.0.2.1"], "the whole new version is held"
    (h,) = world.ctl_json("held")
    assert h["id"].startswith("configuration/") and (h["kind"], h["zone"]) == ("configuration", None)
    partly(world)
    assert world.ctl_json("held")[0]["id"] == h["id"], "the same version has the same id"
    world.ctl("accept", h["id"])
    assert world.ask("n1.example.net").rcode == "REFUSED"
    assert world.ask("n1.example.com").data == ["192.0.2.2"]
    assert world.ctl_json("held") == []
    world.configure(FILES)
    world.ctl("reload")
    assert names_of(world, "example.net") == 20
    world.configure(FILES.replace("  - {domain: example.net, file: example.net.zone}\n", ""))
    world.ctl("reload", "--force")
    assert world.ask("n1.example.net").rcode == "REFUSED"


def test_most_endpoints_go(world):
    pools = "pools:\n  - {name: edge, default: [%s]}\n"
    write(world, 20)
    world.zone("example.net", "api POOL edge\n")
    every = ["192.0.2.%d" % i for i in range(10)]
    world.configure(FILES + pools % ", ".join(every))
    world.start()
    world.configure(FILES + pools % ", ".join(every[:7]))
    world.ctl("reload")
    world.configure(FILES + pools % every[0])
    assert "1 of 7 endpoints of all pools would be left" in partly(world).stdout
    # mended, it is forgotten
    world.configure(FILES + pools % ", ".join(every))
    world.ctl("reload")
    assert world.ctl_json("held") == []


def test_one_bad_file_among_good_ones(world):
    """It keeps its own old version, and no other's."""
    begin_files(world)
    write(world, 20, last=2)
    world.zone("example.net", "n0 A 192.0.2.256\n")
    reply = partly(world)
    assert "example.net.zone:6:" in reply.stdout and "served on" in reply.stderr
    assert world.ask("n1.example.com").data == ["192.0.2.2"]
    assert world.ask("n1.example.net").data == ["192.0.2.1"]
    assert "zone file bad, old version served on zone=example.net" in world.text()
    # a new zone that is bad has no old version
    world.configure(FILES + "  - {domain: example.org, file: example.org.zone}\n")
    world.zone("example.org", "n0 A 192.0.2.256\n")
    write(world, 20, "example.net", last=3)
    partly(world)
    assert world.ask("n1.example.net").data == ["192.0.2.3"]
    assert world.ask("n1.example.org").rcode == "SERVFAIL"
