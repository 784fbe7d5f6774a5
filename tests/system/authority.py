# SPDX-License-Identifier: BSD-2-Clause
"""Certificates for tests."""
import subprocess


class Authority:
    """Makes certificates in a folder."""

    def __init__(self, folder, name):
        self.folder, self.name, self.count = folder, name, 0
        self.run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj",
                 "/CN=" + name, "-keyout", self.path(".key"), "-out", self.path(".crt"))

    def path(self, end):
        return str(self.folder / (self.name + end))

    def run(self, *words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=self.folder)

    def issue(self, name, alt, days="30"):
        """days may lie before today."""
        self.count += 1
        (self.folder / "ext").write_text("subjectAltName=%s\n" % alt)
        self.run("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=" + name,
                 "-keyout", name + ".key", "-out", name + ".csr")
        self.run("x509", "-req", "-in", name + ".csr", "-CA", self.path(".crt"), "-CAkey",
                 self.path(".key"), "-set_serial", str(self.count), "-days", days,
                 "-extfile", "ext", "-out", name + ".crt")
        return str(self.folder / name)
