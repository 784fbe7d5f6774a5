# SPDX-License-Identifier: BSD-2-Clause
"""What `plan` says a reload would do is what the reload then does, and nothing changes by it."""
import hashlib

import mmdbmaker

CONFIG = """zones:
  - {domain: example.com, file: example.com.zone}
  - {domain: example.net, file: example.net.zone}
geo:
  prefixes:
    - {prefix: 10.0.0.0/24, region: weu}
    - {prefix: 10.0.1.0/25, region: weu}
    - {prefix: 10.0.1.128/25, region: eeu}
    - {prefix: "2001:db8::/32", region: weu}
checks:
  - {name: web, tcp: {port: BACKEND_PORT}}
pools:
  - name: edge
    ttl: 30
    regions: {weu: [192.0.2.1, {address: 192.0.2.2, weight: 2}]}
    default: [192.0.2.9]
  - name: other
    default: [192.0.2.77]
"""


def begin(world, config=CONFIG):
    world.zone("example.com", "www A 192.0.2.1\nold A 192.0.2.3\nsteered POOL edge\nkept A 192.0.2.4\n")
    world.zone("example.net", "www A 192.0.2.2\n")
    world.configure(config)
    world.start()


def files(world):
    """All that the state folder holds, but for what is written at any time."""
    return {p.relative_to(world.folder): hashlib.sha256(p.read_bytes()).hexdigest()
            for p in (world.folder / "state").rglob("*")
            if p.is_file() and p.name != "alerts.json" and ".db" not in p.name and "inhand" not in p.name}


def plan(world, ok=True, *words):
    """It changes no file, no answer, and tells nobody."""
    before, log = files(world), len(world.text())
    reply = world.ctl_json("plan", *words, ok=ok)
    assert files(world) == before
    assert "held" not in world.text()[log:] and "reload" not in world.text()[log:]
    return reply if ok else reply["data"]


def nothing(world):
    got = plan(world)
    assert got["changes"] is False, got
    assert got["outcome"] == "taken"


def test_nothing_changes(world):
    begin(world)
    nothing(world)
    assert "nothing of these would change" in world.ctl("plan")
    assert "a reload would go through" in world.ctl("plan")


def test_names(world):
    begin(world)
    world.zone("example.com",
               "www A 192.0.2.5\nsteered POOL other\nnew A 192.0.2.6\nnew TXT x\nkept A 192.0.2.4\n")
    world.zone("example.org", "www A 192.0.2.3\n")
    world.configure(CONFIG.replace("zones:\n", "zones:\n  - {domain: example.org, file: example.org.zone}\n"))
    got = plan(world)["zones"]
    assert (got["added"], got["removed"], got["changed_count"]) == (["example.org"], [], 1)
    (zone,) = got["changed"]
    assert zone["zone"] == "example.com"
    assert sorted(zone["rrsets_added"]) == ["new.example.com A 300 192.0.2.6", "new.example.com TXT 300 \"x\""]
    assert zone["rrsets_removed"] == ["old.example.com A 300 192.0.2.3"]
    assert sorted(zone["rrsets_changed"]) == [
        "steered.example.com POOL pool edge -> pool other",
        "www.example.com A 300 192.0.2.1 -> 300 192.0.2.5"]
    assert world.ask("www.example.com").data == ["192.0.2.1"]
    assert world.ask("www.example.org").rcode == "REFUSED"
    world.ctl("reload")
    assert world.ask("www.example.com").data == ["192.0.2.5"]
    assert world.ask("steered.example.com").data == ["192.0.2.77"]
    assert world.ask("old.example.com").rcode == "NXDOMAIN"
    assert world.ask("new.example.com").data == ["192.0.2.6"]
    assert world.ask("www.example.org").data == ["192.0.2.3"]
    nothing(world)


