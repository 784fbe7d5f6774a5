# SPDX-License-Identifier: BSD-2-Clause
"""What a configuration or zone file would lose is held: at a start too, and by and by."""
import pytest

from limits import eventually

COM = "  - {domain: example.com, file: example.com.zone}\n"
NET = "  - {domain: example.net, file: example.net.zone}\n"
STORE = "  - {domain: example.org, store: on, ns: [ns1.example.net]}\n"


def write(world, names, domain="example.com", last=1, more=""):
    world.zone(domain, more + "".join("n%d A 192.0.2.%d\n" % (i, last) for i in range(names)))


def begin(world, text="zones:\n" + COM + NET):
    write(world, 20)
    write(world, 20, "example.net")
    world.configure(text)
    world.start()


def restart(world, text=None):
    world.stop()
    if text is not None:
        world.configure(text)
    world.start()


def served(world, domain="example.com"):
    return sum(world.ask("n%d.%s" % (i, domain)).rcode == "NOERROR" for i in range(20))


def partly(world):
    reply = world.ctl_raw("reload")
    assert reply.returncode == 1, reply.stdout
    return reply.stdout


def only(world):
    (h,) = world.ctl_json("held")
    return h


def test_a_zone_is_gone_at_a_start(world):
    """The configuration that was accepted last is served as a whole; accepted, the new one
    is, and at the next start too."""
    begin(world)
    write(world, 20, last=2)
    restart(world, "zones:\n" + COM)
    assert served(world, "example.net") == 20
    h = only(world)
    assert (h["kind"], h["why"]) == ("configuration", "zones would go: example.net")
    assert "configuration held, the last accepted one is served" in world.text()
    assert "held, and the last accepted one is served: zones would go: example.net" in world.ctl("status")
    restart(world)
    assert only(world)["id"] == h["id"], "nobody has accepted it by starting again"
    # read again it is the same
    assert "zones would go: example.net" in partly(world)
    assert only(world)["id"] == h["id"]
    world.ctl("accept", h["id"])
    assert world.ask("n1.example.net").rcode == "REFUSED"
    assert (world.ctl_json("held"), served(world)) == ([], 20)
    restart(world)
    assert world.ask("n1.example.net").rcode == "REFUSED"
    assert world.ctl_json("held") == []


def test_what_was_reloaded_is_the_measure_of_a_start(world):
    begin(world)
    world.configure("zones:\n" + COM)
    world.ctl("reload", "--force")
    restart(world)
    assert world.ctl_json("held") == []
    world.configure("zones:\n" + COM + NET)
    world.ctl("reload")
    restart(world, "zones:\n" + COM)
    assert only(world)["why"] == "zones would go: example.net"
    # mended, it is forgotten
    restart(world, "zones:\n" + COM + NET)
    assert world.ctl_json("held") == []


def test_files_that_are_included(world):
    """The copy has them all, by name and by pattern."""
    world.write("a.yaml", "zones:\n" + COM)
    (world.folder / "zones.d").mkdir()
    world.write("zones.d/b.yaml", "zones:\n" + NET.replace("file: ", "file: ../"))
    begin(world, "include: [a.yaml, zones.d/*.yaml]\n")
    assert served(world, "example.net") == 20
    world.write("a.yaml", "# all gone\n")
    (world.folder / "zones.d/b.yaml").unlink()
    restart(world, "zones:\n  - {domain: example.org, file: example.com.zone}\n")
    assert (served(world), served(world, "example.net")) == (20, 20)
    assert only(world)["why"] == "zones would go: example.com example.net"


@pytest.mark.parametrize("what,change,why", (
    ("store", lambda t: t.replace(STORE, STORE.replace("store: on", "file: example.org.zone").replace(
        ", ns: [ns1.example.net]", "")), "zones would lose their records in the store: example.org"),
    ("file", lambda t: t.replace("file: example.net.zone", "store: on, ns: [ns1.example.net]"),
     "zones would lose their file: example.net"),
    ("pool", lambda t: t.replace("name: other", "name: another"), "pools would go: other"),
    ("endpoints", lambda t: t.replace("192.0.2.3, 192.0.2.4, 192.0.2.5, 192.0.2.6", "192.0.2.3"),
     "4 of 7 endpoints of all pools would be left"),
))
@pytest.mark.parametrize("when", ("reload", "start"))
def test_what_else_a_configuration_can_lose(world, when, what, change, why):
    text = ("pools:\n  - {name: edge, default: [192.0.2.3, 192.0.2.4, 192.0.2.5, 192.0.2.6]}\n"
            "  - {name: other, default: [192.0.2.7, 192.0.2.8, 192.0.2.9]}\n"
            "zones:\n" + COM + NET + STORE)
    write(world, 3, "example.org")
    begin(world, text)
    assert change(text) != text
    if when == "start":
        restart(world, change(text))
    else:
        world.configure(change(text))
        partly(world)
    assert only(world)["why"] == why
    assert served(world, "example.net") == 20
    world.ctl("accept", only(world)["id"])
    assert world.ctl_json("held") == []


