#!/usr/bin/env python3
"""canary_test.py COVEY COVEY_RELAY FAKED_CLOCK: a family says everything that
can be said; then names, numbers, places and keys are looked for in all that
the relay has and all that went over the line. The tests go on from each other,
in the order of their names."""
import os
import re
import socket
import sqlite3
import sys
import time
import unittest
import urllib.request
import zlib

sys.path.insert(0, os.path.dirname(__file__))
import leaks  # noqa: E402
from family import free_port, until  # noqa: E402
from faked_time import DAY  # noqa: E402
from memory import memory_of  # noqa: E402
from planted import (ANNA, BEN, MIA, NAMES, PLACES, SOURCES,  # noqa: E402
                     STEPS, TEXTS, PlantedFamily)
from recorder import sync  # noqa: E402
from scan import Canaries  # noqa: E402

COVEY, RELAY, FAKED_CLOCK = sys.argv[1:4]
REMAINS = os.path.join(os.path.dirname(__file__), "..", "relay-torture",
                       "remains.c")
CONTROL = "Kontrollzettel Birkhuhn"
PIECE = 32
RUN = 6  # bytes that two mailboxes might share by chance, once


class Measured(PlantedFamily):
    """Its relay serves figures, too."""

    def start_program(self, *command):
        if command[0] == self.relay_program:
            self.metrics_port = free_port()
            command += ("--metrics-port", str(self.metrics_port))
        return super().start_program(*command)

    def metrics(self):
        with urllib.request.urlopen(
                f"http://127.0.0.1:{self.metrics_port}/metrics",
                timeout=10) as answer:
            return answer.read()

    def log(self):
        return "\n".join(self.relay_process.lines +
                         self.relay_process.errors).encode()

    def memory(self):
        return memory_of(self.relay_process.process.pid)

    def store(self):
        """All files of the store, by their names."""
        files = {}
        for name in os.listdir(self.directory):
            if name.startswith("relay.db"):
                with open(self.path(name), "rb") as file:
                    files[name] = file.read()
        return files


