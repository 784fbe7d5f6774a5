# SPDX-License-Identifier: BSD-2-Clause
"""HTTP backends on loopback addresses, in a thread of the test, that do as they are told."""
import asyncio
import socket
import struct
import threading

GOOD = "ok, all is well\n"


class Backend:
    """One backend: told how to behave by answer(), status(), hang() and so on."""

    def __init__(self, park, address, port):
        self.park, self.address, self.port = park, address, port
        self.mode, self.code, self.body = "answer", 200, GOOD
        self.tls = None  # an ssl.SSLContext of a server
        self.requests = []  # request lines with their headers
        self.sent = 0  # octets, by gush()
        self.asked = 0
        self.server = None
        self.writers = set()

    def _become(self, mode, code=200, body=GOOD):
        self.park.call(self._set(mode, code, body))

    def answer(self):
        self._become("answer")

    def status(self, code):
        self._become("answer", code=code)

    def lie(self):
        """Status 200, and a body that says otherwise."""
        self._become("answer", body="database on fire\n")

    def cut(self):
        """Promises more body than it sends, and closes."""
        self._become("cut", body="not all of it")

    def hang(self):
        """Accepts, reads, and says nothing."""
        self._become("hang")

    def drip(self):
        """A right answer, one octet at a time: each arrives soon, the last one late."""
        self._become("drip")

    def gush(self):
        """Status 200, and a gigabyte of body."""
        self._become("gush")

    def limp(self):
        """Every third answer is an error."""
        self._become("limp")

    def redirect(self):
        self._become("redirect")

    def close(self):
        """Accepts, and closes."""
        self._become("close")

    def reset(self):
        self._become("reset")

    def refuse(self):
        """Closes the listener: as if the process were stopped."""
        self._become("refuse")

    async def _set(self, mode, code, body):
        self.mode, self.code, self.body = mode, code, body
        for writer in list(self.writers):
            writer.transport.abort()
        if mode == "refuse" and self.server is not None:
            self.server.close()
            await self.server.wait_closed()
            self.server = None
        elif mode != "refuse" and self.server is None:
            self.server = await asyncio.start_server(
                self._serve, self.address, self.port, reuse_address=True, ssl=self.tls)

    async def _serve(self, reader, writer):
        self.writers.add(writer)
        try:
            await self._talk(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self.writers.discard(writer)
            writer.close()

    async def _talk(self, reader, writer):
        if self.mode == "reset":
            writer.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        if self.mode == "close":
            return
        head = await reader.readuntil(b"\r\n\r\n")
        self.requests.append(head.decode("latin-1"))
        if self.mode == "hang":
            await reader.read()
            return
        self.asked += 1
        if self.mode == "limp":
            self.code = 500 if self.asked % 3 == 0 else 200
        if self.mode == "redirect":
            writer.write(b"HTTP/1.1 302 x\r\nLocation: http://192.0.2.1/\r\n"
                         b"Content-Length: 0\r\nConnection: close\r\n\r\n")
            return
        if self.mode == "gush":
            writer.write(b"HTTP/1.1 200 x\r\nContent-Length: 1000000000\r\n\r\n")
            while self.mode == "gush":
                writer.write(b"x" * 16384)
                await writer.drain()
                self.sent += 16384
            return
        body = self.body.encode()
        length = len(body) + (1000 if self.mode == "cut" else 0)
        reply = b"HTTP/1.1 %d x\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (
            self.code, length, body)
        step = 1 if self.mode == "drip" else len(reply)
        for at in range(0, len(reply), step):
            writer.write(reply[at:at + step])
            await writer.drain()
            if self.mode == "drip":
                await asyncio.sleep(0.05)


class Park:
    """All backends of a test, on one port, as a check wants them."""

    def __init__(self, port):
        self.port = port
        self.backends = []
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    def add(self, address):
        b = Backend(self, address, self.port)
        b.answer()
        self.backends.append(b)
        return b

    def close(self):
        for b in self.backends:
            b.refuse()
        self.call(self._end_tasks())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    async def _end_tasks(self):
        tasks = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
        for t in tasks:
            t.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