def test_a_longer_zone_takes_names_over(world):
    """Names that a new zone below would have to serve, and does not have."""
    begin(world)
    write(world, 10, more="".join("h%d.sub A 192.0.2.9\n" % i for i in range(10)))
    world.ctl("reload", "--force")
    world.zone("sub.example.com", "h0 A 192.0.2.8\n")
    longer = "zones:\n" + COM + NET + "  - {domain: sub.example.com, file: sub.example.com.zone}\n"
    world.configure(longer)
    assert "9 of 22 names of example.com would go to new zones without them" in partly(world)
    assert world.ask("h5.sub.example.com").data == ["192.0.2.9"]
    restart(world)
    assert world.ask("h5.sub.example.com").data == ["192.0.2.9"]
    # with them it may
    world.zone("sub.example.com", "".join("h%d A 192.0.2.8\n" % i for i in range(10)))
    world.ctl("reload")
    assert world.ask("h5.sub.example.com").data == ["192.0.2.8"]


def test_a_cut_above_many_names(world):
    """Names below a delegation or a DNAME of the file's own are not served any more."""
    inner = "".join("h%d.sub A 192.0.2.9\n" % i for i in range(10))
    begin(world)
    write(world, 10, more=inner)
    world.ctl("reload", "--force")
    for line in ("sub NS ns1.example.net.\n", "sub DNAME example.net.\n"):
        write(world, 10, more=line + inner)
        assert "held: 13 of 22 names would be left" in partly(world)
        assert world.ask("h5.sub.example.com").data == ["192.0.2.9"]


def test_by_and_by(world):
    """Small losses in a row are one large one, over restarts too; what is accepted is the
    new measure."""
    begin(world)
    write(world, 18)
    world.ctl("reload")
    write(world, 16)
    world.ctl("reload")
    write(world, 15)
    assert "17 of 18 names would be left, of 22 in the last 24 hours" in partly(world)
    assert served(world) == 16
    restart(world)
    assert only(world)["why"] == "17 of 18 names would be left, of 22 in the last 24 hours"
    world.ctl("accept", only(world)["id"])
    assert served(world) == 15
    write(world, 13)
    world.ctl("reload")
    restart(world)
    assert (served(world), world.ctl_json("held")) == (13, [])
    write(world, 11)
    assert "13 of 15 names would be left, of 17 in the last 24 hours" in partly(world)


def test_endpoints_by_and_by(world):
    text = "pools:\n  - {name: edge, default: [%s]}\nzones:\n" + COM + NET
    every = ["192.0.2.%d" % i for i in range(1, 21)]
    begin(world, text % ", ".join(every))
    world.configure(text % ", ".join(every[:16]))
    world.ctl("reload")
    restart(world, text % ", ".join(every[:12]))
    assert only(world)["why"] == \
        "12 of 16 endpoints of all pools would be left, of 20 in the last 24 hours"
    world.ctl("accept", only(world)["id"])
    world.configure(text % ", ".join(every[:9]))
    world.ctl("reload")
    eventually(lambda: world.ctl_json("held") == [], within=2)


def test_another_kind_of_store(world, redis_server):
    """Accepted, it is the next start's: beside what is served it can not be taken."""
    begin(world)
    restart(world, "store:\n  kind: redis\n  address: 127.0.0.1@REDIS_PORT\nzones:\n" + COM)
    assert "changes with a restart only" in world.ctl("accept", only(world)["id"])
    assert served(world, "example.net") == 20
    restart(world)
    assert world.ask("n1.example.net").rcode == "REFUSED"
    assert world.status()["store"]["kind"] == "redis"
