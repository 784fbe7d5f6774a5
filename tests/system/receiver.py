# SPDX-License-Identifier: BSD-2-Clause
"""Who is told of trouble: a webhook that takes messages, and can fail in several ways."""
import http.server
import json
import threading
import time

from limits import free_port


class Receiver:
    """Takes what is posted; `mode` is what happens to it: "ok", a status, "hang", "close",
    "drip" (an endless answer), "redirect"."""

    def __init__(self):
        self.port = free_port()
        self.url = "http://127.0.0.1:%d/services/T0/B0/SECRET" % self.port
        self.mode = "ok"
        self.got = []  # the requests: path, headers, body, and whether it was taken
        self._released = threading.Event()
        self._server = None
        self.open()

    def open(self):
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                receiver._serve(self)

            do_GET = do_POST

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *_):  # the other side may be gone
                pass

        self._server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def refuse(self):
        """Nobody listens there any more, until open()."""
        self._server.shutdown()
        self._server.server_close()
        self._server = None

    def close(self):
        self._released.set()
        if self._server is not None:
            self.refuse()

    def _serve(self, handler):
        mode = self.mode
        length = int(handler.headers.get("Content-Length", "0"))
        body = handler.rfile.read(length)
        self.got.append({"path": handler.path, "method": handler.command,
                         "headers": dict(handler.headers), "body": body, "mode": mode,
                         "taken": mode == "ok", "at": time.monotonic()})
        if mode == "hang":
            self._released.wait(60)
        elif mode == "close":
            handler.connection.close()
        elif mode == "drip":
            handler.send_response(200)
            handler.end_headers()
            while not self._released.wait(0.05):
                handler.wfile.write(b"x" * 4096)
        elif mode == "redirect":
            handler.send_response(302)
            handler.send_header("Location", "http://127.0.0.1:%d/elsewhere" % self.port)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
        else:
            handler.send_response(200 if mode == "ok" else int(mode))
            handler.send_header("Content-Length", "2")
            handler.end_headers()
            handler.wfile.write(b"ok")

    # what arrived

    def taken(self):
        return [json.loads(r["body"]) for r in self.got if r["taken"]]

    def told(self):
        """What was said, in order: "+target web 127.0.0.1", "-pool edge"."""
        out = []
        for m in self.taken():
            for sign, key in (("+", "bad"), ("-", "good")):
                out += [sign + "%s %s" % (a["kind"], a["subject"]) for a in m[key]]
        return out
