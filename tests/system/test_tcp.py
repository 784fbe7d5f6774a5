# SPDX-License-Identifier: BSD-2-Clause
"""DNS over TCP (RFC 7766): many questions a connection, and clients that behave oddly."""
import random
import socket
import struct
import time

import dns.message
import dns.rcode
import pytest

import oracle
from limits import SLOW, eventually

CONFIG = "zones:\n  - {domain: example.com, file: example.com.zone}\n"
ZONE = "".join("n%d A 192.0.2.%d\n" % (i, i) for i in range(1, 101)) + \
    "".join('big TXT "%03d %s"\n' % (i, "x" * 240) for i in range(200))


@pytest.fixture
def tcp(world):
    world.zone("example.com", ZONE)
    world.configure(CONFIG)
    world.start()
    opened = []

    def connect(source=None):
        s = socket.create_connection((world.address, world.port), timeout=5 * SLOW,
                                     source_address=(source, 0) if source else None)
        opened.append(s)
        return s

    yield connect
    for s in opened:
        s.close()


def question(name, rdtype="A", ident=None):
    wire = bytearray(dns.message.make_query(name, rdtype).to_wire())
    if ident is not None:
        wire[0:2] = struct.pack("!H", ident)
    return struct.pack("!H", len(wire)) + bytes(wire)


def read_exactly(s, n):
    got = bytearray()
    while len(got) < n:
        part = s.recv(n - len(got))
        assert part, "closed after %d of %d octets" % (len(got), n)
        got += part
    return bytes(got)


def read_answer(s):
    n = struct.unpack("!H", read_exactly(s, 2))[0]
    wire = read_exactly(s, n)
    oracle.accept(wire)
    return dns.message.from_wire(wire)


def address(message):
    return message.answer[0][0].to_text()


def test_a_hundred_questions_in_one_write(world, tcp):
    """All answers come, in the order of the questions, on the one connection."""
    s = tcp()
    s.sendall(question("n1.example.com"))
    read_answer(s)
    with world.moves(tcp_queries=100, noerror=100):
        s.sendall(b"".join(question("n%d.example.com" % i, ident=i) for i in range(1, 101)))
        for i in range(1, 101):
            got = read_answer(s)
            assert (got.id, address(got)) == (i, "192.0.2.%d" % i)
    # and it stays open for the next one
    s.sendall(question("n7.example.com"))
    assert address(read_answer(s)) == "192.0.2.7"


def test_in_pieces(world, tcp):
    """Questions cut anywhere, the length itself included."""
    rng = random.Random(7766)
    s = tcp()
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    data = b"".join(question("n%d.example.com" % i, ident=i) for i in range(1, 21))
    while data:
        n = rng.choice((1, 1, 2, 3, 10, 50))
        s.sendall(data[:n])
        data = data[n:]
        time.sleep(0.001)
    for i in range(1, 21):
        assert read_answer(s).id == i


def test_half_closed(world, tcp):
    """Who sends all questions and shuts his side down gets all answers, then the end."""
    s = tcp()
    s.sendall(b"".join(question("n%d.example.com" % i, ident=i) for i in range(1, 11)))
    s.shutdown(socket.SHUT_WR)
    for i in range(1, 11):
        assert read_answer(s).id == i
    assert s.recv(1) == b""


def test_cut_off_question_is_not_answered(world, tcp):
    s = tcp()
    s.sendall(question("n1.example.com", ident=1) + question("n2.example.com", ident=2)[:-3])
    s.shutdown(socket.SHUT_WR)
    assert read_answer(s).id == 1
    assert s.recv(1) == b""


def test_who_does_not_read_hurts_nobody(world, tcp):
    """One client asks for 40 MB and reads nothing: others are answered at once; and when
    it does read, nothing is missing and all is in order."""
    slow, count = tcp(), 800
    slow.setblocking(False)
    data = b"".join(question("big.example.com", "TXT", ident=i) for i in range(count))
    sent = 0
    end = time.monotonic() + 1
    while sent < len(data) and time.monotonic() < end:
        try:
            sent += slow.send(data[sent:])
        except BlockingIOError:
            time.sleep(0.01)
    other = tcp()
    for i in range(1, 51):
        begin = time.monotonic()
        other.sendall(question("n%d.example.com" % i, ident=i))
        assert read_answer(other).id == i
        assert time.monotonic() - begin < 0.5 * SLOW
    assert world.ask("n1.example.com").data == ["192.0.2.1"]
    slow.settimeout(5 * SLOW)
    complete = sent // (len(data) // count)
    assert complete > 100
    for i in range(complete):
        got = read_answer(slow)
        assert got.id == i and len(got.answer[0]) == 200
        if i == 20 and sent < len(data):
            break  # enough of the rest was seen


def test_nonsense_over_tcp(world, tcp):
    """Empty, short and odd messages: at worst the connection ends; the server does not."""
    rng = random.Random(1)
    for i in range(200):
        s = tcp()
        body = bytes(rng.randrange(256) for _ in range(rng.randrange(40)))
        said = rng.choice((len(body), 0, 1, 65535, 11, 12))
        s.sendall(struct.pack("!H", said) + body)
        s.close()
    s = tcp()
    s.sendall(struct.pack("!H", 0) + question("n1.example.com", ident=1))
    s.shutdown(socket.SHUT_WR)
    got = s.recv(4096)
    assert got == b"" or dns.message.from_wire(got[2:]).id == 1
    assert world.ask("n1.example.com", tcp=True).data == ["192.0.2.1"]


def test_many_connections(world, tcp):
    """Three hundred at once, most of them silent; more than one client may have."""
    silent = [tcp("127.0.1.%d" % (i // 100 + 1)) for i in range(300)]
    for i in range(1, 11):
        assert world.ask("n%d.example.com" % i, tcp=True).data == ["192.0.2.%d" % i]
    for s in silent[::30]:
        s.sendall(question("n5.example.com"))
        assert address(read_answer(s)) == "192.0.2.5"


def test_connections_do_not_hold_up_the_end(world, tcp):
    """SIGTERM with clients connected, one of them in the middle of a question."""
    s = tcp()
    s.sendall(question("n1.example.com"))
    read_answer(s)
    s.sendall(question("n2.example.com")[:5])
    begin = time.monotonic()
    world.stop()
    assert time.monotonic() - begin < 2 * SLOW
    eventually(lambda: s.recv(1) == b"", within=1)
