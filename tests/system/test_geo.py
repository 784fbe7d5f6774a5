# SPDX-License-Identifier: BSD-2-Clause
"""Databases and prefix files: watched, verified, fetched, and what `geo` tells of them."""
import gzip
import hashlib
import io
import json
import lzma
import os
import signal
import tarfile
import threading

import pytest

from downloads import Place
from limits import eventually
from mmdbmaker import country, database

CONFIG = """geo:
  databases: [city.mmdb]
%s
pools:
  - name: edge
    regions: {weu: 192.0.2.1, ceu: 192.0.2.2, snam: 192.0.2.3, neas: 192.0.2.4}
    default: [192.0.2.9]
zones:
  - {domain: example.com, file: example.com.zone}
"""


def networks(**countries):
    """Two hundred networks: those asked for in the tests, and others."""
    out = {"198.51.%d.0/24" % i: country("US") for i in range(150)}
    out.update({"10.%s.0.0/16" % key[1:]: country(code) for key, code in countries.items()})
    out["2001:db8::/33"] = country("JP")
    # most of the space, so that one that moves is little
    out["44.0.0.0/9"] = country("US")
    return out


GOOD = networks(n1="FR", n2="SE", n3="US")
NEWER = networks(n1="SE", n2="SE", n3="US")


def put(path, octets):
    """As who replaces a file does it: beside, and then over it."""
    beside = path.with_name(path.name + ".tmp")
    beside.write_bytes(octets)
    os.replace(beside, path)


def begin(world, more="", octets=None):
    world.zone("example.com", "www POOL edge\n")
    world.db = world.folder / "city.mmdb"
    if octets is not False:
        put(world.db, octets or database(GOOD))
    world.configure(CONFIG % more)
    world.start()


def address(world, client):
    return world.ask("www.example.com", ecs=client).data


def files(world):
    return {os.path.basename(f["file"]): f for f in world.ctl_json("geo")["files"]}


def refused(world, name="city.mmdb"):
    got = files(world)[name]["refused"]
    return got["why"] if got else None


def test_a_replaced_database_is_taken(world):
    begin(world)
    assert address(world, "10.1.0.0/24") == ["192.0.2.1"]
    before = files(world)["city.mmdb"]
    assert before["type"] == "Test-City" and before["networks"] == len(GOOD)
    assert before["built"] == "2025-06-15T15:06:40Z" and not before["copy"]
    put(world.db, database(NEWER, built=1750000001))
    eventually(lambda: address(world, "10.1.0.0/24") == ["192.0.2.2"], within=20)
    assert files(world)["city.mmdb"]["built"] == "2025-06-15T15:06:41Z"
    assert "geo file taken" in world.text()
    # its copy is what a start without the file takes
    world.stop()
    world.db.unlink()
    world.start()
    assert address(world, "10.1.0.0/24") == ["192.0.2.2"]
    # and the file is taken as soon as it is there again
    put(world.db, database(GOOD))
    eventually(lambda: address(world, "10.1.0.0/24") == ["192.0.2.1"], within=20)
    assert files(world)["city.mmdb"]["copy"] is False


TESTS = """  tests:
    - {address: 10.1.2.3, country: FR, region: weu}
    - {address: "2001:db8::1", region: neas}
"""

BAD = {
    "only 2": database({"10.1.0.0/16": country("FR"), "2001:db8::/33": country("JP")}),
    "of type Test-Country": database(GOOD, kind="Test-Country"),
    "10.1.2.3 is in DE, not FR": database(networks(n1="DE", n2="SE", n3="US")),
    "in another country": database(dict(
        {k: country("CA") for k in GOOD}, **{"10.1.0.0/16": country("FR"),
                                             "2001:db8::/33": country("JP")})),
    "not a MaxMind DB file": database(GOOD)[:1000],
    "damaged": database(GOOD).replace(b"\x47country", b"\x57country"),
    "no country": database({k: {"is_anycast": 1} for k in GOOD}),
}


