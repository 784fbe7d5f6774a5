# SPDX-License-Identifier: BSD-2-Clause
"""A TCP listener that can go silent, as a host does whose cable is cut.

Its queue of connections is full then, and the kernel drops what would begin another one:
nothing comes back, not even a refusal.
"""
import select
import socket
import threading


class Silent:
    def __init__(self, address, port):
        self.at = (address, port)
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(self.at)
        self.listener.listen(0)
        self.fillers = []
        self.hears, self.ends = threading.Event(), False
        self.hears.set()
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while not self.ends:
            self.hears.wait()
            if select.select([self.listener], [], [], 0.02)[0] and self.hears.is_set():
                self.listener.accept()[0].close()

    def fall_silent(self):
        self.hears.clear()
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(self.at)
            self.fillers.append(filler)

    def speak(self):
        for filler in self.fillers:
            filler.close()
        self.fillers = []
        self.hears.set()

    def close(self):
        self.ends = True
        self.speak()
        self.thread.join()
        self.listener.close()
