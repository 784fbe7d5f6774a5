# SPDX-License-Identifier: BSD-2-Clause
"""A real redis-server in a folder of its own, on a free loopback port, and replicas of it."""
import pathlib
import shutil
import subprocess
import tempfile

import redis

from limits import SLOW, eventually, free_port


class RedisServer:
    def __init__(self, *options):
        """options: as of redis-server, behind our own."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sextant-redis-"))
        self.socket = self.folder / "redis.sock"
        self.port = free_port()
        self.options = options
        self.process = None
        self.client = None

    def start(self, quietly=False):
        """quietly: only on a Unix socket, where sextantd does not see it."""
        self.run(["redis-server", "--port", "0" if quietly else str(self.port),
                  "--bind", "127.0.0.1", "--unixsocket", str(self.socket),
                  "--dir", str(self.folder), "--save", "", "--appendonly", "yes",
                  "--appendfsync", "always", "--daemonize", "no",
                  "--repl-diskless-sync-delay", "0", *self.options])
        self.client = redis.Redis(unix_socket_path=str(self.socket), socket_timeout=5,
                                  decode_responses=True)
        eventually(self.is_ready, within=8)

    def run(self, words):
        log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()

    def is_ready(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()
        try:
            return self.client.ping()
        except redis.RedisError:
            return False

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.client.close()
        self.process.kill()
        self.process.wait(10 * SLOW)
        self.process = None

    def start_empty(self):
        """What it had is gone, as from a machine without its disk."""
        for path in self.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != "log":
                path.unlink()
        self.start()

    def follow(self, port):
        """Becomes a replica, and has all of the master's when this returns."""
        self.client.replicaof("127.0.0.1", port)
        eventually(lambda: self.client.info("replication")["master_link_status"] == "up",
                   within=10)

    def hset(self, key, **fields):
        """As `redis-cli HSET key field value ...`; values_weu stands for values@weu."""
        self.client.hset(key, mapping={k.replace("_", "@", 1) if k.startswith("values_") else k: v
                                       for k, v in fields.items()})

    def close(self):
        if self.process is not None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
