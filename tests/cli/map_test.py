#!/usr/bin/env python3
"""map_test.py MAP_RIG TRACK: the map of the command line, by HTTP and in a
real browser."""
import http.client
import os
import re
import socket
import subprocess
import sys
import tempfile
import unittest
from urllib.parse import urlsplit

sys.path.insert(0, os.path.dirname(__file__))
import browser  # noqa: E402

RIG, TRACK = sys.argv[1:3]
CHROMIUM = browser.find()
TRACK_COLOUR, LAST_COLOUR, ZONE_COLOUR = (214, 0, 110), (20, 99, 255), (
    0, 135, 90)


def ask(url, method="GET", host=None, path=None):
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port,
                                            timeout=10)
    headers = {"Host": host} if host else {}
    connection.request(method, path or parts.path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


class Server(unittest.TestCase):
    def setUp(self):
        self.rig = subprocess.Popen([RIG, "serve", TRACK], text=True,
                                    stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE)
        self.url = self.rig.stdout.readline().strip()

    def tearDown(self):
        self.rig.stdin.close()
        self.assertEqual(self.rig.wait(10), 0)
        self.rig.stdout.close()

    def test_the_page_and_its_data_are_served(self):
        answer, body = ask(self.url)
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertIn(b"Content-Security-Policy", body)
        answer, body = ask(self.url + "state.json")
        self.assertEqual(answer.status, 200)
        self.assertIn(b'"track"', body)

    def test_who_does_not_know_the_path_gets_nothing(self):
        path = urlsplit(self.url).path
        other = ("1" if path[1] == "0" else "0") + path[2:]
        for wrong in ("/", "/state.json", "/" + other,
                      "/" + other + "state.json", path[:-1],
                      path + "other", path + "../state.json", "//", "/%00"):
            answer, body = ask(self.url, path=wrong)
            self.assertEqual(answer.status, 404, wrong)
            self.assertNotIn(b"lat_e7", body)

    def test_a_request_for_another_host_gets_nothing(self):
        port = urlsplit(self.url).port
        for host in ("evil.example", f"evil.example:{port}",
                     f"localhost:{port + 1}", "127.0.0.1"):
            self.assertEqual(ask(self.url, host=host)[0].status, 404, host)
        self.assertEqual(
            ask(self.url, host=f"127.0.0.1:{port}")[0].status, 200)

    def test_nothing_but_get(self):
        for method in ("POST", "PUT", "DELETE", "OPTIONS"):
            self.assertGreaterEqual(ask(self.url, method)[0].status, 400)

    def test_it_is_heard_on_the_loopback_alone(self):
        port = urlsplit(self.url).port
        with open("/proc/net/tcp") as table:
            bound = [line.split()[1] for line in table if
                     line.split()[1].endswith(f":{port:04X}") and
                     line.split()[3] == "0A"]
        self.assertEqual(bound, [f"0100007F:{port:04X}"])

    def test_garbage_does_not_end_it(self):
        parts = urlsplit(self.url)
        for bytes_ in (b"\r\n\r\n", b"GET\r\n\r\n", b"\x00" * 100,
                       b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 5000):
            with socket.create_connection((parts.hostname, parts.port)) as s:
                try:
                    s.sendall(bytes_)
                except OSError:
                    pass
        self.assertEqual(ask(self.url)[0].status, 200)


@unittest.skipUnless(CHROMIUM, "no browser")
class Browser(unittest.TestCase):
    def look(self, dom):
        """What both kinds of page show."""
        self.assertIn("<title>Covey</title>", dom, "no message ran as script")
        self.assertNotIn("<img src=\"x\"", dom)
        self.assertIn("&lt;img src=x onerror=", dom)
        self.assertRegex(dom, r'class="track[^>]* d="M[0-9 .]+L')
        for name in ("accuracy", "last", "zone"):
            self.assertRegex(dom, rf'<path class="{name}[ "]')
        self.assertIn('class="fresh">fresh</b>', dom)
        self.assertIn(">30 s old<", dom)
        self.assertIn("within ", dom)
        self.assertIn('id="who">the watch<', dom)
        self.assertIn("Ben", dom)

    def test_a_file_shows_everything_by_itself(self):
        with tempfile.TemporaryDirectory(prefix="covey-map-") as directory:
            page = os.path.join(directory, "map.html")
            subprocess.run([RIG, "html", page, TRACK], check=True)
            with open(page, encoding="utf-8") as file:
                self.assertEqual(re.findall(
                    r"<(?:script|link|img)[^>]*(?:src|href)=", file.read()), [])
            url = "file://" + page
            self.look(browser.dom(CHROMIUM, url))
            rows = browser.screenshot(CHROMIUM, url,
                                      os.path.join(directory, "map.png"))
        self.assertEqual((len(rows[0]), len(rows)), (1000, 700))
        self.assertGreater(browser.count(rows, TRACK_COLOUR), 500)
        self.assertGreater(browser.count(rows, LAST_COLOUR), 100)
        self.assertGreater(browser.count(rows, ZONE_COLOUR), 50)

    def test_a_page_that_is_served_stays_up_to_date(self):
        rig = subprocess.Popen([RIG, "serve", TRACK], text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            dom = browser.dom(CHROMIUM, rig.stdout.readline().strip())
        finally:
            rig.stdin.close()
            rig.wait(10)
            rig.stdout.close()
        self.look(dom)
        self.assertIn("look number 3", dom)
        self.assertIn('id="gone" hidden', dom)


if __name__ == "__main__":
    result = unittest.main(argv=sys.argv[:1], exit=False).result
    if not result.wasSuccessful():
        sys.exit(1)
    if not CHROMIUM:
        print("NOT CHECKED: the map was not looked at, there is no Chromium "
              "(scripts/install-deps test)")
        sys.exit(77)
