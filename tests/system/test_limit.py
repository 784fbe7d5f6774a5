# SPDX-License-Identifier: BSD-2-Clause
"""Response rate limiting, with packets: who is limited, who is not, and who hears of it."""
import itertools
import socket

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import pytest

import oracle
from limits import SLOW, eventually
from world import Answer

MARKS = ["m%d" % i for i in range(50)]
ZONE = "www A 192.0.2.1\n*.wild A 192.0.2.2\nsub NS ns.example.net.\n" + "".join(
    mark + " A 192.0.2.3\n" for mark in MARKS)
BURST = 20
mark = itertools.cycle(MARKS)


def begin(world, limit):
    world.zone("example.com", ZONE)
    world.configure("zones:\n  - {domain: example.com, file: example.com.zone}\n",
                    "  rate_limit: {%s}\n" % limit)
    world.start()


def burst(world, names, source="127.0.0.1", options=()):
    """All at once from one port, so to one worker, which answers in order; the mark comes
    last and has a bucket of its own. Returns the answers but that of the mark."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((source, 0))
        s.connect((world.address, world.port))
        s.settimeout(5 * SLOW)
        for i, name in enumerate(list(names) + [next(mark) + ".example.com"]):
            query = dns.message.make_query(name, "A", use_edns=0, options=options, id=i)
            s.send(query.to_wire())
        got = []
        while True:
            wire = s.recv(65535)
            oracle.accept(wire)
            message = dns.message.from_wire(wire)
            if message.id == len(names):
                return got
            got.append(Answer(message))


def counters(world):
    return world.status()["counters"]


def moved(world, before, name):
    return counters(world)[name] - before[name]


def limited(world, names, **options):
    """A burst of which a second's worth, which is one, passes; of the others each second
    slips. The counters say the same. Returns how many passed."""
    before = counters(world)
    got = burst(world, names, **options)
    slips = [a for a in got if a.tc]
    passed = len(got) - len(slips)
    over = len(names) - passed
    # a machine that stands still for a second lets another one pass
    assert 1 <= passed <= 3, got
    assert len(slips) in (over // 2, (over + 1) // 2)
    for a in slips:
        assert not (a.answer or a.authority or a.additional) and a.message.edns == 0
    for name, count in (("rate_limited", over), ("rate_slipped", len(slips)),
                        ("rate_dropped", over - len(slips)), ("truncated", len(slips))):
        eventually(lambda: moved(world, before, name) == count, within=1)
    return passed


def test_off_by_default(world):
    world.zone("example.com", ZONE)
    world.configure("zones:\n  - {domain: example.com, file: example.com.zone}\n")
    world.start()
    with world.moves(udp_queries=BURST + 1, noerror=BURST + 1, edns=BURST + 1):
        assert len(burst(world, ["www.example.com"] * BURST)) == BURST
    assert "limiting" not in world.ctl("status")


@pytest.mark.parametrize("kind,names,rcode", [
    ("one name", ["www.example.com"] * BURST, "NOERROR"),
    ("names that are not there", ["n%d.example.com" % i for i in range(BURST)], "NXDOMAIN"),
    ("names of a wildcard", ["n%d.wild.example.com" % i for i in range(BURST)], "NOERROR"),
    ("names below a cut", ["n%d.sub.example.com" % i for i in range(BURST)], "NOERROR"),
])
def test_a_flood(world, kind, names, rcode):
    """What is alike is limited; another prefix, other names and TCP are as before."""
    begin(world, "responses_per_second: 2")
    assert limited(world, names) >= 1
    assert len(burst(world, ["www.example.com"], source="127.0.1.1")) == 1
    assert world.ask(names[0], "A", source="127.0.2.2").rcode == rcode
    with world.moves(tcp_connections=BURST, tcp_queries=BURST, edns=BURST,
                     **{rcode.lower(): BURST}):
        for name in names:
            got = world.ask(name, "A", tcp=True)
            assert got.rcode == rcode and not got.tc


def test_errors_are_limited_by_prefix_alone(world):
    """They have no records: what slips says all there is to say, so without TC."""
    begin(world, "responses_per_second: 2, slip: 1")
    before = counters(world)
    got = burst(world, ["www.example%d.org" % i for i in range(BURST)])
    assert [a.rcode for a in got] == ["REFUSED"] * BURST and not any(a.tc for a in got)
    eventually(lambda: moved(world, before, "rate_slipped") >= BURST - 3, within=1)


def test_random_names_that_exist_are_not_alike(world):
    begin(world, "responses_per_second: 2")
    with world.moves(udp_queries=3, noerror=3, edns=3):
        assert len(burst(world, ["www.example.com", "example.com"])) == 2


def test_who_is_allowed(world):
    begin(world, "responses_per_second: 2, allow: [127.0.2.0/24, 127.0.3.3]")
    for source in ("127.0.2.77", "127.0.3.3"):
        with world.moves(udp_queries=BURST + 1, noerror=BURST + 1, edns=BURST + 1):
            assert len(burst(world, ["www.example.com"] * BURST, source=source)) == BURST
    limited(world, ["www.example.com"] * BURST, source="127.0.3.4")


def cookie_of(message):
    return next((o.data for o in message.options if o.otype == dns.edns.COOKIE), None)


def with_cookie(data):
    return [dns.edns.GenericOption(dns.edns.COOKIE, data)]


def test_a_valid_cookie_is_never_limited(world):
    """RFC 7873 5.2.5: whose cookie is ours did not forge its address. Others are limited,
    and what slips gives them a cookie of ours."""
    begin(world, "responses_per_second: 2")
    client = b"8 octets"
    first = burst(world, ["example.com"], options=with_cookie(client))
    cookie = cookie_of(first[0].message)
    assert cookie.startswith(client) and len(cookie) == 24
    for names in (["www.example.com"] * BURST, ["n%d.example.com" % i for i in range(BURST)]):
        assert len(burst(world, names, options=with_cookie(cookie))) == BURST
    assert counters(world)["rate_limited"] == 0
    for wrong in (client, cookie[:-1] + bytes([cookie[-1] ^ 1]), b"9" + cookie[1:]):
        before = counters(world)
        got = burst(world, ["www.example.com"] * BURST, options=with_cookie(wrong))
        slips = [a for a in got if a.tc]
        assert slips and moved(world, before, "rate_limited") >= BURST - 3
        for a in slips:
            new = cookie_of(a.message)
            assert new[:8] == wrong[:8] and len(new) == 24 and new != wrong
            asked = 12 + 21 + 11 + 4 + len(wrong)
            assert len(a.message.to_wire()) <= asked + 24 - len(wrong)


def test_the_prefix_is_configured(world):
    begin(world, "responses_per_second: 2, ipv4_prefix: 32")
    limited(world, ["www.example.com"] * BURST, source="127.0.4.1")
    with world.moves(udp_queries=2, noerror=2, edns=2):
        assert len(burst(world, ["www.example.com"], source="127.0.4.2")) == 1


def test_log_only(world):
    """All is answered, and counted all the same."""
    begin(world, "responses_per_second: 2, log_only: on")
    before = counters(world)
    assert len(burst(world, ["www.example.com"] * BURST)) == BURST
    eventually(lambda: moved(world, before, "rate_limited") >= BURST - 3, within=1)
    assert moved(world, before, "rate_slipped") == moved(world, before, "rate_dropped") == 0
    eventually(lambda: "rate limit begins prefix=127.0.0.0/24 log_only=on" in world.text(),
               within=4)
    assert "limiting   NOW, only logs, " in world.ctl("status")


def test_a_reload_changes_it(world):
    begin(world, "responses_per_second: 2")
    limited(world, ["www.example.com"] * BURST)
    config = world.config.read_text()
    for limit in ("responses_per_second: 1000", ""):
        world.config.write_text(config.replace("responses_per_second: 2", limit))
        world.ctl("reload")
        with world.moves(udp_queries=BURST + 1, noerror=BURST + 1, edns=BURST + 1):
            # the bucket still knows of the flood, so other names
            names = ["n%d.wild.example.com" % i for i in range(BURST)]
            assert len(burst(world, names, source="127.0.5.1")) == BURST
    world.config.write_text(config)
    world.ctl("reload")
    limited(world, ["www.example.com"] * BURST, source="127.0.6.1")


def test_log_and_status_tell(world):
    """One line when it begins and one when it has ended, whatever the packets between."""
    begin(world, "responses_per_second: 2")
    assert world.status()["rate_limit"] == {
        "responses_per_second": 2, "log_only": False, "limiting": False,
        "last_prefix": None, "last_age_ms": None}
    assert "limiting   on, 0 over the limit, 0 slipped, 0 dropped\n" in world.ctl("status")
    before = counters(world)
    limited(world, ["www.example.com"] * BURST, source="127.0.7.9")
    eventually(lambda: "rate limit begins prefix=127.0.7.0/24 log_only=off" in world.text(),
               within=4)
    limited(world, ["n%d.example.com" % i for i in range(BURST)], source="127.0.8.9")
    said = world.status()["rate_limit"]
    assert said["limiting"] and said["last_prefix"] == "127.0.8.0/24"
    assert 0 <= said["last_age_ms"] < 10000 * SLOW
    assert "limiting   NOW, " in world.ctl("status")
    end = "rate limit ends limited=%d slipped=%d dropped=%d" % tuple(
        moved(world, before, "rate_" + word) for word in ("limited", "slipped", "dropped"))
    eventually(lambda: end in world.text(), within=15)
    assert world.text().count("rate limit ") == 2
    assert not world.status()["rate_limit"]["limiting"]
