# SPDX-License-Identifier: BSD-2-Clause
"""Ten ways to abuse TCP. Beside each of them somebody asks properly, over UDP, over new
connections and over one that he keeps: nothing that he asks is lost, nor waits long."""
import pathlib
import random
import re
import select
import socket
import struct
import time

import pytest

from gooduser import beside, framed, read_exactly, read_message
from limits import SLOW, eventually
from world import program

IDLE = 2  # seconds
CONFIG = "zones:\n  - {domain: example.com, file: example.com.zone}\n"
HUGE_COUNT = 255
ZONE = "www A 192.0.2.1\n" + \
    "".join('huge TXT "%03d %s"\n' % (i, "x" * 239) for i in range(HUGE_COUNT))
HUGE = b"\x04huge\x07example\x03com\x00\x00\x10\x00\x01"
RESET = struct.pack("ii", 1, 0)


@pytest.fixture
def served(world):
    def start(server="", more=""):
        world.zone("example.com", ZONE + more)
        world.configure(CONFIG, server="  tcp_idle: %ds\n" % IDLE + server)
        world.start()
        return world
    start.world = world
    return start


def connect(where, source=None):
    return socket.create_connection(
        where, timeout=20 * SLOW, source_address=(source, 0) if source else None)


def source(i, per_address=200):
    """Abusers have as many addresses as they need."""
    return "127.3.%d.%d" % (i // per_address // 250, i // per_address % 250 + 1)


def counter(world, name):
    return world.status()["counters"][name]


def is_over(s):
    """Has the server closed it? (What it sent is read.)"""
    s.setblocking(False)
    try:
        return s.recv(1 << 20) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def count_over(opened, within):
    """How many of them the server closes in this time."""
    left, end = list(opened), time.monotonic() + within
    while left and time.monotonic() < end:
        left = [s for s in left if not is_over(s)]
        time.sleep(0.05)
    return len(opened) - len(left)


def count_gone(opened, within):
    """How many of them the server resets in this time, without a word being read."""
    poller = select.poll()
    for s in opened:
        poller.register(s, 0)
    left, end = {s.fileno() for s in opened}, time.monotonic() + within
    while left and time.monotonic() < end:
        for fd, _ in poller.poll(100):
            poller.unregister(fd)
            left.discard(fd)
    return len(opened) - len(left)


def test_nobody_else(served):
    """What the good user waits when he is alone, to compare with."""
    world = served()
    beside(world, "alone", lambda where: time.sleep(1))


def idle(where, count):
    opened = [connect(where, source(i)) for i in range(count)]
    time.sleep(0.5)
    return count_over(opened, (IDLE + 4) * SLOW)


def test_thousands_of_idle_connections(served):
    """All are taken, and closed when they have been idle for long enough."""
    world = served()
    assert beside(world, "3000 idle", idle, 3000) == 3000
    assert counter(world, "tcp_connections") >= 3000
    eventually(lambda: counter(world, "tcp_closed_idle") >= 3000, within=2)
    assert counter(world, "tcp_limit_total") == counter(world, "tcp_limit_client") == 0


def test_more_connections_than_there_may_be(served):
    """Of those who have many the oldest go at once."""
    world = served("  tcp_connections: 500\n")

    def abuse(where):
        opened = [connect(where, source(i, 100)) for i in range(1500)]
        return count_over(opened, 0.3)

    assert beside(world, "1500 idle, 500 allowed", abuse) >= 900
    assert counter(world, "tcp_limit_total") >= 1000


def test_flood_of_connections(served):
    """Connect and close, some with a word, some with a reset."""
    world = served()

    def abuse(where):
        end, n = time.monotonic() + 2, 0
        while time.monotonic() < end:
            with connect(where, source(n, 50)) as s:
                if n % 2:
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                if n % 3 == 0:
                    s.sendall(framed(n & 0xffff))
            n += 1
        return n

    n = beside(world, "connect and close", abuse)
    print(n, "connections")
    assert n > 500


def test_an_octet_now_and_then(served):
    """Who sends his request octet by octet is not taken for somebody who sends."""
    world = served()

    def abuse(where):
        opened = [connect(where, source(i)) for i in range(300)]
        left, end = opened, time.monotonic() + (IDLE + 4) * SLOW
        octets = framed(1)[:-1]
        for octet in octets:
            left = [s for s in left if not is_over(s)]
            if not left or time.monotonic() > end:
                break
            for s in left:
                try:
                    s.send(bytes([octet]))
                except OSError:
                    pass
            time.sleep(0.5)
        return len(left)

    assert beside(world, "300 times an octet", abuse) == 0
    eventually(lambda: counter(world, "tcp_closed_slow") >= 300, within=2)
    assert counter(world, "tcp_closed_idle") == 0


def test_a_length_and_nothing(served):
    world = served()

    def abuse(where):
        opened = [connect(where, source(i)) for i in range(1000)]
        for s in opened:
            s.sendall(b"\xff\xff")
        return count_over(opened, (IDLE + 4) * SLOW)

    assert beside(world, "1000 lengths", abuse) == 1000
    eventually(lambda: counter(world, "tcp_closed_slow") >= 1000, within=2)


def test_half_closed(served):
    """Who has said that he will ask no more is answered fully; then it ends."""
    world = served()

    def abuse(where):
        for i in range(200):
            with connect(where, source(i, 50)) as s:
                s.sendall(b"".join(framed(n) for n in range(100)))
                s.shutdown(socket.SHUT_WR)
                for n in range(100):
                    assert read_message(s)[:2] == struct.pack("!H", n)
                assert s.recv(1) == b""
        return True

    beside(world, "200 half closed", abuse)


def test_who_never_reads(served):
    """Each asks for twelve megabytes: he is closed, and what he cost is given back."""
    world = served()

    def abuse(where):
        opened = []
        for i in range(300):
            s = connect(where, source(i))
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.sendall(b"".join(framed(n, HUGE) for n in range(200)))
            opened.append(s)
        return count_gone(opened, (IDLE + 5) * SLOW)

    assert beside(world, "300 do not read", abuse) == 300
    # some for time, some because all held too much
    assert counter(world, "tcp_closed_slow") > 0
    assert counter(world, "tcp_closed_slow") + counter(world, "tcp_limit_memory") >= 300


def ten_thousand(where, size):
    with connect(where) as s:
        data = b"".join(framed(n) for n in range(10000))
        got = bytearray()
        s.setblocking(False)
        while len(got) < 10000 * size:
            r, w, _ = select.select([s], [s] if data else [], [], 20 * SLOW)
            assert r or w, "%d octets" % len(got)
            if w:
                data = data[s.send(data):]
            if r:
                part = s.recv(1 << 20)
                assert part
                got += part
    assert len(got) == 10000 * size
    assert all(got[n * size + 2:n * size + 4] == struct.pack("!H", n) for n in range(10000))


def test_ten_thousand_in_one_write(served):
    """All come, and in order."""
    world = served()
    with connect((world.address, world.port)) as s:
        s.sendall(framed(1))
        size = 2 + len(read_message(s))
    beside(world, "10000 in one write, 5 times",
           lambda where: [ten_thousand(where, size) for _ in range(5)] and None)
    assert counter(world, "tcp_queries") > 50000


def test_garbage(served):
    """Octets that are no messages, as fast as they are taken."""
    world = served()

    def abuse(where):
        rng = random.Random(53)
        for i in range(300):
            with connect(where, source(i, 50)) as s:
                s.settimeout(0.2)
                try:
                    for _ in range(5):
                        s.sendall(rng.randbytes(rng.randrange(1, 60000)))
                    s.shutdown(socket.SHUT_WR)
                    while s.recv(1 << 20):
                        pass
                except OSError:
                    pass
        return True

    beside(world, "garbage", abuse)


def test_reset_amid_answers(served):
    world = served()

    def abuse(where):
        for i in range(300):
            s = connect(where, source(i, 50))
            s.sendall(b"".join(framed(n, HUGE) for n in range(20)))
            read_exactly(s, 1 + i * 500)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            s.close()
        return True

    beside(world, "300 resets", abuse)


def test_one_who_wants_all(served):
    """One address opens as many as it can: it gets its share, and nobody else's. For each
    beyond that its own oldest goes."""
    world = served("  tcp_per_client: 100\n  tcp_connections: 300\n")

    def abuse(where):
        opened = [connect(where, "127.3.0.1") for _ in range(1000)]
        over = count_over(opened[:-100], 3)
        opened[-1].sendall(framed(9))
        return over, len(read_message(opened[-1])) > 12

    assert beside(world, "one wants all", abuse) == (900, True)
    assert counter(world, "tcp_limit_client") >= 900
    assert counter(world, "tcp_limit_total") == 0
    assert re.search(r"^tcp +closed: 0 slow, 9\d\d beyond what one client may have, 0 beyond all, "
                     r"0 that held too much$", world.ctl("status"), re.M)


def test_one_who_wants_all_and_is_busy(served):
    """As above, with requests begun: the new ones are refused until the others are stuck."""
    world = served("  tcp_per_client: 100\n")

    def abuse(where):
        opened = []
        for _ in range(100):
            s = connect(where, "127.3.0.1")
            s.sendall(b"\0")
            opened.append(s)
        with connect(where, "127.3.0.2") as s:  # answered when all those were read
            s.sendall(framed(1))
            read_message(s)
        refused, more = 0, []
        for _ in range(50):
            try:
                more.append(connect(where, "127.3.0.1"))
            except ConnectionResetError:
                refused += 1
        refused += count_over(more, 0.5 * SLOW)
        end = time.monotonic() + 10 * SLOW
        while time.monotonic() < end:  # and when they are, his own come through again
            try:
                with connect(where, "127.3.0.1") as s:
                    s.sendall(framed(9))
                    if len(read_message(s)) > 12:
                        return refused
            except (OSError, EOFError):
                time.sleep(0.1)
        return None

    assert beside(world, "one wants all, busy", abuse) == 50
    assert counter(world, "tcp_limit_client") >= 50


def test_answer_of_64_kib(world):
    """The longest RRset that fits a message comes whole over TCP, TC over UDP; of one that
    does not fit the answer is TC, and a longer one is refused when the zone is read."""
    room = 65535 - 12 - len(HUGE)  # for RRs of 12 octets and their RDATA
    first = ["%s TXT %s" % ("huge", '"%03d%s"' % (i, "x" * 252)) for i in range(244)]
    left = room - 244 * (12 + 256)
    while left > 268:
        raise AssertionError(left)
    assert left >= 14

    def zone(octets):
        return "www A 192.0.2.1\n" + "\n".join(
            first + ['huge TXT "%s"' % ("y" * (octets - 13))]) + "\n"

    world.zone("example.com", zone(left))
    world.configure(CONFIG)
    world.start()

    def ask():
        with connect((world.address, world.port)) as s:
            s.sendall(framed(1, HUGE))
            return read_message(s)

    got = ask()
    assert len(got) == 65535 and got[2] & 2 == 0 and got[6:8] == struct.pack("!H", 245)
    with world.moves(udp_queries=1, noerror=1, truncated=1):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.connect((world.address, world.port))
            s.settimeout(5 * SLOW)
            s.send(framed(1, HUGE)[2:])
            got = s.recv(65535)
    assert got[2] & 2 and got[6:8] == b"\0\0"
    world.zone("example.com", zone(left + 1))
    world.ctl("reload")
    got = ask()
    assert got[2] & 2 and got[6:8] == b"\0\0"
    world.zone("example.com", zone(left).replace('huge TXT "y', 'huge TXT "%s"\nhuge TXT "y' % ("z" * 200)))
    refused = world.ctl_raw("reload")
    assert refused.returncode == 1 and "the TXT records pass 65535 octets" in refused.stderr + refused.stdout


def test_transfers_that_nobody_reads(served):
    """Whole zones are asked for by the dozen and not taken; who does take one gets it."""
    zone = "".join('n%d TXT "%s"\n' % (i, "x" * 250) for i in range(20000))
    world = served("  transfer: [127.0.0.0/8]\n", zone)
    axfr = b"\x07example\x03com\x00\x00\xfc\x00\x01"

    def abuse(where):
        opened = []
        for i in range(60):
            s = connect(where, source(i, 20))
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.sendall(framed(i, axfr) * 3)
            opened.append(s)
        with connect(where) as s:
            s.sendall(framed(9, axfr))
            soa, count = 0, 0
            while soa < 2:
                got = read_message(s)
                assert got[:2] == b"\0\x09" and got[3] & 15 == 0
                count += struct.unpack("!H", got[6:8])[0]
                soa += got.count(b"\nhostmaster")
        return count, count_gone(opened, (IDLE + 5) * SLOW)

    # SOA twice, NS, its address, www, and the longest RRset
    assert beside(world, "60 transfers not read", abuse) == (20000 + 5 + HUGE_COUNT, 60)
    assert counter(world, "tcp_closed_slow") == 60


def test_descriptors_are_few(served, monkeypatch):
    """A flood of connections leaves half of the descriptors to the others in the process:
    the control socket answers, and the flood is counted."""
    runner = served.world.write("limited", "#!/bin/sh\nulimit -n 200\nexec '%s' \"$@\"\n" % (
        pathlib.Path(program("SEXTANTD", "sextantd")).resolve()))
    runner.chmod(0o755)
    monkeypatch.setenv("SEXTANTD", str(runner))
    world = served()

    def abuse(where):
        opened = [connect(where, source(i, 20)) for i in range(400)]
        time.sleep(1)
        return count_over(opened, 0.3)

    assert beside(world, "400, 200 descriptors", abuse) >= 300
    assert counter(world, "tcp_limit_total") >= 300
    assert "too few open files for tcp_connections: 100 of 4096" in world.text()