def test_endpoints(world):
    begin(world)
    world.configure(CONFIG.replace("192.0.2.1, {address: 192.0.2.2, weight: 2}",
                                   "192.0.2.3, {address: 192.0.2.2, weight: 5}")
                    .replace("ttl: 30", "check: web\n    ttl: 40\n    sticky: on")
                    .replace("name: web, ", "name: web, interval: 7s, "))
    got = plan(world)
    assert got["checks"]["changed"] == ["web"]
    (pool,) = got["pools"]["changed"]
    assert pool["pool"] == "edge"
    assert pool["endpoints_added"] == ["weu/192.0.2.3"]
    assert pool["endpoints_removed"] == ["weu/192.0.2.1"]
    assert pool["endpoints_changed"] == ["weu/192.0.2.2 weight 2 -> 5"]
    assert pool["settings"] == ["check", "ttl", "sticky"]
    assert set(world.health()) == {"edge/weu/192.0.2.1", "edge/weu/192.0.2.2", "edge/default/192.0.2.9",
                                   "other/default/192.0.2.77"}
    world.ctl("reload")
    assert set(world.health()) == {"edge/weu/192.0.2.3", "edge/weu/192.0.2.2", "edge/default/192.0.2.9",
                                   "other/default/192.0.2.77"}
    nothing(world)


def test_the_address_space(world):
    """A quarter of what is known goes to other regions, as `geo` says after the reload."""
    begin(world)
    world.configure(CONFIG.replace("10.0.1.0/25, region: weu", "10.0.1.0/25, region: nordics")
                    .replace("  prefixes:\n", "  regions:\n    - {name: nordics, match: [NO]}\n  prefixes:\n")
                    .replace("2001:db8::/32", "2001:db8::/33"))
    got = plan(world)["geo"]
    assert got["regions_added"] == ["nordics"]
    assert got["ipv4"]["percent"] == 25
    assert got["ipv4"]["moves"] == [{"from": "weu", "to": "nordics", "percent": 25}]
    assert got["ipv6"]["moves"] == [{"from": "weu", "to": None, "percent": 50}]
    assert "~ 25         %  weu -> nordics" in world.ctl("plan")
    assert "weu" in world.ctl("geo", "10.0.1.1")
    world.ctl("reload")
    assert "nordics" in world.ctl("geo", "10.0.1.1")
    nothing(world)


def test_databases(world):
    """Which share goes where, by a database that is replaced before the reload."""
    config = "zones:\n  - {domain: example.com, file: example.com.zone}\ngeo:\n  databases: [%s]\n"

    def write(name, *countries):
        (world.folder / name).write_bytes(mmdbmaker.database(
            {"10.%d.0.0/16" % i: mmdbmaker.country(c) for i, c in enumerate(countries)}))

    write("a.mmdb", "FR", "FR", "FR", "FR", "PL", "PL", "PL", "PL", "US", "US")
    world.zone("example.com", "www A 192.0.2.1\n")
    world.configure(config % "a.mmdb")
    world.start()
    write("b.mmdb", "FR", "FR", "FR", "PL", "PL", "PL", "PL", "PL", "US", "US")
    world.configure(config % "b.mmdb")
    got = plan(world)["geo"]["ipv4"]
    (move,) = got["moves"]
    assert (round(move["percent"], 6), round(got["percent_country"], 6)) == (10, 10)
    where = world.ctl_json("geo", "10.3.0.1")["chain"], world.ctl_json("geo", "10.4.0.1")["chain"]
    assert (move["from"], move["to"]) == tuple("+".join(w) for w in where)
    # more than the guard lets pass: refused, and --force shows what it would be
    write("b.mmdb", "FR", "PL", "PL", "PL", "PL", "PL", "PL", "PL", "PL", "PL")
    world.configure(config % "a.mmdb")
    (world.folder / "b.mmdb").replace(world.folder / "a.mmdb")
    refused = world.ctl_json("plan", ok=False)
    assert refused["code"] == "refused"
    assert "50 % of the IPv4 addresses would be in another country" in "".join(refused["data"]["complaints"])
    forced = world.ctl_json("plan", "--force")["geo"]["ipv4"]
    assert (round(forced["percent"], 6), round(forced["percent_country"], 6)) == (50, 50)


