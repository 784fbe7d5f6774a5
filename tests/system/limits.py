# SPDX-License-Identifier: BSD-2-Clause
"""How long things may take here, and how to wait for them.

SLOW=3 in the environment makes every limit three times as long, for builds with
sanitizers and machines that are busy with something else. Limits only bound: no test
sleeps where it can look.
"""
import os
import random
import socket
import time

SLOW = float(os.environ.get("SLOW", "1"))


def eventually(what, within, every=0.01):
    """Waits until what() is true and returns it; raises what it raised last."""
    end = time.monotonic() + within * SLOW
    while True:
        last = None
        try:
            got = what()
            if got:
                return got
        except (AssertionError, OSError) as e:
            last = e
        if time.monotonic() >= end:
            raise last or AssertionError("not within %.1f s: still %r" % (within * SLOW, got))
        time.sleep(every)


def always(what, during, every=0.02):
    """what() is true all the time; says so at once when it is not."""
    end = time.monotonic() + during
    while time.monotonic() < end:
        assert what()
        time.sleep(every)


def free_port(*addresses):
    """A port that is free for UDP and TCP on all these addresses, below the ephemeral ones.

    PORT_LANE=1/4 is the second of four runs beside each other: each has ports of its own.
    """
    lane, lanes = map(int, os.environ.get("PORT_LANE", "0/1").split("/"))
    size = 12000 // lanes
    for _ in range(200):
        port = 20000 + lane * size + random.randrange(size)
        held = []
        try:
            for address in addresses or ("127.0.0.1",):
                family = socket.AF_INET6 if ":" in address else socket.AF_INET
                for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                    held.append(socket.socket(family, kind))
                    held[-1].bind((address, port))
            return port
        except OSError:
            continue
        finally:
            for s in held:
                s.close()
    raise AssertionError("no free port")
