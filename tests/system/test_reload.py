# SPDX-License-Identifier: BSD-2-Clause
"""What is wrong is refused with its place, and what was good is served on."""
import os
import re
import shutil
import signal

import pytest

from limits import eventually

CONFIG = """zones:
  - {domain: example.com, file: example.com.zone}
  - {domain: example.net, file: example.net.zone}
geo:
  prefixes:
    - {prefix: 127.0.1.0/24, region: weu}
pools:
  - name: edge
    regions: {weu: 192.0.2.1}
    default: [192.0.2.9]
"""


def begin(world, config=CONFIG):
    world.zone("example.com", "www A 192.0.2.1\nsteered POOL edge\n")
    world.zone("example.net", "www A 192.0.2.2\n")
    world.configure(config)
    world.start()


def address(world, name, **options):
    return world.ask(name, "A", **options).data


def test_good_changes_are_served(world):
    """A zone file, a pool, a region and a whole zone change in one reload."""
    begin(world)
    assert address(world, "www.example.com") == ["192.0.2.1"]
    assert world.ask("www.example.org").rcode == "REFUSED"
    world.zone("example.com", "www A 192.0.2.77\nsteered POOL edge\nmore A 192.0.2.78\n")
    world.zone("example.org", "www A 192.0.2.3\n")
    world.configure(CONFIG.replace("example.net", "example.org")
                    .replace("127.0.1.0/24", "127.0.2.0/24").replace("192.0.2.9", "192.0.2.10"))
    # a zone goes: that has to be said
    assert "reloaded: 2 zones" in world.ctl("reload", "--force")
    assert address(world, "www.example.com") == ["192.0.2.77"]
    assert address(world, "more.example.com") == ["192.0.2.78"]
    assert address(world, "www.example.org") == ["192.0.2.3"]
    assert address(world, "steered.example.com", source="127.0.1.1") == ["192.0.2.10"]
    assert address(world, "steered.example.com", source="127.0.2.1") == ["192.0.2.1"]
    got = world.ask("www.example.net")
    assert got.rcode == "REFUSED", "the zone is gone"


def test_by_signal(world):
    begin(world)
    world.zone("example.com", "www A 192.0.2.77\nsteered POOL edge\n")
    world.signal(signal.SIGHUP)
    eventually(lambda: address(world, "www.example.com") == ["192.0.2.77"], within=2)
    world.zone("example.com", "www A 192.0.2.256\n")
    world.signal(signal.SIGHUP)
    eventually(lambda: "reload refused" in world.text(), within=2)
    assert address(world, "www.example.com") == ["192.0.2.77"]


def refused(world, *places):
    """A reload is refused, and names every one of these places."""
    reply = world.ctl_raw("reload")
    assert reply.returncode == 1, reply.stdout
    for place in places:
        assert any(place in line for line in reply.stdout.splitlines()), (place, reply.stdout)
        assert any(place in line for line in world.text().splitlines() if "reload refused" in line), place
    assert "served on" in reply.stderr


def test_bad_configuration(world):
    begin(world)
    world.zone("example.com", "www A 192.0.2.77\nsteered POOL edge\n")
    world.configure(CONFIG.replace("regions: {weu", "regoins: {weu").replace("127.0.1.0/24", "127.0.1.1/24"))
    refused(world, "sextant.yaml:6:16: error: ", "sextant.yaml:9:5: error: ")
    assert address(world, "www.example.com") == ["192.0.2.1"], "all or nothing"
    assert address(world, "steered.example.com", source="127.0.1.1") == ["192.0.2.1"]
    # broken YAML, an empty file, no file
    for text in ("zones: [", ""):
        world.config.write_text(text)
        refused(world, "sextant.yaml")
    world.config.unlink()
    refused(world, "sextant.yaml")
    assert address(world, "www.example.net") == ["192.0.2.2"]
    # and mended it is taken
    world.configure(CONFIG)
    world.ctl("reload")
    assert address(world, "www.example.com") == ["192.0.2.77"]