def test_what_would_be_held(world):
    """A zone's file that loses too much, and a whole configuration; each with its why."""
    names = "".join("n%d A 192.0.2.1\n" % i for i in range(20))
    begin(world)
    world.zone("example.net", names)
    world.ctl("reload")
    world.zone("example.net", "n0 A 192.0.2.1\n")
    reply = world.ctl_raw("plan")
    assert reply.returncode == 1 and "WOULD BE HELD: 3 of 22 names would be left" in reply.stdout, reply.stdout
    got = plan(world, False)
    assert got["outcome"] == "partly"
    assert [h["zone"] for h in got["held_zones"]] == ["example.net"]
    (zone,) = got["zones"]["changed"]
    assert zone["held"] == "3 of 22 names would be left"
    assert zone["rrsets_removed_count"] == 19 and len(zone["rrsets_removed"]) == 10
    assert len(plan(world, False, "--limit", "3")["zones"]["changed"][0]["rrsets_removed"]) == 3
    assert world.ctl_json("held") == []
    assert plan(world, True, "--force")["outcome"] == "taken"
    assert world.ctl_json("reload", ok=False)["code"] == "partly"
    assert [h["why"] for h in world.ctl_json("held")] == ["3 of 22 names would be left"]

    world.zone("example.net", names)
    world.configure(CONFIG.replace("  - {domain: example.net, file: example.net.zone}\n", ""))
    reply = world.ctl_json("plan", ok=False)
    assert (reply["code"], reply["data"]["held"]) == ("held", "zones would go: example.net")
    assert reply["data"]["zones"]["removed"] == ["example.net"]
    assert world.ctl_json("reload", ok=False)["code"] == "refused"
    assert "zones would go: example.net" in [h["why"] for h in world.ctl_json("held")]


def test_what_would_be_refused(world):
    """Every complaint with its place; a zone file alone is bad by itself."""
    begin(world)
    world.zone("example.net", "www A 192.0.2.300\n")
    got = plan(world, False)
    assert (got["outcome"], got["bad_zones"]) == ("partly", 1)
    assert "example.net.zone:6:" in got["complaints"][0]
    world.configure(CONFIG.replace("ttl: 30", "ttl: many").replace("region: eeu", "region: nowhere"))
    reply = world.ctl_json("plan", ok=False)
    assert reply["code"] == "refused" and reply["data"]["outcome"] == "refused"
    places = " ".join(reply["data"]["complaints"])
    assert "sextant.yaml:14:" in places and "sextant.yaml:8:" in places, places
    reloaded = world.ctl_json("reload", ok=False)
    assert reloaded["code"] == "refused"
    assert reloaded["data"]["complaints"] == reply["data"]["complaints"]


def test_what_needs_a_restart(world):
    begin(world)
    world.configure(CONFIG, server="  tcp_workers: 3\n  admin_group: nobody-of-them\n")
    got = plan(world)
    assert got["restart"] == ["tcp_workers", "admin_group"]
    assert "of server, tcp_workers, admin_group will change with a restart" in world.ctl("reload")


def test_many_at_once(world):
    """Plans and reloads stand in line or are told to come again; nobody is lost."""
    import concurrent.futures

    begin(world)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda i: world.ctl_raw("reload" if i % 4 == 0 else "plan"), range(24)))
    for reply in got:
        assert reply.returncode == 0 or "busy: " in reply.stderr, reply
    assert any(reply.returncode == 0 for reply in got)
    nothing(world)


def test_usage(world):
    begin(world)
    for words in (["--limit"], ["--limit", "0"], ["--limit", "9x"], ["all"]):
        assert world.ctl_raw("plan", *words).returncode == 1
