# SPDX-License-Identifier: BSD-2-Clause
"""What outlives the process: the database, what killed it, and how old records may grow.

KILLS=100 kills as often as that, in the tests that kill."""
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import threading

import pytest

from limits import SLOW, eventually
from world import program

EMBEDDED = """
zones:
  - {domain: example.com, file: example.com.zone, store: on}
"""
REDIS = """
store:
  kind: redis
  address: 127.0.0.1@REDIS_PORT
  fresh_for: 1s
  max_stale: 3s
zones:
  - {domain: example.com, file: example.com.zone, store: on}
"""
KEY = "dns:{example.com}:%s:A"
INVALID_DATA = 24


def begin(world, config=EMBEDDED, **options):
    world.zone("example.com", "www A 192.0.2.1\n")
    world.configure(config)
    world.start(**options)


def data(world, name, **options):
    return world.ask(name + ".example.com", "A", **options).data


def fnv(key, fields):
    """The sum of a row, as sextant-state(5) describes it."""
    h = 0xcbf29ce484222325
    for text in [key] + [t for name in sorted(fields) for t in (name, fields[name])]:
        for octet in text.encode() + b"\0":
            h = (h ^ octet) * 0x100000001b3 % 2 ** 64
    return h - 2 ** 64 if h >= 2 ** 63 else h


def test_the_first_version_is_migrated(world):
    """A database as the first version of the schema had it; each record is kept."""
    (world.folder / "state").mkdir()
    db = sqlite3.connect(world.folder / "state" / "records.db")
    db.executescript(
        "CREATE TABLE record(key TEXT PRIMARY KEY, fields BLOB NOT NULL, sum INTEGER NOT NULL,"
        " changed INTEGER NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE damaged(key TEXT, fields BLOB, sum INTEGER, changed INTEGER);"
        "CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
        "PRAGMA user_version = 1;")
    for i in range(300):
        key, fields = KEY % ("h%d" % i), {"ttl": "77", "values": "192.0.2.%d" % (i % 250)}
        packed = b"".join(b"%s\0%s\0" % (n.encode(), fields[n].encode()) for n in sorted(fields))
        db.execute("INSERT INTO record VALUES(?, ?, ?, 1700000000)", (key, packed, fnv(key, fields)))
    db.execute("UPDATE record SET sum = sum + 1 WHERE key = ?", (KEY % "h7",))
    db.commit()
    db.close()
    begin(world)
    assert (data(world, "h0"), data(world, "h299")) == (["192.0.2.0"], ["192.0.2.49"])
    # the one whose sum is wrong is set aside and told of
    assert world.ask("h7.example.com").rcode == "NXDOMAIN"
    assert world.status()["store"]["damaged"] == 1
    world.ctl("records", "set", "new.example.com", "A", "values=192.0.2.9")
    world.stop()
    db = sqlite3.connect(world.folder / "state" / "records.db")
    assert db.execute("PRAGMA user_version").fetchone() == (3,)
    assert db.execute('SELECT zone, owner, type, ttl, "values" FROM rrset WHERE owner = \'h0\'').fetchall() \
        == [("example.com", "h0", "A", "77", "192.0.2.0")]
    sums = [s for (s,) in db.execute("SELECT sum FROM record")]
    count, total = db.execute("SELECT records, sum FROM zone WHERE zone = 'example.com'").fetchone()
    assert count == len(sums) == 300 and total % 2 ** 64 == sum(sums) % 2 ** 64
    assert db.execute("SELECT key FROM damaged").fetchall() == [(KEY % "h7",)]
    db.close()
    world.start()
    assert data(world, "new") == ["192.0.2.9"] and world.status()["store"]["damaged"] == 0