def test_bad_ones_are_refused_by_reload(world):
    begin(world, TESTS)
    for reason, octets in BAD.items():
        put(world.db, octets)
        reply = json.loads(world.ctl_raw("--json", "reload").stdout)
        assert not reply["ok"], reason
        told = " ".join(reply["data"]["complaints"])
        assert reply["code"] == "refused" and reason in told, (reason, told)
        assert address(world, "10.1.0.0/24") == ["192.0.2.1"]
        assert address(world, "10.2.0.0/24") == ["192.0.2.2"]
    # what compares with the old one can be forced; a test can not
    put(world.db, BAD["10.1.2.3 is in DE, not FR"])
    assert "10.1.2.3" in str(world.ctl_json("reload", "--force", ok=False)["data"])
    put(world.db, BAD["only 2"])
    world.ctl("reload", "--force")
    assert address(world, "10.2.0.0/24") == ["192.0.2.9"]
    assert refused(world) is None


@pytest.mark.parametrize("reason", ["only 2", "10.1.2.3 is in DE, not FR", "not a MaxMind DB file"])
def test_bad_ones_are_refused_by_the_watch(world, reason):
    begin(world, TESTS)
    put(world.db, BAD[reason])
    eventually(lambda: reason in (refused(world) or ""), within=20)
    assert address(world, "10.1.0.0/24") == ["192.0.2.1"]
    assert "geo file refused" in world.text()
    assert reason in world.status()["geo_refused"][0]["why"]
    assert reason in [r for r in world.ctl_json("rejected") if r["kept"]][0]["why"]
    assert reason in world.ctl("geo") and reason in world.ctl("status")
    # killed and started again, the refused one is refused again
    world.kill()
    world.start()
    assert address(world, "10.1.0.0/24") == ["192.0.2.1"]
    assert files(world)["city.mmdb"]["copy"] is True and reason in refused(world)
    assert reason in world.ctl("status")
    good = networks(n1="FR", n2="FR", n3="US")
    put(world.db, database(good))
    eventually(lambda: address(world, "10.2.0.0/24") == ["192.0.2.1"], within=20)
    assert refused(world) is None and world.status()["geo_refused"] == []
    assert not [p for p in world.status()["problems"] if "city.mmdb" in p]


def test_check_tests_the_database(world):
    begin(world, TESTS, database(networks(n1="DE", n2="SE", n3="US")))
    code, said = world.run("-t")
    assert code == 1 and "10.1.2.3 is in DE, not FR" in said


def test_one_bad_file_does_not_hold_back_another(world):
    asn = {"10.%d.0.0/16" % i: {"autonomous_system_number": 64500 + i} for i in range(1, 9)}
    path = world.folder / "asn.mmdb"
    put(path, database(asn, kind="Test-ASN"))
    begin(world, """  regions:
    - {name: net, match: [AS64501]}
""")
    world.configure(world.config.read_text().split("\nserver:")[0].replace(
        "[city.mmdb]", "[city.mmdb, asn.mmdb]").replace("{weu:", "{net: 192.0.2.7, weu:"))
    world.ctl("reload")
    assert address(world, "10.1.0.0/24") == ["192.0.2.7"]
    put(path, b"nothing")
    eventually(lambda: refused(world, "asn.mmdb"), within=20)
    put(world.db, database(networks(n1="FR", n2="FR", n3="US")))
    eventually(lambda: address(world, "10.2.0.0/24") == ["192.0.2.1"], within=20)
    assert address(world, "10.1.0.0/24") == ["192.0.2.7"], "the ASN database of before"
    assert refused(world) is None and refused(world, "asn.mmdb")


PREFIXES = "  prefix_files: [offices.txt]\n"