class Canary(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.family = Measured(COVEY, RELAY, FAKED_CLOCK)
        cls.addClassCleanup(cls.family.close)
        until(lambda: b"serving" in cls.family.log())
        cls.memories = {"at its start": cls.family.memory()}
        cls.family.live()
        cls.family.plant()
        cls.addresses = Canaries()
        for address in SOURCES:
            cls.addresses.text("a client's address", address)

    def expect_none(self, canaries, data, where):
        self.assertGreater(len(data), 0, where)
        self.assertEqual([str(hit) for hit in canaries.find(data)], [], where)

    def expect_clean_store(self, when):
        for name, data in self.family.store().items():
            for canaries in (self.family.canaries, self.family.digits,
                             self.addresses):
                if data:
                    self.expect_none(canaries, data, f"{name} {when}")

    # ---- the controls ----

    def test_01_all_of_it_was_said(self):
        for home in (ANNA, BEN, MIA):
            track = self.family.run(home, "export", "--csv")
            rules = self.family.run(home, "--json", "policy")
            for place in PLACES.values():
                shown = f"{place.lat / 10**7:.7f},{place.lon / 10**7:.7f}"
                ruled = f'"lat_e7":{place.lat},"lon_e7":{place.lon}'
                self.assertTrue(shown in track or ruled in rules,
                                (home, place.what))
        inbox = self.family.run(ANNA, "inbox", "--peek")
        for text in TEXTS.values():
            self.assertIn(text, inbox)
        self.assertIn("[picture", inbox)
        self.assertEqual(self.family.located["receipt"]["outcome"], "done")
        self.assertIn(NAMES["the child's name"],
                      self.family.run(BEN, "members"))
        self.assertGreaterEqual(len(self.family.numbers), 4)
        self.assertEqual(len(self.family.invites), 2)
        with open(self.family.path("saved"), "rb") as file:
            self.assertIn(file.read(100)[-50:], self.family.voice)

    def expect_all_found(self, canaries, leaked):
        found = {(hit.what, hit.how) for record in leaked
                 for hit in canaries.find(bytes(20) + record + bytes(20))}
        self.assertEqual({(form.what, form.how)
                          for form in canaries.forms()} - found, set())

    def test_02_what_is_leaked_is_found_in_every_form(self):
        for text in (*NAMES.values(), *TEXTS.values()):
            canaries = Canaries()
            canaries.text("text", text)
            self.expect_all_found(canaries, leaks.of_text(text))
        for _, data in self.family.secrets():
            canaries = Canaries()
            canaries.bytes("bytes", data)
            self.expect_all_found(canaries, leaks.of_bytes(data))
        for place in PLACES.values():
            canaries = Canaries()
            canaries.place(place)
            self.expect_all_found(canaries,
                                  leaks.of_place(place.lat, place.lon))

    def test_03_all_that_was_planted_is_looked_for(self):
        # What devices show is what plant() knows of.
        shown = b"".join(self.family.run(home, *words).encode() for home in (
            ANNA, BEN, MIA) for words in (
                ("inbox", "--peek"), ("members",), ("policy",),
                ("--json", "policy"), ("verify",), ("export", "--csv")))
        found = {hit.what for hit in self.family.canaries.find(shown)}
        # What no device shows, or not any more; test_02 has the controls.
        hidden = re.compile(
            "host key|secret of|invite|number in|a phone number, E|"
            "a (picture|voice|file|home|safety number)|the track's name|the ")
        wanted = {form.what for form in self.family.canaries.forms()
                  if not hidden.match(form.what)}
        self.assertEqual(wanted - found, set())
        self.assertGreater(len(wanted), 15)

    def open_store(self):
        store = sqlite3.connect(
            f"file:{self.family.path('relay.db')}?mode=ro", uri=True)
        self.addCleanup(store.close)
        return store

    def test_04_a_row_that_says_something_is_found_in_the_store(self):
        store = self.open_store()
        store.execute("VACUUM INTO ?", (self.family.path("copy.db"),))
        copy = sqlite3.connect(self.family.path("copy.db"))
        copy.execute("PRAGMA journal_mode = WAL")
        place = PLACES["the school"]
        for blob in (NAMES["the child's name"].encode("utf-16-le"),
                     b"%d,%d" % (place.lat, place.lon)):
            copy.execute("INSERT INTO mailbox (address, floor) VALUES (?, 0)",
                         (blob,))
        copy.commit()
        for name in ("copy.db-wal", "copy.db"):
            with open(self.family.path(name), "rb") as file:
                hits = self.family.canaries.find(file.read())
            self.assertEqual({hit.what for hit in hits}, {
                "the child's name", "latitude of the school",
                "longitude of the school"}, name)
            copy.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        copy.close()

    def test_05_what_the_relay_holds_is_found_in_its_memory(self):
        control = Canaries()
        control.text("control", CONTROL)
        with socket.create_connection(
                ("127.0.0.1", self.family.port), timeout=30,
                source_address=(SOURCES[0], 0)) as client:
            client.sendall(b"POST /v1/sync HTTP/1.1\r\nHost: localhost\r\n"
                           b"X-Control: " + CONTROL.encode() + b"\r\n"
                           b"X-Forwarded-For: 127.83.121.47\r\n"
                           b"Content-Length: 5\r\n\r\n12")
            until(lambda: any(control.find(part)
                              for part in self.family.memory()), 10)
            self.assertTrue(any(self.addresses.find(part)
                                for part in self.family.memory()),
                            "who is connected is known, while he is")
            client.sendall(b"345")
            self.assertIn(b"400 Bad Request", client.recv(1000))
        for name, data in self.family.store().items():
            self.assertEqual(control.find(data), [], name)
        self.assertEqual(control.find(self.family.log()), [])

    # ---- what the relay has ----

    def test_10_T11_nothing_planted_is_in_the_store_of_a_relay_that_runs(self):
        self.assertEqual(set(self.family.store()),
                         {"relay.db", "relay.db-wal", "relay.db-shm"})
        self.expect_clean_store("while it runs")

    def test_11_T11_T12_nothing_planted_is_in_logs_and_figures(self):
        self.assertIn(b"serving localhost", self.family.log())
        self.assertIn(b"covey_relay", self.family.metrics())
        self.expect_clean_texts(self.family.metrics())

    def expect_clean_texts(self, *others):
        for text in (self.family.log(), *others):
            for canaries in (self.family.canaries, self.family.digits,
                             self.addresses):
                self.expect_none(canaries, text, "logs and figures")
            for mailbox in self.mailboxes():
                self.assertNotIn(mailbox.hex().encode(), text.lower())

    def mailboxes(self):
        return {request.mailbox for request in self.family.recorder.requests()}

    def test_12_T11_nothing_planted_is_in_the_memory_of_the_relay(self):
        self.memories["after the days"] = self.family.memory()
        held = b"".join(self.memories["after the days"])
        for mailbox in self.mailboxes():
            self.assertIn(mailbox, held, "this is not all of its memory")
        for when, parts in self.memories.items():
            self.assertGreater(sum(map(len, parts)), 1000000)
            for part in parts:
                self.expect_none(self.family.canaries, part,
                                 f"memory {when}")

    def test_13_T12_the_store_has_nothing_but_what_clients_sealed(self):
        with open(REMAINS, encoding="utf-8") as file:
            allowed = set(re.findall(r'"(\w+\.\w+)", ', re.search(
                r"allowed\[\] = {(.*?)};", file.read() + " ", re.S)
                .group(1).replace('",\n', '", \n')))
        self.assertIn("log0.blob", allowed)
        sent = {b"": None} | dict.fromkeys(self.mailboxes()) | dict.fromkeys(
            append.blob for request in self.family.recorder.requests()
            for append in request.appends)
        origins = {request.origin
                   for request in self.family.recorder.requests()}
        hours = (self.family.now() // 3600 + 4320) + 2
        store = self.open_store()
        tables = [name for name, in store.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            rows = store.execute(f"SELECT * FROM {table}")
            columns = [column[0] for column in rows.description]
            self.assertLessEqual({f"{table}.{c}" for c in columns}, allowed)
            for row in rows:
                for column, value in zip(columns, row):
                    what = f"{table}.{column} {value!r:.40}"
                    if isinstance(value, bytes):
                        self.assertIn(value, sent, what)
                    elif table == "sqlite_sequence" and column == "name":
                        self.assertIn(value, tables)
                    elif table == "store":  # what it calls itself to all
                        self.assertIn(value, origins, what)
                    else:
                        self.assertIsInstance(value or 0, int, what)
                        self.assertLess(value or 0, max(hours, len(sent) * 9),
                                        what)
        self.assertEqual(store.execute("SELECT count(*) FROM mailbox")
                         .fetchone()[0], len(self.appended()))

    # ---- what went over the line ----

    def test_20_T33_nothing_planted_went_over_the_line(self):
        traffic = self.family.recorder.traffic()
        self.assertGreater(sum(map(len, traffic)), 200000)
        for stream in traffic:
            for canaries in (self.family.canaries, self.family.digits,
                             self.addresses):
                if stream:
                    self.expect_none(canaries, stream, "traffic")

    def appended(self):
        """The blobs of each mailbox, and whether they are kept: of one that
        came again, as it came first."""
        blobs = {}
        for request in self.family.recorder.requests():
            for append in request.appends:
                blobs.setdefault(request.mailbox, {}).setdefault(
                    append.blob, append.keep)
        return blobs

    def test_21_T34_blobs_are_of_few_sizes(self):
        sizes = [len(blob) for blobs in self.appended().values()
                 for blob in blobs]
        self.assertGreater(len(sizes), 100)
        self.assertLessEqual(set(sizes), set(sync.SIZES))
        self.assertGreater(sizes.count(256), len(sizes) / 2)

    def test_22_T32_mailboxes_share_no_bytes(self):
        owner, shared = {}, set()
        for mailbox, blobs in self.appended().items():
            for blob in blobs:
                for at in range(len(blob) - RUN + 1):
                    run = blob[at:at + RUN]
                    if owner.setdefault(run, mailbox) != mailbox:
                        shared.add(run)
        self.assertGreater(len(self.appended()), 9)
        self.assertGreater(len(owner), 50000)
        self.assertLessEqual(len(shared), 1)

    def test_23_T11_blobs_do_not_compress(self):
        # A commit has in it, once more, the proposals that it takes up.
        every = [blob for blobs in self.appended().values()
                 for blob, keep in blobs.items() if not keep]
        for blob in (*every, b"".join(every)):
            self.assertGreater(len(zlib.compress(blob, 9)), len(blob) * 0.99)
        # Nor does what stands at one place of all of them.
        for at in range(256):
            self.assertGreater(len({blob[at] for blob in every}),
                               len(every) / 4, f"byte {at}")

    # ---- when its time is over ----

    def pieces(self, keep):
        """Of each blob that was sent so: its beginning, middle and end. Of
        those that a commit repeats, nothing."""
        for blobs in self.appended().values():
            commits = [blob for blob, kept in blobs.items() if kept]
            for blob, kept in blobs.items():
                pieces = [blob[at:at + PIECE] for at in (
                    0, len(blob) // 2, len(blob) - PIECE)]
                if kept == keep and (keep or not any(
                        pieces[1] in commit for commit in commits)):
                    yield pieces

    def left(self, keep):
        """Where something is left of them: once for each blob and file."""
        return [f"{name} at {data.find(piece)}: {piece.hex()}"
                for pieces in self.pieces(keep)
                for name, data in self.family.store().items()
                for piece in [piece for piece in pieces if piece in data][:1]]

    def expect_gone(self, keep):
        end = time.monotonic() + 20
        while left := self.left(keep):
            self.assertLess(time.monotonic(), end, left)
            time.sleep(0.1)

    def test_30_T13_what_has_expired_is_in_no_file_of_a_relay_that_runs(self):
        num = {keep: len(list(self.pieces(keep))) for keep in (0, 1)}
        self.assertGreater(min(num.values()), 4)
        for keep in (0, 1):
            self.assertGreaterEqual(len(self.left(keep)), num[keep])
        self.family.pass_time(8 * DAY)
        self.expect_gone(0)
        self.assertGreaterEqual(len(self.left(1)), num[1])
        self.family.pass_time(175 * DAY)
        self.expect_gone(1)
        self.assertEqual(self.left(0), [])

    def test_31_C5_the_family_goes_on_when_all_has_expired(self):
        # Some of it had not been read by all.
        self.family.run(ANNA, "send", "after half a year")
        self.family.run(MIA, "send", "still here")
        for home in (ANNA, BEN, MIA):
            inbox = self.family.run(home, "inbox")
            self.assertIn("after half a year", inbox, home)
            self.assertIn("still here", inbox, home)

    def test_40_T11_nothing_planted_is_left_when_the_relay_has_ended(self):
        log = self.family.log()
        self.family.stop_relay()
        self.assertGreater(len(self.family.log()), len(log))
        self.expect_clean_texts()
        self.expect_clean_store("after its end")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
