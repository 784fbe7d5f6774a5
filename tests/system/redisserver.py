# SPDX-License-Identifier: BSD-2-Clause
"""A real redis-server in a folder of its own, on a free loopback port."""
import pathlib
import shutil
import subprocess
import tempfile

import redis

from limits import SLOW, eventually, free_port


class RedisServer:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sextant-redis-"))
        self.port = free_port()
        self.process = None
        self.client = None

    def start(self, quietly=False):
        """quietly: only on a Unix socket, where sextantd does not see it."""
        log = open(self.folder / "log", "ab")
        sock = self.folder / "redis.sock"
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0" if quietly else str(self.port),
             "--bind", "127.0.0.1", "--unixsocket", str(sock), "--dir", str(self.folder),
             "--save", "", "--appendonly", "yes", "--appendfsync", "always",
             "--daemonize", "no"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        self.client = redis.Redis(unix_socket_path=str(sock), socket_timeout=5,
                                  decode_responses=True)
        eventually(self.is_ready, within=8)

    def is_ready(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()
        try:
            return self.client.ping()
        except redis.RedisError:
            return False

    def kill(self):
        self.client.close()
        self.process.kill()
        self.process.wait(10 * SLOW)
        self.process = None

    def hset(self, key, **fields):
        """As `redis-cli HSET key field value ...`; values_weu stands for values@weu."""
        self.client.hset(key, mapping={k.replace("_", "@", 1) if k.startswith("values_") else k: v
                                       for k, v in fields.items()})

    def close(self):
        if self.process is not None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