def test_prefix_file(world):
    path = world.write("offices.txt", "# ours\n10.1.7.0/24 neas # Tokyo\n\n2001:db8:7::/48\tsnam\r\n")
    begin(world, PREFIXES)
    assert address(world, "10.1.7.0/24") == ["192.0.2.4"]
    assert address(world, "10.1.8.0/24") == ["192.0.2.1"]
    assert address(world, "2001:db8:7::/48") == ["192.0.2.3"]
    path.write_text("10.1.7.0/24 neas\n10.1.8.0/24 snam\n")
    eventually(lambda: address(world, "10.1.8.0/24") == ["192.0.2.3"], within=20)
    assert address(world, "2001:db8:7::/48") == ["192.0.2.4"]
    for text, place in (("10.1.7.0/24 neas\n  10.1.9.0/33 weu\n", "offices.txt:2:3:"),
                        ("10.1.9.0/24 nix\n", "offices.txt:1:13:"),
                        ("10.1.9.0/24 weu ceu\n", "offices.txt:1:17:"),
                        ("10.1.9.0/24\n", "offices.txt:1:12:"),
                        ("10.1.9.0/24 weu\n10.1.9.0/24 ceu\n", "offices.txt:2:1:"),
                        ("# nobody\n", "no prefix in it")):
        path.write_text(text)
        told = str(world.ctl_json("reload", ok=False)["data"]["complaints"])
        assert place in told, told
        assert address(world, "10.1.8.0/24") == ["192.0.2.3"]
    path.write_text("10.1.9.0/24 nix\n10.1.10.0/24 weu\n")
    eventually(lambda: "offices.txt:1:13:" in (refused(world, "offices.txt") or ""), within=20)
    assert address(world, "10.1.8.0/24") == ["192.0.2.3"]
    path.write_text("10.1.9.0/24 snam\n")
    eventually(lambda: address(world, "10.1.9.0/24") == ["192.0.2.3"], within=20)
    assert refused(world, "offices.txt") is None


def test_geo_of_an_address(world):
    world.write("offices.txt", "10.1.7.0/24 neas\n")
    put(world.folder / "asn.mmdb", database(
        {"10.0.0.0/8": {"autonomous_system_number": 64501,
                        "autonomous_system_organization": "Example Net"}}, kind="Test-ASN"))
    city = dict(GOOD)
    city["10.1.0.0/16"] = country("US", subdivisions=[{"iso_code": "CA"}],
                                  city={"names": {"en": "Fresno"}})
    begin(world, PREFIXES + """  regions:
    - {name: net, match: [AS64501], centroid: [60.0, 15.0]}
    - {name: cal, match: [US-CA]}
    - {name: west, match: ["continent:NA"]}
""", database(city))
    world.configure(world.config.read_text().split("\nserver:")[0].replace(
        "[city.mmdb]", "[city.mmdb, asn.mmdb]"))
    world.ctl("reload")
    got = world.ctl_json("geo", "10.1.7.9")
    assert got["databases"][0]["country"] == "US" and got["databases"][0]["city"] == "Fresno"
    assert got["databases"][0]["subdivision"] == "US-CA"
    assert got["databases"][0]["network"] == "10.1.0.0/16"
    assert got["databases"][1]["asn"] == "AS64501"
    assert got["databases"][1]["organisation"] == "Example Net"
    assert got["chain"] == ["neas", "net", "cal", "snam", "west"]
    assert got["prefix"]["prefix"] == "10.1.7.0/24" and got["prefix"]["line"] == 1
    assert (got["network"], got["scope"]) == ("10.1.7.0/24", 24)
    assert got["distances"][0] == {"region": "neas", "km": 0.0}
    assert [d["region"] for d in got["distances"]][-2:] == ["cal", "west"]
    assert len(got["distances"]) == 19
    inside = world.ctl_json("geo", "::ffff:10.1.7.9")
    assert inside["counts_as"] == "10.1.7.9" and inside["chain"] == got["chain"]
    assert inside["scope"] == 120 and inside["network"] == "::ffff:10.1.7.0/120"
    text = world.ctl("geo", "10.1.7.9")
    for word in ("Fresno", "AS64501", "offices.txt:1", "neas (Northeast Asia)", "/24"):
        assert word in text, text
    nowhere = world.ctl_json("geo", "203.0.113.1")
    assert nowhere["chain"] == [] and nowhere["country"] is None and nowhere["prefix"] is None
    for wrong in ("10.1", "nix", "10.0.0.0/8"):
        assert world.ctl_json("geo", wrong, ok=False)["code"] == "usage"
    # another file in its place, not taken: what is served is told
    put(world.db, b"nothing")
    eventually(lambda: refused(world), within=20)
    assert world.ctl_json("geo", "10.1.7.9")["databases"][0]["city"] == "Fresno"


# ---- what is fetched ----

@pytest.fixture
def place():
    p = Place()
    yield p
    p.close()


def sum_of(octets):
    return hashlib.sha256(octets).hexdigest()


