# SPDX-License-Identifier: BSD-2-Clause
"""More is asked than can be answered: what is left out, what is told, and that it ends."""
import contextlib
import multiprocessing
import os
import pathlib
import socket
import time

import dns.message
import dns.query
import dns.rcode
import dns.zone
import pytest

from limits import SLOW, eventually

ZONE = "@ MX 10 mail\nmail A 192.0.2.25\nwww A 192.0.2.1\n"
MOST_S = 30 * SLOW  # however the test ends


def flood(address, port, over, go, core):
    """Beside the worker, on the same core, and not as nice as it."""
    query = dns.message.make_query("www.example.com", "A").to_wire()
    end = time.monotonic() + MOST_S
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect((address, port))
        while not over.is_set() and time.monotonic() < end:
            if go.is_set():
                os.sched_setaffinity(0, {core})
            for _ in range(500):
                with contextlib.suppress(OSError):
                    s.send(query)


def run_times(pid):
    found = {}
    for task in pathlib.Path("/proc/%d/task" % pid).iterdir():
        with contextlib.suppress(OSError):
            found[int(task.name)] = int((task / "schedstat").read_text().split()[0])
    return found


@contextlib.contextmanager
def overloaded(world):
    """The worker is found by what it does in a flood, and made the nicest there is."""
    core = min(os.sched_getaffinity(0))
    over, go = multiprocessing.Event(), multiprocessing.Event()
    process = multiprocessing.Process(
        target=flood, args=(world.address, world.port, over, go, core), daemon=True)
    before = run_times(world.process.pid)
    process.start()
    try:
        time.sleep(0.5)
        after = run_times(world.process.pid)
        worker = max(before, key=lambda tid: after.get(tid, 0) - before[tid])
        os.sched_setaffinity(worker, {core})
        os.setpriority(os.PRIO_PROCESS, worker, 19)
        go.set()
        yield
    finally:
        over.set()
        process.join()


def state(world):
    return world.status()["load"]["state"]


def additional(world):
    return len(world.ask("example.com", "MX", tcp=True).additional)


def transfer(world):
    """The rcode of an AXFR."""
    query = dns.message.make_query("example.com", "AXFR")
    return dns.query.tcp(query, world.address, 5 * SLOW, world.port).rcode()


def alerts(world):
    return [a["subject"] for a in world.ctl_json("alerts")["alerts"]
            if a["state"] == "bad"]


@pytest.fixture
def asked(world):
    world.zone("example.com", ZONE)
    world.configure(
        "zones:\n  - {domain: example.com, file: example.com.zone}\n",
        "  receive_buffer: 65536\n  transfer: [127.0.0.1]\n")
    world.start()
    return world


def test_begins_sheds_and_ends(asked):
    assert state(asked) == "normal" and additional(asked) == 1
    assert transfer(asked) == dns.rcode.NOERROR
    with overloaded(asked):
        eventually(lambda: state(asked) == "overload", within=20)
        load = asked.status()["load"]
        assert load["dropped"] > 0 and load["overloads"] == 1 and load["since"]
        assert "load       OVERLOAD since" in asked.ctl("status")
        # workers read it before their next batch
        eventually(lambda: additional(asked) == 0, within=5)
        assert transfer(asked) == dns.rcode.SERVFAIL
        eventually(lambda: "overload" in alerts(asked), within=5)
        counters = asked.status()["counters"]
        assert counters["shed_additional"] >= 1 and counters["shed_transfers"] == 1
        assert counters["udp_full_batches"] > 0
    eventually(lambda: state(asked) == "normal", within=20)
    eventually(lambda: additional(asked) == 1, within=5)
    assert transfer(asked) == dns.rcode.NOERROR
    assert asked.status()["load"]["since"] is None
    assert "load       normal, " in asked.ctl("status")
    eventually(lambda: "overload ends seconds=" in asked.text(), within=5)
    assert asked.text().count("overload begins dropped=") == 1
    eventually(lambda: "overload" not in alerts(asked), within=5)