def test_rows_that_vanish_are_noticed(world):
    """As a hit in a page's header makes them: nothing else is wrong with the file."""
    begin(world)
    for i in range(20):
        world.ctl("records", "set", "h%d.example.com" % i, "A", "values=192.0.2.9")
    world.stop()
    db = sqlite3.connect(world.folder / "state" / "records.db")
    db.execute("DELETE FROM record WHERE key >= ?", (KEY % "h7",))
    db.commit()
    db.close()
    world.start()
    store = world.status()["store"]
    assert store["lost"] == 3 and "example.com" in store["damage_reason"]
    assert data(world, "h6") == ["192.0.2.9"] and world.ask("h7.example.com").rcode == "NXDOMAIN"
    assert list((world.folder / "state").glob("records.db.damaged-*"))
    world.stop()
    world.start()
    assert world.status()["store"]["lost"] == 0


BATCH = 20


def import_batch(world, n):
    """One request that sets all names of a batch to the same; True when it was acknowledged."""
    lines = "".join('{"key": "%s", "fields": {"values": "192.0.%d.%d"}}\n'
                    % (KEY % ("batch%d" % i), n // 250 % 250, n % 250) for i in range(BATCH))
    path = world.write("batch", lines)
    return subprocess.run(
        [program("SEXTANTCTL", "sextantctl"), "-s", str(world.folder / "control.sock"),
         "records", "import", str(path)], capture_output=True, timeout=20 * SLOW).returncode == 0


def test_killed_while_it_writes(world):
    """Each write that was acknowledged is there after SIGKILL, at whatever moment, and of a
    batch all or nothing."""
    begin(world)
    acknowledged, sent, count = {}, {}, dict.fromkeys(("a", "b", "batch"), 0)

    def write(name):
        n = 0
        while True:
            n += 1
            value = "192.0.%d.%d" % (n // 250 % 250, n % 250)
            sent[name] = value
            if name == "batch":
                good = import_batch(world, n)
            else:
                good = subprocess.run(
                    [program("SEXTANTCTL", "sextantctl"), "-s", str(world.folder / "control.sock"),
                     "records", "set", name + ".example.com", "A", "values=" + value],
                    capture_output=True, timeout=20 * SLOW).returncode == 0
            if not good:
                return
            acknowledged[name] = value
            count[name] += 1

    for _ in range(int(os.environ.get("KILLS", "5"))):
        writers = [threading.Thread(target=write, args=(name,)) for name in ("a", "b", "batch")]
        for w in writers:
            w.start()
        threading.Event().wait(random.uniform(0, 0.3))
        world.kill()
        for w in writers:
            w.join()
        world.start()
        assert not world.status()["store"]["damage_reason"]
        for name in "ab":
            if name in acknowledged:
                got = data(world, name)
                assert got in ([acknowledged[name]], [sent[name]]), name
                acknowledged[name] = got[0]  # maybe what was sent last: it is there now
        batch = [data(world, "batch%d" % i) for i in range(BATCH)]
        assert all(got == batch[0] for got in batch), batch
        if "batch" in acknowledged:
            assert batch[0] in ([acknowledged["batch"]], [sent["batch"]])
            acknowledged["batch"] = batch[0][0]
    print("acknowledged:", count)
    assert acknowledged


def test_a_replica_killed_while_it_writes(world, redis_server):
    """What it serves afterwards, without Redis, was true: of each transaction all or nothing,
    nothing that was never written, and no older than what was on disk before."""
    begin(world, REDIS.replace("max_stale: 3s", ""))
    eventually(lambda: world.status()["store"]["sync"] == "fresh", within=4)
    end = threading.Event()
    written = [0]

    def write():
        client = redis_server.client
        while not end.is_set():
            n = written[0] + 1
            value = "192.%d.%d.%d" % (n // 62500 % 250, n // 250 % 250, n % 250)
            both = client.pipeline(transaction=True)
            both.hset(KEY % ("one%d" % (n % 5)), "values", value)
            both.hset(KEY % ("two%d" % (n % 5)), "values", value)
            both.execute()
            written[0] = n

    def number(name):
        got = data(world, name)
        if not got:
            return 0
        a, b, c = map(int, got[0].split(".")[1:])
        return (a * 250 + b) * 250 + c

    before = [0] * 5
    for _ in range(int(os.environ.get("KILLS", "5"))):
        end.clear()
        writer = threading.Thread(target=write)
        writer.start()
        threading.Event().wait(random.uniform(0, 1))
        world.kill()
        end.set()
        writer.join()
        redis_server.signal(signal.SIGSTOP)
        try:
            world.start()
            one = [number("one%d" % i) for i in range(5)]
            two = [number("two%d" % i) for i in range(5)]
            assert one == two
            assert all(before[i] <= n <= written[0] + 1 for i, n in enumerate(one))
            assert all(n == 0 or n % 5 == i for i, n in enumerate(one))
            assert not world.status()["store"]["damage_reason"]
        finally:
            redis_server.signal(signal.SIGCONT)
        before = one
        eventually(lambda: number("one%d" % (written[0] % 5)) >= written[0], within=10)
    print("transactions:", written[0])
    assert written[0]


@pytest.fixture
def small_disk(world):
    """The state folder on a file system of 1 MiB."""
    state = world.folder / "state"
    state.mkdir()
    if os.geteuid() != 0 or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(state)],
            capture_output=True).returncode != 0:
        pytest.skip("no file system can be mounted here")
    yield state
    world.stop()
    subprocess.run(["umount", str(state)], check=True)


def test_a_full_disk(world, redis_server, small_disk):
    """It is said, answers go on, and all is written once there is room again."""
    begin(world, REDIS.replace("max_stale: 3s", ""))
    eventually(lambda: world.status()["store"]["sync"] == "fresh", within=4)
    filler = fill(small_disk)
    for i in range(2000):
        redis_server.hset(KEY % ("h%d" % i), values="192.0.2.9", comment="x" * 100)
    eventually(lambda: data(world, "h1999") == ["192.0.2.9"], within=4)
    eventually(lambda: world.status()["store"]["disk_reason"], within=4)
    assert "disk is full" in world.text() and "NOT WRITTEN" in world.ctl("status")
    os.remove(filler)
    eventually(lambda: not world.status()["store"]["disk_reason"], within=40)
    eventually(lambda: rows(world) == 2000, within=20)
    redis_server.kill()
    world.kill()
    world.start()
    assert data(world, "h1999") == ["192.0.2.9"] and data(world, "h0") == ["192.0.2.9"]


def fill(folder):
    """Leaves no room in the file system; gives the file that takes it all."""
    filler = folder / "filler"
    fd = os.open(filler, os.O_WRONLY | os.O_CREAT)
    try:
        while os.write(fd, b"\0" * 4096):
            pass
    except OSError:
        os.close(fd)
    return filler


def set_record(world, name, value):
    return world.ctl_raw("records", "set", name + ".example.com", "A", "values=" + value)


def test_a_full_disk_of_the_store(world, small_disk):
    """A write that cannot be durable is refused, with the reason; answers go on, also after a
    start; and as soon as there is room all is as before, without anybody writing."""
    begin(world)
    assert set_record(world, "one", "192.0.2.1").returncode == 0
    filler = fill(small_disk)
    refused = []

    def is_refused():
        n = len(refused)
        got = set_record(world, "n%d" % n, "192.0.2.%d" % (n % 250))
        refused.append(got.returncode != 0)
        return refused[-1] and "disk is full" in got.stderr + got.stdout

    # a log that has room inside takes some more
    eventually(is_refused, within=10)
    assert "NOT WRITTEN" in world.ctl("status")
    assert data(world, "one") == ["192.0.2.1"] and data(world, "www") == ["192.0.2.1"]
    assert data(world, "n%d" % (len(refused) - 1)) == []
    world.kill()
    world.start()
    assert data(world, "one") == ["192.0.2.1"]
    for i, no in enumerate(refused):
        assert data(world, "n%d" % i) == ([] if no else ["192.0.2.%d" % (i % 250)])
    os.remove(filler)
    eventually(lambda: world.status()["store"]["disk_on"], within=20)
    eventually(lambda: not world.status()["store"]["disk_reason"], within=20)
    assert set_record(world, "two", "192.0.2.2").returncode == 0
    world.kill()
    world.start()
    assert (data(world, "one"), data(world, "two")) == (["192.0.2.1"], ["192.0.2.2"])


def test_a_state_folder_that_is_moved_away(world):
    """What was open goes on being written then, and no restart would find it."""
    begin(world)
    assert set_record(world, "one", "192.0.2.1").returncode == 0
    (world.folder / "state").rename(world.folder / "elsewhere")
    got = set_record(world, "two", "192.0.2.2")
    assert got.returncode == 1 and "moved or removed" in got.stderr, got
    assert "moved or removed" in world.status()["store"]["disk_reason"]
    assert "NOT WRITTEN" in world.ctl("status") and data(world, "two") == []
    assert data(world, "one") == ["192.0.2.1"]
    (world.folder / "elsewhere").rename(world.folder / "state")
    eventually(lambda: not world.status()["store"]["disk_reason"], within=40)
    assert set_record(world, "two", "192.0.2.2").returncode == 0
    world.kill()
    world.start()
    eventually(lambda: data(world, "two") == ["192.0.2.2"], within=20)


def remount(folder, how):
    subprocess.run(["mount", "-o", "remount," + how, str(folder)], check=True)


def test_a_read_only_folder(world, small_disk):
    """At a start: what is there is served, writes are refused; it ends by itself."""
    begin(world)
    assert set_record(world, "one", "192.0.2.1").returncode == 0
    world.stop()
    remount(small_disk, "ro")
    world.start()
    try:
        assert data(world, "one") == ["192.0.2.1"]
        store = world.status()["store"]
        assert not store["disk_on"] and store["disk_reason"]
        got = set_record(world, "two", "192.0.2.2")
        assert got.returncode != 0 and store["disk_reason"] in got.stderr + got.stdout
        assert data(world, "two") == [] and "store disk trouble" in world.text()
    finally:
        remount(small_disk, "rw")
    eventually(lambda: world.status()["store"]["disk_on"], within=20)
    assert set_record(world, "two", "192.0.2.2").returncode == 0
    assert not world.status()["store"]["disk_reason"]
    world.kill()
    world.start()
    assert (data(world, "one"), data(world, "two")) == (["192.0.2.1"], ["192.0.2.2"])


READ_ONLY = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
is_read_only(void)
{
    return access(getenv("READ_ONLY"), F_OK) == 0;
}

#define FUNCTION(name)                                                         \\
    ssize_t name(int fd, const void *data, size_t len, off_t at)               \\
    {                                                                          \\
        static ssize_t (*real)(int, const void *, size_t, off_t);              \\
                                                                               \\
        if (real == NULL)                                                      \\
            *(void **)&real = dlsym(RTLD_NEXT, #name);                         \\
        if (!is_read_only())                                                   \\
            return real(fd, data, len, at);                                    \\
        errno = EROFS;                                                         \\
        return -1;                                                             \\
    }
FUNCTION(pwrite)
FUNCTION(pwrite64)
"""


def preload(world, monkeypatch, name, text):
    """The servers to come have these functions in place of the system's."""
    if shutil.which("cc") is None:
        pytest.skip("no compiler is installed")
    source = world.write(name + ".c", text)
    library = world.folder / (name + ".so")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True)
    monkeypatch.setenv("LD_PRELOAD", str(library))
    monkeypatch.setenv("ASAN_OPTIONS", "verify_asan_link_order=0")


def test_it_becomes_read_only(world, monkeypatch):
    """As a kernel does with a file system that is damaged, and a write comes."""
    flag = world.folder / "read-only"
    monkeypatch.setenv("READ_ONLY", str(flag))
    preload(world, monkeypatch, "readonly", READ_ONLY)
    begin(world)
    assert set_record(world, "one", "192.0.2.1").returncode == 0
    flag.touch()
    got = set_record(world, "two", "192.0.2.2")
    reason = world.status()["store"]["disk_reason"]
    assert got.returncode != 0 and reason and reason in got.stderr + got.stdout
    assert "store disk cannot be written" in world.text()
    assert data(world, "one") == ["192.0.2.1"] and data(world, "two") == []
    flag.unlink()
    eventually(lambda: not world.status()["store"]["disk_reason"], within=20)
    assert set_record(world, "two", "192.0.2.2").returncode == 0
    world.kill()
    world.start()
    assert (data(world, "one"), data(world, "two")) == (["192.0.2.1"], ["192.0.2.2"])


def rows(world):
    db = sqlite3.connect(world.folder / "state" / "replica.db")
    try:
        return db.execute("SELECT count(*) FROM record").fetchone()[0]
    finally:
        db.close()


POISON = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

int
inet_pton(int family, const char *text, void *to)
{
    int (*real)(int, const char *, void *);

    if (strcmp(text, "2001:db8::66") == 0)
        abort();
    *(void **)&real = dlsym(RTLD_NEXT, "inet_pton");
    return real(family, text, to);
}
"""


@pytest.fixture
def poison(world, monkeypatch):
    """An address that kills who parses it."""
    preload(world, monkeypatch, "poison", POISON)
    return "2001:db8::66"


def test_a_zone_file_that_kills(world, poison):
    """The second start leaves the file alone and serves its accepted copy."""
    begin(world)
    world.stop()
    world.zone("example.com", "www A 192.0.2.1\nnew AAAA %s\n" % poison)
    world.start(ready=False)
    world.wait_ended(-signal.SIGABRT)
    world.start()
    assert data(world, "www") == ["192.0.2.1"]
    assert any("died" in p for p in world.status()["problems"])
    assert "example.com.zone\n    the server died" in world.ctl("rejected")
    # a reload does not try it either, until it changes
    assert "died" in world.ctl_raw("reload").stderr + world.ctl_raw("reload").stdout
    world.zone("example.com", "www A 192.0.2.2\n")
    world.ctl("reload")
    assert data(world, "www") == ["192.0.2.2"]


def test_one_of_many_zone_files_kills(world, poison):
    """Several are read at once: the one that kills is left alone, and no other."""
    names = ["z%d.example" % i for i in range(40)]
    for name in names:
        world.zone(name, "www AAAA %s\n" % (poison if name == "z20.example" else "2001:db8::1"))
    begin(world, "zones:\n" + "".join(
        "  - {domain: %s, file: %s.zone}\n" % (name, name) for name in names), ready=False)
    world.wait_ended(-signal.SIGABRT)
    world.start()
    assert [q["name"] for q in world.status()["quarantine"]] == [
        str(world.folder / "z20.example.zone")]
    for name in names:
        answer = world.ask("www." + name)
        assert answer.rcode == ("SERVFAIL" if name == "z20.example" else "NOERROR")


POISON_GEO = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
MMDB_open(const char *path, uint32_t flags, void *db)
{
    int (*real)(const char *, uint32_t, void *);

    if (unlink(getenv("POISON_ON")) == 0)
        abort();
    *(void **)&real = dlsym(RTLD_NEXT, "MMDB_open");
    return real(path, flags, db);
}
"""


def test_a_geo_database_that_kills(world, geo_database, monkeypatch):
    """The second start reads its accepted copy; a change of the file, be it only of its time,
    is another try: so the operator lets go of it."""
    database = world.folder / "geo.mmdb"
    shutil.copy(geo_database, database)
    poisoned = world.folder / "poisoned"
    monkeypatch.setenv("POISON_ON", str(poisoned))
    preload(world, monkeypatch, "poisongeo", POISON_GEO)
    begin(world, "geo: {databases: [%s]}\n" % database + EMBEDDED)
    country = world.ctl("geo", "8.8.8.8")
    world.stop()
    poisoned.touch()
    os.utime(database, (1700000000, 1700000000))
    world.start(ready=False)
    world.wait_ended(-signal.SIGABRT)
    world.start()
    assert data(world, "www") == ["192.0.2.1"]
    status = world.status()
    assert [q["kind"] for q in status["quarantine"]] == ["geo database"]
    assert "QUARANTINE geo database %s" % database in world.ctl("status")
    assert "died" in world.ctl("rejected")
    assert "US" in country and "US" in world.ctl("geo", "8.8.8.8")
    assert "died" in world.ctl_raw("reload").stderr + world.ctl_raw("reload").stdout
    os.utime(database)
    world.ctl("reload")
    assert world.status()["quarantine"] == [] and not world.status()["problems"]


def test_safe_mode(world, poison):
    """The third death within five minutes; it ends with a stop that was asked for."""
    begin(world)
    world.stop()
    for i in range(3):
        world.zone("example.com", "www A 192.0.2.1\nn%d AAAA %s\n" % (i, poison))
        world.start(ready=False)
        world.wait_ended(-signal.SIGABRT)
    world.zone("example.com", "www A 192.0.2.3\n")
    world.start()
    assert "SAFE MODE" in world.text() and "SAFE MODE" in world.ctl("status")
    assert data(world, "www") == ["192.0.2.1"]
    assert "safe mode" in world.ctl_raw("reload").stderr + world.ctl_raw("reload").stdout
    world.stop()
    world.start()
    assert data(world, "www") == ["192.0.2.3"] and "SAFE MODE" not in world.ctl("status")


def test_a_record_that_kills(world, redis_server, poison):
    """Back within seconds, without that record; the last good version is served."""
    begin(world, REDIS)
    redis_server.hset(KEY % "one", values="192.0.2.10")
    redis_server.hset(KEY % "two", values="192.0.2.20")
    eventually(lambda: data(world, "two") == ["192.0.2.20"], within=4)
    # it is on disk within a second
    eventually(lambda: rows(world) == 2, within=4)
    redis_server.hset(KEY % "one", values=poison)
    world.wait_ended(-signal.SIGABRT)
    world.start()
    eventually(lambda: world.status()["store"]["sync"] == "fresh", within=4)
    assert (data(world, "one"), data(world, "two")) == (["192.0.2.10"], ["192.0.2.20"])
    eventually(lambda: world.status()["store"]["rejected"] == 1, within=4)
    assert "quarantine" in world.text()
    # another version is another try
    redis_server.hset(KEY % "one", values="192.0.2.11")
    eventually(lambda: data(world, "one") == ["192.0.2.11"], within=4)


def test_too_old(world, redis_server):
    """Beyond max_stale names of the store are SERVFAIL; those of the file go on."""
    redis_server.hset(KEY % "one", values="192.0.2.10")
    begin(world, REDIS.replace("store: on}", "store: on, transfer: [127.0.0.1]}"))
    eventually(lambda: data(world, "one") == ["192.0.2.10"], within=4)
    assert world.ask("example.com", "AXFR", tcp=True).rcode == "NOERROR"
    redis_server.kill()
    eventually(lambda: world.status()["store"]["sync"] == "stale", within=4)
    assert data(world, "one") == ["192.0.2.10"]
    eventually(lambda: world.ask("one.example.com").rcode == "SERVFAIL", within=8)
    assert world.ask("none.example.com").rcode == "SERVFAIL"  # never NXDOMAIN
    assert world.ask("one.example.com", "TXT").rcode == "SERVFAIL"  # nor NODATA
    got = world.ask("one.example.com", edns=True)
    assert got.ede == INVALID_DATA
    # nor does a secondary get them, which would answer with them for weeks
    got = world.ask("example.com", "AXFR", tcp=True)
    assert (got.rcode, got.ede) == ("SERVFAIL", INVALID_DATA)
    assert data(world, "www") == ["192.0.2.1"]
    assert world.status()["store"]["expired"] and "store records are too old" in world.text()
    redis_server.start()
    eventually(lambda: data(world, "one") == ["192.0.2.10"], within=8)
    assert world.ask("example.com", "AXFR", tcp=True).rcode == "NOERROR"
