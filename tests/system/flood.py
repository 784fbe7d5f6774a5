# SPDX-License-Identifier: BSD-2-Clause
"""Random names and known ones, asked again and again over UDP while something happens."""
import random
import socket
import struct
import threading
import time

from limits import SLOW
from masses import question, shorten

BATCH = 16


class Flood(threading.Thread):
    """known: {name: addresses that are right, in short}. Every other name is NXDOMAIN."""

    def __init__(self, port, zone, known):
        super().__init__(daemon=True)
        self.port, self.zone, self.known = port, zone, known
        self.over = threading.Event()
        self.lost, self.wrong, self.took = 0, [], []
        self.failed, self.number = None, 0

    def run(self):
        dice = random.Random(7)
        names = sorted(self.known)
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.connect(("127.0.0.1", self.port))
                while not self.over.is_set():
                    self.batch(s, dice, names)
        except Exception as e:
            self.failed = e

    def batch(self, s, dice, names):
        asked = {}
        for _ in range(BATCH):
            self.number = ident = (self.number + 1) & 0xffff
            name = (dice.choice(names) if dice.randrange(4) == 0
                    else "r%x.%s" % (dice.getrandbits(48), self.zone))
            asked[ident] = name, time.monotonic()
            s.send(question(ident, name, "A"))
        end = time.monotonic() + 1 * SLOW
        while asked:
            s.settimeout(max(end - time.monotonic(), 0.001))
            try:
                wire = s.recv(4096)
            except TimeoutError:
                self.lost += len(asked)
                return
            got = asked.pop(struct.unpack_from("!H", wire)[0], None)
            if got is None:
                continue
            self.took.append(time.monotonic() - got[1])
            short = shorten(wire, "A")
            want = self.known.get(got[0])
            right = (short.rcode == "NXDOMAIN" if want is None
                     else short.rcode == "NOERROR" and short.data in want)
            if not right:
                self.wrong.append((got[0], short))

    def stop(self):
        """All was answered, and right; how many, and how long it took in milliseconds."""
        self.over.set()
        self.join()
        assert self.failed is None, self.failed
        assert not self.wrong, "%d wrong answers: %s" % (len(self.wrong), self.wrong[:5])
        assert self.lost == 0, "%d of %d are lost" % (self.lost, len(self.took) + self.lost)
        took = sorted(self.took)
        assert took, "nothing was asked"
        return len(took), 1000 * took[len(took) // 2], 1000 * took[len(took) * 99 // 100]

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