def tar_of(octets, name="GeoLite2-City_20260101/GeoLite2-City.mmdb"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as t:
        for path, content in (("GeoLite2-City_20260101/LICENSE.txt", b"text" * 300), (name, octets)):
            info = tarfile.TarInfo(path)
            info.size = len(content)
            t.addfile(info, io.BytesIO(content))
    return out.getvalue()


def update(place, path="/db", **more):
    more = "".join(", %s: %s" % (k, v) for k, v in more.items())
    return "  update:\n    - {url: \"%s\", file: city.mmdb, every: 1h, retry: 30m%s}\n" % (
        place.url(path), more)


def state(world):
    return world.ctl_json("geo")["updates"][0]


def fetch(world):
    """Asks for an update; what became of it."""
    eventually(lambda: not state(world)["running"], within=20)
    before = state(world)
    world.ctl("geo", "update")
    def done():
        now = state(world)
        return now if now["runs"] > before["runs"] else None
    return eventually(done, within=30)


def test_fetched_where_there_is_none(world, place):
    """At a start without the file: at once, and the server serves meanwhile."""
    place.files["/db"] = gzip.compress(database(GOOD))
    begin(world, update(place), octets=False)
    eventually(lambda: address(world, "10.1.0.0/24") == ["192.0.2.1"], within=30)
    eventually(lambda: state(world)["taken"], within=20)
    assert world.db.read_bytes() == database(GOOD)
    assert sorted(p.name for p in world.folder.glob("city.mmdb*")) == ["city.mmdb"]
    # nothing new: short, and by its ETag also after a restart
    place.asked.clear()
    fetch(world)
    assert place.asked[0][1]["If-None-Match"] == Place.etag(place.files["/db"])
    assert state(world)["failures"] == 0
    world.stop()
    world.start()
    fetch(world)
    assert place.asked[-1][1]["If-None-Match"] == Place.etag(place.files["/db"])
    place.files["/db"] = lzma.compress(database(NEWER))
    fetch(world)
    eventually(lambda: address(world, "10.1.0.0/24") == ["192.0.2.2"], within=20)
    place.files["/db"] = gzip.compress(tar_of(database(GOOD)))
    fetch(world)
    eventually(lambda: address(world, "10.1.0.0/24") == ["192.0.2.1"], within=20)


def test_what_is_no_good_never_gets_there(world, place):
    good = database(GOOD)
    begin(world, update(place, timeout="700ms", max_size=1) + TESTS)
    eventually(lambda: not state(world)["running"], within=20)
    bomb = gzip.compress(b"\0" * (8 << 20))
    assert len(bomb) < 1 << 20

    def cut(request):
        request.reply(200, good[:1000], length=len(good))
    wrong = [
        (lambda request: request.reply(500, b""), "status 500"),
        (lambda request: request.reply(404, b""), "status 404"),
        (place.hang, "timeout"),
        (cut, "closed"),
        (b"\0" * ((1 << 20) + 1), "too-large"),
        (bomb, "max_size"),
        (gzip.compress(good)[:-20], "cut"),
        (tar_of(good, name="x.csv"), "no file *.mmdb"),
        (b"<html>please log in</html>", "not a MaxMind DB file"),
        (BAD["only 2"], "only 2"),
        (gzip.compress(BAD["of type Test-Country"]), "of type Test-Country"),
        (BAD["10.1.2.3 is in DE, not FR"], "10.1.2.3 is in DE"),
    ]
    for what, reason in wrong:
        place.files["/db"] = what
        got = fetch(world)
        assert reason in got["why"] and got["failures"] > 0, (reason, got)
        assert world.db.read_bytes() == good
        assert address(world, "10.1.0.0/24") == ["192.0.2.1"]
        assert not list(world.folder.glob("city.mmdb.[du]*")), "nothing is left behind"
    # what was refused is kept aside for people
    assert (world.folder / "city.mmdb.refused").read_bytes() == wrong[-1][0]
    assert "10.1.2.3 is in DE" in refused(world)
    place.files["/db"] = database(networks(n1="FR", n2="FR", n3="US"))
    assert fetch(world)["failures"] == 0
    assert address(world, "10.2.0.0/24") == ["192.0.2.1"] and refused(world) is None


def test_sums(world, place):
    octets = gzip.compress(database(NEWER))
    place.files.update({"/db": octets, "/db.sha256": (sum_of(b"") + "  city.mmdb\n").encode()})
    begin(world, update(place, sha256_url='"%s"' % place.url("/db.sha256")))
    assert "SHA-256" in fetch(world)["why"]
    place.files["/db.sha256"] = b"<html>"
    assert "gives no sum" in fetch(world)["why"]
    del place.files["/db.sha256"]
    assert "sum can not be fetched: status 404" in fetch(world)["why"]
    assert address(world, "10.1.0.0/24") == ["192.0.2.1"]
    place.files["/db.sha256"] = (sum_of(octets).upper() + "  city.mmdb\n").encode()
    fetch(world)
    eventually(lambda: address(world, "10.1.0.0/24") == ["192.0.2.2"], within=20)
    # the same sum: there is no need to ask for the file
    place.asked.clear()
    fetch(world)
    assert [path for path, _ in place.asked] == ["/db.sha256"]


def test_licence_key(world, place):
    world.write("licence.key", "s3cret/key+\n")
    place.files["/db"] = database(NEWER)
    begin(world, update(place, "/db?key={key}", licence_key_file="licence.key", account="1234"))
    fetch(world)
    eventually(lambda: address(world, "10.1.0.0/24") == ["192.0.2.2"], within=20)
    path, headers = place.asked[-1]
    assert path == "/db?key=s3cret%2Fkey%2B"
    assert headers["Authorization"] == "Basic MTIzNDpzM2NyZXQva2V5Kw=="
    world.write("licence.key", "\n")
    assert "licence key" in fetch(world)["why"]
    world.stop()
    for text in (world.text(), (world.folder / "state" / "geo-update").read_text()):
        assert "s3cret" not in text and "MTIzNDpz" not in text


def test_over_tls(world):
    place, other = Place(world.folder), None
    try:
        place.files["/db"] = lambda request: request.reply(302, b"", location="/real")
        place.files["/real"] = database(NEWER)
        begin(world, update(place, ca_file="ca.pem"))
        fetch(world)
        eventually(lambda: address(world, "10.1.0.0/24") == ["192.0.2.2"], within=20)
        # what begins in private does not go on in public
        other = Place()
        other.files["/db"] = database(GOOD)
        place.files["/db"] = lambda request: request.reply(302, b"", location=other.url("/db"))
        assert fetch(world)["failures"] == 1 and other.asked == []
        world.configure(world.config.read_text().split("\nserver:")[0].replace(
            ", ca_file: ca.pem", ""))
        world.ctl("reload")
        assert "certificate" in fetch(world)["why"]
    finally:
        place.close()
        if other is not None:
            other.close()


def test_a_stop_waits_for_no_download(world, place):
    place.files["/db"] = place.hang
    begin(world, update(place))
    world.ctl("geo", "update")
    eventually(lambda: state(world)["running"] and place.asked, within=20)
    world.stop()


def test_a_stop_waits_for_no_answer_to_a_download(world, place):
    """What was fetched while a reload ran is not read any more, and nobody waits for that."""
    gate = threading.Event()

    def slow(request):
        gate.wait(60)
        request.reply(200, database(NEWER))

    place.files["/db"] = slow
    begin(world, update(place))
    world.ctl("geo", "update")
    eventually(lambda: place.asked, within=20)
    # a reload that lasts until somebody writes into its zone file
    zone = world.folder / "example.com.zone"
    text = zone.read_bytes()
    zone.unlink()
    os.mkfifo(zone)
    world.signal(signal.SIGHUP)
    fd = None

    def is_read():
        nonlocal fd
        try:
            fd = os.open(zone, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return False
        return True

    eventually(is_read, within=20)
    gate.set()
    eventually((world.folder / "city.mmdb.unpacked").exists, within=20)
    world.signal(signal.SIGTERM)
    os.write(fd, text)
    os.close(fd)
    world.wait_ended()
    # nobody has looked at it, so it is no version that is known
    assert "refused" not in world.log.read_text()
    zone.unlink()
    zone.write_bytes(text)
    gate.set()
    world.start()
    assert fetch(world)["taken"] and address(world, "10.1.0.0/24") == ["192.0.2.2"]
