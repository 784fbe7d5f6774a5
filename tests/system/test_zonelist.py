# SPDX-License-Identifier: BSD-2-Clause
"""`zones`: where each comes from, its serial, its records, and what is wrong with it."""
from limits import eventually

CONFIG = """zones:
  - {domain: example.com, file: example.com.zone}
  - {domain: example.net, file: example.net.zone, store: on}
  - {domain: example.org, store: on, ns: [ns1.example.net]}
"""
NAMES = "".join("n%d A 192.0.2.1\n" % i for i in range(20))


def begin(world, text=CONFIG):
    world.zone("example.com", NAMES)
    world.zone("example.net", "www A 192.0.2.2\n")
    world.configure(text)
    world.start()


def zones(world, *words):
    return {z["zone"]: z for z in world.ctl_json("zones", *words)["zones"]}


def serial(world, zone):
    return int(world.ask(zone, "SOA").data[0].split()[2])


def test_what_is_served(world):
    begin(world)
    got = zones(world)
    assert {n: (z["state"], z["store"], z["rrsets_file"], z["rrsets_store"]) for n, z in got.items()} == {
        "example.com": ("served", False, 23, 0), "example.net": ("served", True, 4, 0),
        "example.org": ("served", True, 0, 1)}
    for name, z in got.items():
        assert z["serial"] == serial(world, name)
    world.ctl("records", "set", "a.example.net", "A", "values=[\"192.0.2.7\"]")
    before = got["example.net"]
    # the serial goes up once a second at most
    now = eventually(lambda: (z := zones(world, "example.net")["example.net"])["serial"] > before["serial"] and z,
                     within=8)
    assert now["serial"] == serial(world, "example.net")
    assert now["rrsets_store"] == 1 and now["since"] >= before["since"]
    text = world.ctl("zones")
    assert [line.split()[:2] for line in text.splitlines()] == [
        ["zone", "source"], ["example.com", "file"], ["example.net", "file,"], ["example.org", "store"]]


def test_bad_and_held_files(world):
    begin(world)
    before = zones(world)["example.com"]
    world.zone("example.com", NAMES + "bad A 192.0.2.300\n")
    world.ctl_raw("reload")
    z = zones(world)["example.com"]
    assert (z["state"], z["rrsets"], z["serial"], z["since"]) == ("old file", 23, 1, before["since"])
    assert "example.com.zone:26:" in z["why"] and z["bad_file"] == z["why"]
    world.zone("example.com", "n1 A 192.0.2.1\n")
    world.ctl_raw("reload")
    z = zones(world)["example.com"]
    assert (z["state"], z["held_file"], z["bad_file"]) == ("held", "3 of 22 names would be left", None)
    world.ctl("accept", world.ctl_json("held")[0]["id"])
    z = zones(world)["example.com"]
    assert (z["state"], z["rrsets"], z["why"]) == ("served", 4, None)


def test_broken_at_a_start(world):
    """A file that was never good: SERVFAIL, and why."""
    world.zone("example.com", "bad A 192.0.2.300\n")
    world.zone("example.net", "www A 192.0.2.2\n")
    world.configure(CONFIG)
    world.start()
    z = zones(world)["example.com"]
    assert (z["state"], z["serial"], z["broken"]) == ("SERVFAIL", None, True)
    assert "example.com.zone:6:" in z["why"]
    assert world.ask("bad.example.com").rcode == "SERVFAIL"
    assert zones(world)["example.net"]["state"] == "served"


def test_bounds(world):
    begin(world)
    got = world.ctl_json("zones", "--limit", "2")
    assert (len(got["zones"]), got["count"]) == (2, 3)
    assert "and 1 more zones; see --limit" in world.ctl("zones", "--limit", "2")
    assert set(zones(world, "*.net")) == {"example.net"}
    assert world.ctl_json("zones", "none.*", ok=False)["code"] == "not-found"
    for words in (["--limit", "0"], ["--limit", "x"], ["a", "b"]):
        assert world.ctl_raw("zones", *words).returncode == 1
