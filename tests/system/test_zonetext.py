# SPDX-License-Identifier: BSD-2-Clause
"""Master files, line by line: what BIND reads is read alike, and has the same octets.

Each line of tests/data/zonetext stands in a zone of its own behind HEAD. named-compilezone
and zonedump (which has the daemon's own reader) say whether they take it, and what they
made of it: owner, type, TTL and RDATA. Every difference has to be in differences.txt.
"""
import os
import pathlib
import shutil
import struct
import subprocess

import pytest

from limits import SLOW
from world import SOURCE, program

DATA = SOURCE / "tests" / "data" / "zonetext"
ORIGIN = "t.test."
HEAD = "$TTL 300\n@ SOA ns1 h 1 2 3 4 5\n@ NS ns1\nns1 A 192.0.2.1\n"
HEAD_LINES = 4
NAMED = ["-k", "ignore", "-n", "ignore", "-i", "none", "-r", "ignore", "-m", "ignore"]


def zonedump():
    return str(pathlib.Path(program("SEXTANTD", "sextantd")).resolve().parent
               / "tests" / "system" / "zonedump")


def lines_of(name):
    text = (DATA / name).read_text(encoding="utf-8")
    return [line for line in text.split("\n") if line and not line.startswith("#")]


# as named does it by default, but for check-names, which is a warning of ours
CHECKED = ["-k", "warn", "-n", "warn", "-i", "local", "-r", "warn", "-m", "warn"]


def by_bind(path, origin=ORIGIN, options=NAMED):
    """None when it is refused, else a sorted list of (owner, type, TTL, RDATA); what it said."""
    raw = path.with_suffix(".raw")
    got = subprocess.run(
        ["named-compilezone", *options, "-F", "raw", "-o", str(raw), origin, str(path)],
        cwd=path.parent, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        errors="replace", timeout=20 * SLOW)
    said = got.stdout + got.stderr
    return (read_raw(raw.read_bytes()) if got.returncode == 0 else None), said


def read_raw(data):
    """BIND's format "raw": a head, and the RRsets with their octets."""
    kind, version = struct.unpack("!II", data[:8])
    assert (kind, version) in ((2, 0), (2, 1))
    at = 12 if version == 0 else 24
    records = []
    while at < len(data):
        total, _, rdtype, _, ttl, count, name_len = struct.unpack("!IHHHIIH", data[at:at + 20])
        end, at = at + total, at + 20
        name, at = data[at:at + name_len].lower(), at + name_len
        for _ in range(count):
            size, = struct.unpack("!H", data[at:at + 2])
            records.append((name.hex(), rdtype, ttl, data[at + 2:at + 2 + size].hex()))
            at += 2 + size
        assert at == end
    return sorted(records)


def by_sextant(paths, origin=ORIGIN):
    """The same for many files at once: [(records or None, complaints), ...]."""
    words = [word for path in paths for word in (origin, str(path))]
    got = subprocess.run([zonedump(), *words], stdin=subprocess.DEVNULL, capture_output=True,
                         text=True, errors="replace", timeout=60 * SLOW)
    assert got.returncode == 0, got.stderr[-2000:]
    results = []
    for line in got.stdout.splitlines():
        word, _, rest = line.partition(" ")
        if word == "zone":
            records, said = [], []
        elif word == "said":
            said.append(rest)
        elif word == "rr":
            owner, rdtype, ttl, data = (rest + " ").split(" ")[:4]
            records.append((owner.lower(), int(rdtype), int(ttl), data.lower()))
        elif word == "loaded":
            results.append((sorted(records), said))
        else:
            assert word == "refused", line
            results.append((None, said))
    assert len(results) == len(paths)
    return results


def zones_of(name):
    """[(title, {file: octets}), ...]; the zone itself is the file "zone"."""
    words = {b"HEAD\n": HEAD.encode(), b"CR\n": b"\r\n", b"NONEWLINE\n": b"", b"NUL": b"\0",
             b"S255": b"s" * 255, b"S256": b"s" * 256, b"E255": b"\\065" * 255,
             b"E256": b"\\B" * 256, b"T60000": b'"%s" ' % (b"t" * 249) * 240,
             b"T70000": b'"%s" ' % (b"t" * 249) * 280}
    cases = []
    for block in (DATA / name).read_bytes().split(b"\n=== ")[1:]:
        title, _, text = (block + b"\n").partition(b"\n")
        for word, meaning in words.items():
            text = text.replace(word, meaning)
        files, current = {"zone": b""}, "zone"
        for line in text.splitlines(keepends=True):
            if line.startswith(b"--- "):
                current = line[4:].decode().strip()
                files[current] = b""
            else:
                files[current] += line
        # the newline in front of the next title is not the zone's
        cases.append((title.decode(), files))
    return cases


def differences():
    """{line or title: who takes it}"""
    text = (DATA / "differences.txt").read_text()
    lines = [line for line in text.split("\n") if line and not line.startswith("#")]
    return {case: who for who, case in (line.split(": ", 1) for line in lines)}


def compare(cases, listed, options=NAMED):
    """cases: [(name, path)]. What is wrong, a line each."""
    ours = by_sextant([path for _, path in cases])
    wrong = []
    for (name, path), (mine, told) in zip(cases, ours):
        theirs, said = by_bind(path, options=options)
        who = listed.get(name)
        if mine is None:
            # the reason, with its place, in this very file
            assert any(": error: " in line and line.startswith(str(path.parent)) for line in told), name
        if (mine is None) != (theirs is None):
            got = "bind" if mine is None else "sextant"
        elif mine != theirs:
            got = "octets"
        else:
            got = None
        if got != who:
            wrong.append("%s: %s, not %s\n  %s\n  %s" % (
                name, got, who, "; ".join(told[:3]), " ".join(said.split("\n"))[:300]))
    return wrong


@pytest.fixture
def bind():
    if shutil.which("named-compilezone") is None:
        pytest.skip("named-compilezone is not installed")
    if not os.access(zonedump(), os.X_OK):
        pytest.skip("zonedump is not beside sextantd")


@pytest.mark.parametrize("name", ["types.txt", "syntax.txt"])
def test_lines(bind, tmp_path, name):
    cases = []
    for number, line in enumerate(lines_of(name)):
        path = tmp_path / ("%d.zone" % number)
        path.write_text(HEAD + line + "\n", encoding="utf-8")
        cases.append((line, path))
    wrong = compare(cases, differences())
    assert not wrong, "%d of %d:\n%s" % (len(wrong), len(cases), "\n".join(wrong[:20]))


@pytest.mark.parametrize("options", [NAMED, CHECKED], ids=["read", "checked"])
def test_zones(bind, tmp_path, options):
    cases = []
    for number, (title, files) in enumerate(zones_of("zones.txt")):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name, data in files.items():
            (folder / name).write_bytes(data)
        cases.append(("=== " + title, folder / "zone"))
    wrong = compare(cases, differences(), options)
    assert not wrong, "%d of %d:\n%s" % (len(wrong), len(cases), "\n".join(wrong[:20]))


def test_differences_are_cases(bind):
    """Each difference that is told of stands in one of the files."""
    known = set(lines_of("types.txt")) | set(lines_of("syntax.txt"))
    known |= {"=== " + title for title, _ in zones_of("zones.txt")}
    assert not set(differences()) - known
