# SPDX-License-Identifier: BSD-2-Clause
"""A TCP proxy that can delay, throttle, stop, half-open, refuse and cut.

It stands between sextantd and a Redis (or anything else on loopback), in a thread of its
own; what is set holds at once, for connections that are open too.
"""
import asyncio
import socket
import struct
import threading

from limits import free_port

CHUNK = 65536


class Line:
    """One connection: the client's side and the server's."""

    def __init__(self, client, server):
        self.client, self.server = client, server
        self.dead = False  # half-open: nothing is passed on any more, nothing is said

    def reset(self):
        for writer in (self.client, self.server):
            sock = writer.get_extra_info("socket")
            if sock is not None and sock.fileno() != -1:
                # a RST, as from a host that was switched off and on
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()


class Proxy:
    def __init__(self, to_port, port=None):
        self.port = port or free_port()
        self.to_port = to_port
        self.lines = set()
        self.accepted = 0
        self.up = self.down = 0  # octets passed to the server, to the client
        self.wait = 0.0
        self.rate = None
        self.silent = False
        self.loop = asyncio.new_event_loop()
        self.server = None
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.do(self.open())

    def do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    # faults

    def delay(self, seconds):
        """Each piece, either way, is passed on so much later than it came. A question and
        its answer are two pieces."""
        self.wait = seconds

    def throttle(self, octets_per_second):
        """None: as fast as it goes."""
        self.rate = octets_per_second

    def stall(self):
        """Nothing is passed on, either way; connections stay, and new ones are taken."""
        self.silent = True

    def resume(self):
        self.silent = False

    def half_open(self):
        """The server's sides of all connections are gone, and the clients are not told;
        new connections are as usual."""
        async def act():
            for line in list(self.lines):
                line.dead = True
                line.server.transport.abort()
        self.do(act())

    def cut(self):
        """Ends all connections with a reset; returns how many. New ones are taken."""
        async def act():
            lines = list(self.lines)
            for line in lines:
                line.reset()
            return len(lines)
        return self.do(act())

    def refuse(self):
        """No new connections."""
        async def act():
            if self.server is not None:
                self.server.close()
                self.server = None
        self.do(act())

    def accept(self):
        if self.server is None:
            self.do(self.open())

    def close(self):
        if not self.thread.is_alive():
            return
        self.refuse()
        self.cut()

        async def end():
            for task in asyncio.all_tasks():
                if task is not asyncio.current_task():
                    task.cancel()
            await asyncio.sleep(0)
        self.do(end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    # how it works

    async def open(self):
        self.server = await asyncio.start_server(self.on_client, "127.0.0.1", self.port)

    async def on_client(self, reader, writer):
        self.accepted += 1
        try:
            from_server, server = await asyncio.open_connection("127.0.0.1", self.to_port)
        except OSError:
            writer.transport.abort()
            return
        line = Line(writer, server)
        self.lines.add(line)
        ups = asyncio.ensure_future(self.pump(line, reader, server, True))
        downs = asyncio.ensure_future(self.pump(line, from_server, writer, False))
        try:
            await asyncio.wait((ups, downs), return_when=asyncio.FIRST_COMPLETED)
            while line.dead and not ups.done():
                await asyncio.sleep(0.02)
        finally:
            for task in (ups, downs):
                task.cancel()
            self.lines.discard(line)
            writer.transport.abort()
            server.transport.abort()

    async def pump(self, line, reader, writer, up):
        """Passes one way until that end is closed; a half-open one swallows."""
        try:
            while True:
                part = await reader.read(CHUNK if self.rate is None else 1024)
                if not part and (not line.dead or up):
                    return
                if line.dead:
                    if not up:
                        return
                    continue
                if self.wait:
                    await asyncio.sleep(self.wait)
                if self.rate is not None:
                    await asyncio.sleep(len(part) / self.rate)
                while self.silent:
                    await asyncio.sleep(0.01)
                if line.dead:
                    continue
                writer.write(part)
                await writer.drain()
                if up:
                    self.up += len(part)
                else:
                    self.down += len(part)
        except OSError:
            return
