#!/usr/bin/env python3
"""tls_test.py COVEY COVEY_RELAY TRACK: a family whose relay has a certificate
of an authority of its own, and what becomes of it when the certificate is not
good. The tests go on from each other, in the order of their names."""
import itertools
import os
import pathlib
import re
import shutil
import socket
import sys
import threading
import time
import unittest
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "transport")]
import server as certificates  # noqa: E402
from family import Family, free_port, until  # noqa: E402
from ledger import Ledger, points_of  # noqa: E402

COVEY, RELAY, TRACK = sys.argv[1:4]
HOMES = ("anna", "ben", "mia")


class SecureFamily(Family):
    def prepare(self):
        """Two authorities; the family knows one."""
        for name in ("ours", "theirs"):
            os.mkdir(self.path(name))
            certificates.make_authority(pathlib.Path(self.path(name)))
        self.way = ["--ca-file", self.path("ours/ca.pem")]
        self.show("good")

    def show(self, name, authority="ours"):
        """The certificate of the relay from its next start on."""
        directory = self.path(authority)
        if not os.path.exists(f"{directory}/{name}.pem"):
            certificates.make_certificate(pathlib.Path(directory), name)
        self.metrics_port = free_port()
        self.relay_options = ["--certificate", f"{directory}/{name}.pem",
                              "--key", f"{directory}/{name}.key",
                              "--metrics-port", str(self.metrics_port)]

    def restart_relay(self, *certificate):
        self.kill_relay()
        self.show(*certificate)
        self.start_relay()

    def num_requests(self):
        """That the relay has read since its start."""
        with urllib.request.urlopen(
                f"http://127.0.0.1:{self.metrics_port}/metrics",
                timeout=10) as answer:
            text = answer.read().decode()
        return int(re.search(r"^covey_relay_requests_total (\d+)$", text,
                             re.M)[1])


class Ears:
    """A server without TLS, at a relay's port or as a proxy: what it is told,
    and an answer as from the web."""

    def __init__(self, port=0):
        self.heard = []
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
                with connection:
                    connection.settimeout(5)
                    self.heard.append(connection.recv(65536))
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n"
                                       b"Content-Length: 0\r\n\r\n")
                    connection.shutdown(socket.SHUT_WR)
                    while piece := connection.recv(65536):
                        self.heard.append(piece)
            except TimeoutError:
                pass
            except OSError:
                if self.listener.fileno() < 0:
                    return

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.family = family = SecureFamily(COVEY, RELAY)
        cls.addClassCleanup(family.close)
        family.found("anna")
        ids = {"mia": family.join("anna", "mia", "--watch", "Mia"),
               "ben": family.join("anna", "ben", "--guardian", "Ben")}
        ids["anna"] = family.json("anna", "status")["self"]
        cls.ledger = Ledger(family, ids)
        cls.numbers = itertools.count(1)
        with open(TRACK, encoding="utf-8") as file:
            cls.track = points_of(file.read())

    def setUp(self):
        begun = time.monotonic()
        self.addCleanup(lambda: print(
            f"[{time.monotonic() - begun:.1f} s]", end=" ", file=sys.stderr))

    def text(self, what):
        return f"{next(self.numbers)}: {what}"

    def refuses(self):
        """Nobody says anything to this relay; all say what is wrong, and what
        to do."""
        texts = [self.text("kept from it") for _ in HOMES]
        for home, text in zip(HOMES, texts):
            self.ledger.note(home, text)
        results = self.family.together(*(
            (home, "send", text) for home, text in zip(HOMES, texts)))
        for result in results:
            self.assertEqual(result.returncode, 3, result)
            for words in ("did not prove who it is", "nothing was sent to it",
                          "certificate has expired", "another name",
                          "authority that is not trusted", "--ca-file",
                          "clock"):
                self.assertIn(words, result.stderr)
            self.assertEqual(result.stdout, "Kept.\n")

    def recovers(self):
        self.ledger.sync()
        self.ledger.check()

    def test_10_an_authority_of_ones_own_is_trusted(self):
        self.ledger.send("anna", self.text("over TLS"))
        self.ledger.points.update(self.track)
        self.family.run("mia", "watch", "--replay", TRACK, "--speed", "0",
                        "--once")
        watch = self.family.start("mia", "--json", "watch", "--wake")
        watch.json_with("watch")
        self.assertEqual(self.family.json("anna", "locate")["receipt"]
                         ["outcome"], "done")
        self.assertEqual(self.family.let_go(watch), 0)
        self.recovers()
        self.assertGreater(self.family.num_requests(), 0)

    def test_20_T33_T35_a_certificate_that_is_not_good_is_refused(self):
        for certificate in (("expired",), ("other",), ("self",),
                            ("good", "theirs")):
            with self.subTest(certificate=certificate):
                self.family.restart_relay(*certificate)
                self.refuses()
                self.assertEqual(self.family.num_requests(), 0)

    def test_21_when_it_is_renewed_all_goes_on(self):
        self.family.restart_relay("renewed")
        self.recovers()
        self.assertGreater(self.family.num_requests(), 0)

    def test_22_T33_T35_who_speaks_no_tls_is_told_nothing(self):
        self.family.kill_relay()
        ears = Ears(self.family.port)
        self.refuses()
        ears.close()
        self.assertGreaterEqual(len(ears.heard), 6)
        self.assertEqual({heard[:2] for heard in ears.heard if heard} -
                         {b"\x16\x03", b"\x15\x03"}, set(), "TLS alone")
        self.assertNotIn(b"sync", b"".join(ears.heard))
        self.family.show("good")
        self.family.start_relay()
        self.recovers()

    def picture(self):
        path = self.family.path("picture.png")
        with open(path, "wb") as file:
            file.write(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x40\0\0\0\x30" +
                       os.urandom(3000))
        return path

    def test_23_T35_pictures_go_the_same_way(self):
        path = self.picture()
        self.family.restart_relay("other")
        sender = self.family.start("anna", "picture", path)
        time.sleep(1)
        self.assertEqual(self.family.let_go(sender), 1)
        self.assertEqual(self.family.num_requests(), 0)
        self.family.restart_relay("good")
        self.family.run("anna", "picture", path)
        self.family.run("ben", "inbox")
        self.family.run("ben", "save", self.family.path("out.png"))
        with open(path, "rb") as sent, open(self.family.path("out.png"),
                                            "rb") as saved:
            self.assertEqual(saved.read(), sent.read())

    def test_30_a_proxy_is_not_passed_by_whatever_the_environment_says(self):
        self.family.restart_relay("good")
        proxy = Ears()
        self.addCleanup(proxy.close)
        os.environ["no_proxy"] = "localhost"
        self.addCleanup(os.environ.pop, "no_proxy")
        sender = self.family.start(
            "anna", "--proxy", f"http://127.0.0.1:{proxy.port}", "picture",
            self.picture())
        until(lambda: proxy.heard)
        self.assertEqual(self.family.let_go(sender), 1)
        self.family.run("anna", "sync", status=3)
        self.assertIn("cannot be reached", self.family.errors)
        for heard in proxy.heard:
            self.assertTrue(heard.startswith(b"CONNECT localhost:"), heard)
        self.assertEqual(self.family.num_requests(), 0)


if __name__ == "__main__":
    if not shutil.which("openssl"):
        print("NOT CHECKED: certificates, as there is no openssl to make them",
              file=sys.stderr)
        sys.exit(77)
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