def test_another_kind_of_store(world):
    """From one kind of store to the other leads only a restart."""
    begin(world)
    world.configure(CONFIG + "store: {kind: redis, address: 127.0.0.1@%d}\n" % world.port)
    refused(world, "kind changes with a restart only")
    assert world.status()["store"]["kind"] == "embedded"
    assert address(world, "www.example.com") == ["192.0.2.1"]


def test_bad_zone_file(world):
    begin(world)
    world.zone("example.com", "www A 192.0.2.77\nsteered POOL edge\nbad MX\nworse A 1.2.3\n")
    world.zone("example.net", "www A 192.0.2.99\n")
    refused(world, "example.com.zone:8:", "example.com.zone:9:")
    assert address(world, "www.example.com") == ["192.0.2.1"]
    assert address(world, "www.example.net") == ["192.0.2.99"], "each for itself"
    (world.folder / "example.com.zone").unlink()
    refused(world, "example.com.zone")
    assert address(world, "www.example.com") == ["192.0.2.1"]


def test_a_pool_that_a_zone_needs(world):
    begin(world)
    world.configure(CONFIG.replace("name: edge", "name: core"))
    refused(world, "example.com.zone:7:")
    assert address(world, "steered.example.com") == ["192.0.2.9"]


GEO = CONFIG.replace("geo:\n", "geo:\n  databases: [country.mmdb]\n")


def test_bad_database(world, geo_database):
    """Cut in the middle, and not a database at all."""
    good = world.folder / "country.mmdb"
    shutil.copy(geo_database, good)
    begin(world, GEO)
    ecs = {"ecs": "193.0.6.0/24"}
    assert address(world, "steered.example.com", **ecs) == ["192.0.2.1"], "NL is in weu"
    for content in (geo_database.read_bytes()[:2000000], b"not a database\n", b""):
        good.write_bytes(content)
        refused(world, "country.mmdb")
        assert address(world, "steered.example.com", **ecs) == ["192.0.2.1"]
    # at a start the last accepted copy stands in
    world.stop()
    world.start()
    assert address(world, "steered.example.com", **ecs) == ["192.0.2.1"]
    assert "last accepted copy" in world.text()
    assert "country.mmdb" in world.status()["problems"][0]
    # and without a copy everybody is nowhere, but answered
    world.stop()
    shutil.rmtree(world.folder / "state" / "accepted")
    world.start()
    assert address(world, "steered.example.com", **ecs) == ["192.0.2.9"]
    assert address(world, "www.example.com") == ["192.0.2.1"]
    # operators' prefixes hold without any database
    assert address(world, "steered.example.com", source="127.0.1.1") == ["192.0.2.1"]


def test_start_with_a_broken_configuration(world):
    """The one thing that is fatal at a start: exit 1, and all mistakes listed."""
    world.zone("example.com", "www A 192.0.2.1\n")
    world.configure(CONFIG.replace("name: edge", "nmae: edge").replace("region: weu}", "region: mars}")
                    .replace("192.0.2.9", "192.0.2.999"))
    world.start(ready=False)
    world.wait_ended(1)
    for place in ("sextant.yaml:6:", "sextant.yaml:8:5", "sextant.yaml:10:15"):
        assert any(place in line and ": error: " in line for line in world.text().splitlines()), place
    assert not (world.folder / "state").exists()


def test_start_with_a_bad_zone_file(world):
    """Its last accepted copy; without one SERVFAIL, and for that zone only."""
    begin(world)
    world.stop()
    world.zone("example.com", "www A 192.0.2.256\n")
    world.start()
    assert address(world, "www.example.com") == ["192.0.2.1"]
    assert address(world, "steered.example.com", source="127.0.1.1") == ["192.0.2.1"]
    problem = f"{world.folder}/example.com.zone:6:7: error: '192.0.2.256' is not an IPv4 address"
    assert f" error start with {problem}\n" in world.text()
    assert "last accepted copy served zone=example.com\n" in world.text()
    assert world.status()["problems"] == [problem]
    assert f"PROBLEM    {problem}\n" in world.ctl("status")
    assert not any(z["broken"] for z in world.status()["zones"])
    world.stop()
    shutil.rmtree(world.folder / "state" / "accepted")
    world.start()
    with world.moves(udp_queries=1, edns=1, servfail=1):
        got = world.ask("www.example.com")
    assert (got.rcode, got.aa, got.answer, got.authority) == ("SERVFAIL", False, [], [])
    assert world.ask("example.com", "SOA").rcode == "SERVFAIL"
    assert address(world, "www.example.net") == ["192.0.2.2"]
    assert [z["zone"] for z in world.status()["zones"] if z["broken"]] == ["example.com"]
    # mended, a reload brings it back
    world.zone("example.com", "www A 192.0.2.50\n")
    world.ctl("reload")
    assert address(world, "www.example.com") == ["192.0.2.50"]
    assert world.status()["problems"] == []


