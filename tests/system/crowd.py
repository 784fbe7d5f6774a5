# SPDX-License-Identifier: BSD-2-Clause
"""The same questions to several servers at once, many in flight, over UDP and TCP."""
import selectors
import socket
import struct
import time

from limits import SLOW

TRIES = 3


class Peer:
    """One server's sockets, and what came back in this batch by ID."""

    def __init__(self, name, port):
        self.name = name
        self.address = ("127.0.0.1", port)
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.udp.connect(self.address)
        self.udp.setblocking(False)
        self.tcp = None
        self.came = {}

    def begin(self):
        self.came = {}
        self.buffer = bytearray()

    def send(self, packets, tcp):
        if not tcp:
            for packet in packets:
                self.udp.send(packet)
        elif packets:
            self.hang_up()
            self.tcp = socket.create_connection(self.address, timeout=5 * SLOW)
            self.tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.tcp.sendall(b"".join(struct.pack("!H", len(p)) + p for p in packets))
            self.tcp.setblocking(False)

    def receive_udp(self):
        try:
            while True:
                self.take(self.udp.recv(65535), "udp")
        except (BlockingIOError, ConnectionRefusedError):
            pass

    def receive_tcp(self):
        """False at the end of the connection."""
        try:
            part = self.tcp.recv(1 << 20)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.buffer += part
        while len(self.buffer) >= 2:
            n = struct.unpack_from("!H", self.buffer)[0] + 2
            if len(self.buffer) < n:
                break
            self.take(bytes(self.buffer[2:n]), "tcp")
            del self.buffer[:n]
        return part != b""

    def take(self, packet, how):
        if len(packet) >= 2:
            self.came[struct.unpack_from("!H", packet)[0], how] = packet

    def hang_up(self):
        if self.tcp is not None:
            self.tcp.close()
            self.tcp = None
        self.buffer = bytearray()

    def close(self):
        self.hang_up()
        self.udp.close()


class Crowd:
    def __init__(self, peers):
        """peers: pairs of name and port."""
        self.peers = [Peer(*p) for p in peers]

    def ask(self, packets):
        """packets: pairs of a packet without its ID and whether to send it over TCP. For
        each a dict from name of peer to response; without those who said nothing."""
        asked = {}
        for i, (tail, tcp) in enumerate(packets):
            ident = 0x4000 + i
            asked[ident, "tcp" if tcp else "udp"] = struct.pack("!H", ident) + tail
        for peer in self.peers:
            peer.begin()
        for _ in range(TRIES):
            if self.exchange(asked):
                break
        return [{peer.name: peer.came[key] for peer in self.peers if key in peer.came} for key in asked]

    def exchange(self, asked):
        """Sends what has no answer yet, and waits; True when nothing is missing."""
        with selectors.DefaultSelector() as selector:
            for peer in self.peers:
                left = [key for key in asked if key not in peer.came]
                peer.send([asked[key] for key in left if key[1] == "udp"], tcp=False)
                peer.send([asked[key] for key in left if key[1] == "tcp"], tcp=True)
                if left:
                    selector.register(peer.udp, selectors.EVENT_READ, (peer, "udp"))
                if peer.tcp is not None:
                    selector.register(peer.tcp, selectors.EVENT_READ, (peer, "tcp"))
            end = time.monotonic() + 0.6 * SLOW
            while not self.is_complete(asked):
                wait = end - time.monotonic()
                if wait <= 0:
                    break
                for chosen, _ in selector.select(wait):
                    peer, how = chosen.data
                    if how == "udp":
                        peer.receive_udp()
                    elif not peer.receive_tcp():
                        selector.unregister(peer.tcp)
            for peer in self.peers:
                peer.hang_up()
        return self.is_complete(asked)

    def is_complete(self, asked):
        return all(len(peer.came) == len(asked) for peer in self.peers)

    def close(self):
        for peer in self.peers:
            peer.close()
