# SPDX-License-Identifier: BSD-2-Clause
"""What the measurements share: filling a Redis, reading what a process took, waiting."""
import os
import pathlib
import re
import subprocess
import sys
import time


def command(*words):
    return b"*%d\r\n" % len(words) + b"".join(
        b"$%d\r\n%s\r\n" % (len(w), w) for w in (str(w).encode() for w in words))


def hset(key, values):
    return command("HSET", key, *(x for pair in values.items() for x in pair))


def feed(server, commands):
    """As redis-cli --pipe takes it, a million a few seconds."""
    pipe = subprocess.Popen(["redis-cli", "-s", str(server.socket), "--pipe"],
                            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    for c in commands:
        pipe.stdin.write(c)
    pipe.stdin.close()
    pipe.wait()


def memory(world):
    """Resident octets."""
    text = pathlib.Path("/proc/%d/status" % world.process.pid).read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text).group(1)) * 1024


def threads(pid):
    """(name, seconds on a processor, seconds waiting for one) by the thread's number."""
    out = {}
    for path in pathlib.Path("/proc/%d/task" % pid).iterdir():
        try:
            name = (path / "comm").read_text().strip()
            ran, waited = (path / "schedstat").read_text().split()[:2]
            out[int(path.name)] = name, int(ran) / 1e9, int(waited) / 1e9
        except OSError:
            pass
    return out


def wait(what, within=300.0, every=0.02):
    end = time.monotonic() + within
    while not what():
        if time.monotonic() > end:
            sys.exit("not within %.0f s" % within)
        time.sleep(every)


def load(when):
    print("load %s: %.2f %.2f %.2f; %d processors"
          % ((when,) + os.getloadavg() + (os.cpu_count(),)), flush=True)
