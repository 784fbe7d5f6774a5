# SPDX-License-Identifier: BSD-2-Clause
"""A server on 127.0.0.1 that files are downloaded from, well-behaved or not."""
import hashlib
import http.server
import ssl
import subprocess
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        place = self.server.place
        path = self.path.split("?")[0]
        place.asked.append((self.path, dict(self.headers)))
        what = place.files.get(path)
        if callable(what):
            what(self)
        elif what is None:
            self.reply(404, b"")
        elif self.headers.get("If-None-Match") == place.etag(what):
            self.reply(304, b"")
        else:
            self.reply(200, what, etag=place.etag(what))

    def reply(self, status, body, length=None, etag=None, location=None):
        self.send_response(status)
        if status != 304:
            self.send_header("Content-Length", str(len(body) if length is None else length))
        if etag:
            self.send_header("ETag", etag)
        if location:
            self.send_header("Location", location)
        self.end_headers()
        try:
            self.wfile.write(body)
            if length is not None:
                self.wfile.flush()
                self.close_connection = True
        except OSError:
            pass

    def log_message(self, *_):
        pass


class Place:
    """files: a path's octets, or a function that gets the request."""

    def __init__(self, folder=None):
        self.files, self.asked = {}, []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.place = self
        self.port = self.server.server_address[1]
        self.scheme, self.over = "http", threading.Event()
        if folder is not None:
            self.wrap(folder)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def wrap(self, folder):
        self.scheme = "https"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-keyout", str(folder / "key.pem"), "-out", str(folder / "ca.pem"),
             "-days", "2", "-subj", "/CN=localhost", "-addext",
             "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(str(folder / "ca.pem"), str(folder / "key.pem"))
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)

    def url(self, path):
        return "%s://127.0.0.1:%d%s" % (self.scheme, self.port, path)

    @staticmethod
    def etag(octets):
        return '"%s"' % hashlib.sha256(octets).hexdigest()[:16]

    def hang(self, request):
        """Says nothing until the test is over."""
        self.over.wait(60)
        request.close_connection = True

    def close(self):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()