def test_a_copy_with_its_includes(world):
    """The accepted copy holds what $INCLUDE read, too."""
    world.write("hosts", "a A 192.0.2.11\n")
    world.zone("example.com", "www A 192.0.2.1\n$INCLUDE hosts\n")
    world.zone("example.net", "www A 192.0.2.2\n")
    world.configure(CONFIG)
    world.start()
    assert address(world, "a.example.com") == ["192.0.2.11"]
    world.stop()
    (world.folder / "hosts").unlink()
    world.start()
    assert address(world, "a.example.com") == ["192.0.2.11"]
    assert address(world, "www.example.com") == ["192.0.2.1"]


@pytest.mark.parametrize("damage", ["cut", "empty", "noise"])
def test_a_damaged_copy_is_not_served(world, damage):
    begin(world)
    world.stop()
    copy = world.folder / "state" / "accepted" / "example.com.zone"
    data = copy.read_bytes()
    copy.write_bytes({"cut": data[:len(data) // 2], "empty": b"", "noise": b"\0\xff" * 500}[damage])
    world.zone("example.com", "www A 192.0.2.256\n")
    world.start()
    assert world.ask("www.example.com").rcode == "SERVFAIL"
    assert address(world, "www.example.net") == ["192.0.2.2"]


def test_state_can_not_be_written(world):
    """A folder for the state that can not be: loudly said, and served all the same."""
    world.write("state", "a file where a folder should be\n")
    begin(world)
    assert address(world, "www.example.com") == ["192.0.2.1"]
    assert "state" in world.text() and "error" in world.text()
    assert "disk       OFF: " in world.ctl("status")
    assert not world.status()["store"]["disk_on"]


def test_answers_go_on_during_reloads(world):
    """Twenty reloads with questions all the while: none goes unanswered or wrong."""
    begin(world)
    for i in range(20):
        world.zone("example.com", "www A 192.0.2.%d\nsteered POOL edge\n" % (i + 1))
        world.signal(signal.SIGHUP)
        for _ in range(10):
            got = world.ask("www.example.com")
            assert got.rcode == "NOERROR" and len(got.data) == 1
            assert address(world, "steered.example.com", source="127.0.1.1") == ["192.0.2.1"]
    # a signal that came while a reload ran is not forgotten
    eventually(lambda: address(world, "www.example.com") == ["192.0.2.20"], within=3)


def test_a_serial_that_was_forgotten_is_told(world):
    """Only where there are secondaries, which would keep what they have."""
    def write(serial, data, zone="example.com"):
        world.write(zone + ".zone", "$TTL 60\n@ SOA ns.x. h.x. %d 1 1 1 1\n@ NS ns.x.\n%s"
                    % (serial, data))
        return world.ctl("reload")
    begin(world, "zones:\n  - {domain: example.com, file: example.com.zone, transfer: 127.0.0.9}\n"
          "  - {domain: example.net, file: example.net.zone}\npools:\n"
          "  - {name: edge, default: 192.0.2.9}\n")
    write(7, "www A 192.0.2.1\nb A 192.0.2.2\n")
    assert "warning" not in write(7, "; only a comment\nb A 192.0.2.2\nwww A 192.0.2.1\n")
    forgotten = "warning: example.com. was changed, but its serial is still 7"
    for data in ("www A 192.0.2.1\nb A 192.0.2.3\n", "www A 192.0.2.1\nc A 192.0.2.3\n",
                 "www A 192.0.2.1\n", "www A 192.0.2.1\nwww TXT x\n", "www 1 A 192.0.2.1\n"):
        assert forgotten in write(7, data), data
    assert forgotten in world.text()
    assert "warning" not in write(8, "www A 192.0.2.4\n")
    assert "the serial of example.com. goes back from 8 to 6" in write(6, "www A 192.0.2.4\n")
    assert "warning" not in write(4294967295 // 2, "www A 192.0.2.4\n")
    write(7, "www A 192.0.2.1\n", "example.net")
    assert "warning" not in write(7, "www A 192.0.2.2\n", "example.net")


def unchanged(world):
    """How many zone files the last reload found as they were."""
    return int(re.findall(r"reload done zones=\d+ unchanged=(\d+)", world.text())[-1])


def test_what_is_unchanged_is_not_parsed_again(world):
    """By what files hold, also those that are included, whatever their times say."""
    begin(world)
    part = world.folder / "part.zone"
    part.write_text("in A 192.0.2.50\n")
    path = world.zone("example.net", "$INCLUDE %s\nw_w A 192.0.2.2\n" % part)
    said = world.ctl("reload")
    assert unchanged(world) == 1, "example.com"
    assert "w_w.example.net. is not the name of a host" in said
    # another time, the same text
    os.utime(path)
    said = world.ctl("reload")
    assert unchanged(world) == 2
    assert "w_w.example.net. is not the name of a host" in said, "it is still so"
    assert address(world, "in.example.net") == ["192.0.2.50"]
    # another text of the same length, in the same file, with the same time
    before = part.stat()
    with open(part, "r+") as f:
        f.write("in A 192.0.2.51\n")
    os.utime(part, ns=(before.st_atime_ns, before.st_mtime_ns))
    world.ctl("reload")
    assert unchanged(world) == 1
    assert address(world, "in.example.net") == ["192.0.2.51"]
    # one that can not be read is bad, and as it was it is as it was
    part.rename(world.folder / "aside")
    assert world.ctl_raw("reload").returncode == 1
    assert address(world, "in.example.net") == ["192.0.2.51"]
    (world.folder / "aside").rename(part)
    world.ctl("reload")
    assert unchanged(world) == 2
    assert address(world, "in.example.net") == ["192.0.2.51"]


def test_pools_are_part_of_a_zone_that_names_them(world):
    """A zone file that names a pool is read again when there are others."""
    begin(world)
    world.configure(CONFIG.replace("192.0.2.9", "192.0.2.10"))
    world.ctl("reload")
    assert unchanged(world) == 2, "its addresses are no matter of the zone's"
    assert address(world, "steered.example.com") == ["192.0.2.10"]
    world.configure(CONFIG.replace("name: edge", "name: other"))
    reply = world.ctl_raw("reload", "--force")
    assert reply.returncode == 1
    assert "no pool is named 'edge'" in reply.stdout
    assert address(world, "steered.example.com") == ["192.0.2.10"]
    # a pool that may be a CNAME can not stand beside the name's other data
    world.configure(CONFIG)
    world.zone("example.com", "steered POOL edge\nsteered TXT x\n")
    world.ctl("reload", "--force")
    world.configure(CONFIG.replace("192.0.2.9", "elsewhere.example.org")
                    .replace("192.0.2.1", "here.example.org"))
    for _ in range(2):
        # the version that is served on was read with other pools: that its file holds the
        # same text makes it no good
        reply = world.ctl_raw("reload", "--force")
        assert reply.returncode == 1
        assert "this pool can be a CNAME" in reply.stdout
        assert unchanged(world) == 1
    world.configure(CONFIG)
    world.ctl("reload", "--force")
    world.ctl("reload")
    assert unchanged(world) == 2


def test_a_copy_that_is_not_there_is_made_again(world):
    begin(world)
    copy = world.folder / "state" / "accepted" / "example.com.zone"
    assert copy.exists()
    text = copy.read_text()
    for spoil in (copy.unlink, lambda: os.truncate(copy, 100)):
        spoil()
        world.ctl("reload")
        assert unchanged(world) == 1
        assert copy.read_text() == text
        world.ctl("reload")
        assert unchanged(world) == 2
