# SPDX-License-Identifier: BSD-2-Clause
"""A network namespace of its own, with a loopback interface that can be cut.

What is called there, and every process and thread that is begun there, sees that network and
no other. Making one needs privileges.
"""
import ctypes
import fcntl
import queue
import socket
import struct
import threading

CLONE_NEWNET, SIOCSIFFLAGS, IFF_UP = 0x40000000, 0x8914, 1


class Island:
    def __init__(self):
        """OSError: it may not be made."""
        self.calls = queue.Queue()
        threading.Thread(target=self._run, daemon=True).start()
        self.call(self._leave)

    @staticmethod
    def _leave():
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "unshare")

    def _run(self):
        while (work := self.calls.get()) is not None:
            function, got = work
            try:
                got.put((function(), None))
            except BaseException as e:  # whoever called is told
                got.put((None, e))

    def call(self, function):
        got = queue.Queue()
        self.calls.put((function, got))
        value, error = got.get()
        if error is not None:
            raise error
        return value

    def _set(self, flags):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sH14s", b"lo", flags, b""))

    def join(self):
        self.call(lambda: self._set(IFF_UP))

    def cut(self):
        self.call(lambda: self._set(0))

    def close(self):
        self.calls.put(None)
