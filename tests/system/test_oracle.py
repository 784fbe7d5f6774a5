# SPDX-License-Identifier: BSD-2-Clause
"""The oracle itself: it accepts a right response and names what is wrong with another."""
import struct

import pytest

import oracle

WWW = b"\3www\7example\3com\0\0\1\0\1"
OPT = b"\0\0\x29\x04\xd0\0\0\0\0\0\0"
A = b"\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\xc0\0\2\1"


def message(flags, *sections, ident=7):
    """Sections as lists of records, the first one of questions."""
    sections += ([],) * (4 - len(sections))
    return struct.pack("!6H", ident, flags, *map(len, sections)) + b"".join(map(b"".join, sections))


def rr(rdtype, rdata, owner=b"\xc0\x0c", ttl=300):
    return owner + struct.pack("!HHIH", rdtype, 1, ttl, len(rdata)) + rdata


ASKED = message(0x0100, [WWW])
EDNS = message(0x0100, [WWW], [], [], [OPT])
LARGE = [rr(16, b"\xc8" + bytes([65 + i]) * 200) for i in range(6)]

RIGHT = [
    (ASKED, message(0x8500, [WWW], [A]), False),
    (EDNS, message(0x8500, [WWW], [A], [], [OPT]), False),
    (EDNS, message(0x8500, [WWW], LARGE[:5], [], [OPT]), False),
    (ASKED, message(0x8500, [WWW], LARGE), True),
    (ASKED, message(0x8500, [WWW], [rr(33, b"\0\1\0\1\0\x35\1a\0")]), False),
    (ASKED, message(0x8500, [WWW], [rr(15, b"\0\1\xc0\x10")]), False),
    (ASKED[:20], message(0x8101), False),
]
WRONG = [
    ("another ID", ASKED, message(0x8500, [WWW], [A], ident=8)),
    ("not a response", ASKED, message(0x0500, [WWW], [A])),
    ("OPCODE and RD", ASKED, message(0x8400, [WWW], [A])),
    ("no business of ours", ASKED, message(0x8580, [WWW], [A])),
    ("no business of ours", ASKED, message(0x8520, [WWW], [A])),
    ("no business of ours", ASKED, message(0x8510, [WWW], [A])),
    ("another question", ASKED, message(0x8500, [WWW.swapcase()], [A])),
    ("the question is not given back", ASKED, message(0x8500)),
    ("OPT where none was asked", ASKED, message(0x8500, [WWW], [A], [], [OPT])),
    ("no OPT where one was asked", EDNS, message(0x8500, [WWW], [A])),
    ("two OPT records", EDNS, message(0x8500, [WWW], [A], [], [OPT, OPT])),
    ("OPT out of place", EDNS, message(0x8500, [WWW], [A], [OPT])),
    ("the client takes 512", ASKED, message(0x8500, [WWW], LARGE[:3])),
    ("the client takes 1232", EDNS, message(0x8500, [WWW], LARGE, [], [OPT])),
    ("behind the last record", ASKED, message(0x8500, [WWW], [A]) + b"\0"),
    ("cut off", ASKED, message(0x8500, [WWW], [A])[:-6]),
    ("RDATA runs out", ASKED, message(0x8500, [WWW], [A])[:-1]),
    ("twice", ASKED, message(0x8500, [WWW], [A, A])),
    ("TTLs of", ASKED, message(0x8500, [WWW], [A, rr(1, b"\1\2\3\4", ttl=60)])),
    ("two sections", ASKED, message(0x8500, [WWW], [A], [], [rr(1, b"\1\2\3\4")])),
    ("RFC 2181 8", ASKED, message(0x8500, [WWW], [rr(1, b"\1\2\3\4", ttl=1 << 31)])),
    ("two CNAMEs", ASKED, message(0x8500, [WWW], [rr(5, b"\1a\0"), rr(5, b"\1b\0")])),
    ("POOL", ASKED, message(0x8500, [WWW], [rr(65280, b"")])),
    ("no prior name", ASKED, message(0x8500, [WWW], [rr(1, b"\1\2\3\4", owner=b"\xc0\x0d")])),
    ("no prior name", ASKED, message(0x8500, [WWW], [rr(5, b"\xc0\x28")])),
    ("where none may be", ASKED, message(0x8500, [WWW], [rr(33, b"\0\1\0\1\0\x35\xc0\x0c")])),
    ("RDATA of type 15", ASKED, message(0x8500, [WWW], [rr(15, b"\0\1\1a\0\0")])),
    ("label type", ASKED, message(0x8500, [WWW], [rr(5, b"\x41a\0")])),
    ("ldns", ASKED, message(0x8500, [WWW], [rr(1, b"\1\2\3")])),
]


@pytest.mark.parametrize("asked, answered, tcp", RIGHT)
def test_what_is_right(asked, answered, tcp):
    oracle.judge(asked, answered, tcp)


@pytest.mark.parametrize("word, asked, answered", WRONG)
def test_what_is_wrong(word, asked, answered):
    if word == "ldns" and not oracle.Oracle.is_installed():
        pytest.skip("libldns.so.3 is not installed")
    with pytest.raises(AssertionError, match=word):
        oracle.judge(asked, answered)
