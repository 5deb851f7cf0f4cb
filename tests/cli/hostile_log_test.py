#!/usr/bin/env python3
"""hostile_log_test.py COVEY COVEY_RELAY TRACK: a relay that answers as relays
do, and lies about what was said: it repeats, hides, alters, exchanges,
invents, forgets, reorders, lets anybody write. Nothing is shown that was not
said, no command runs twice, and what did not come is missed."""
import os
import sys
import threading
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "relay-conformance")]
import hostile  # noqa: E402
import lying_relay  # noqa: E402
import sync  # noqa: E402
from evil_relay import HONEST  # noqa: E402
from family import until  # noqa: E402
from hostile import HOMES, TRACK  # noqa: E402
from ledger import points_of  # noqa: E402
from manners import MANNERS, another_log, every_other_is_lost  # noqa: E402


class Log(hostile.HostileRelay):
    # ---- lies about what was said ----

    def fresh_keys(self):
        """By whom nobody lied to. No number is missing in their log."""
        self.settle()
        self.family.run("anna", "refresh")
        self.settle()

    def read_under(self, name, *homes):
        """These hear from a relay like this, for a while."""
        self.settle()
        readers = [self.follow(home) for home in homes]
        before = self.evil.deeds[name]
        self.evil.behave(MANNERS[name], *homes)
        self.say("anna", "read under " + name)
        until(lambda: self.evil.deeds[name] > before + 3, step=0.02)
        self.evil.behave(HONEST)
        for reader in readers:
            self.stop(reader)
        self.settle()
        self.ledger.check()
        self.fresh_keys()

    def test_20_T15_T33_nothing_is_shown_that_was_not_said(self):
        for name in ("twice", "old ones", "invent"):
            with self.subTest(name=name):
                self.read_under(name, "ben", "mia")
        self.read_under("replay", "ben")

    def test_21_what_was_answered_to_nobody_is_said_once(self):
        self.evil.behave(every_other_is_lost())
        for home in HOMES:
            self.ledger.note(home, self.text("half heard"))
        self.family.together(*((home, "send", text) for home, (_, text) in
                               zip(HOMES, self.ledger.said[-3:])))
        self.assertGreater(self.evil.deeds["every other is lost"], 2)
        self.settle()
        self.ledger.check()

    def test_22_T10_what_is_held_back_comes_later(self):
        for askers in (("ben",), HOMES):
            self.settle()
            self.evil.behave(MANNERS["hide"], *askers)
            before = self.evil.deeds["hide"]
            self.say("anna", "held back")
            shown = self.ledger.shown("ben")
            self.assertNotIn(self.ledger.said[-1], shown)
            self.assertGreater(self.evil.deeds["hide"], before)
            self.settle()
            self.ledger.check()

    def is_told(self, home, missed):
        """That something did not come; the log is whole again after that."""
        self.mend()
        self.ledger.check()
        self.assertGreater(self.ledger.missing(home), missed)
        self.assertTrue(any("has read what is not here" in event
                            for event in self.ledger.events(home)))

    def test_23_T10_T15_what_is_altered_or_left_out_is_missed(self):
        for name in ("flip", "exchange"):
            with self.subTest(name=name):
                self.settle()
                missed = self.ledger.missing("ben")
                reader = self.follow("ben")
                self.evil.behave(MANNERS[name], "ben")
                self.say("anna", "told by a relay that is to " + name)
                self.ledger.lost["ben"].add(self.ledger.said[-1][1])
                until(lambda: self.evil.has_come_again("ben"), step=0.02)
                self.stop(reader)
                self.evil.behave(HONEST)
                self.is_told("ben", missed)

    def test_24_T10_what_was_thrown_away_is_missed(self):
        self.mend()
        missed = self.ledger.missing("ben"), self.ledger.missing("mia")
        phone = self.follow("anna")
        self.evil.behave(MANNERS["forgetful"], "anna")
        self.say("anna", "thrown away")
        until(lambda: self.evil.has_come_again("anna"), step=0.02)
        self.stop(phone)
        thrown_away = self.ledger.said[-1][1]
        for home in ("ben", "mia"):
            self.ledger.lost[home].add(thrown_away)
        self.evil.behave(HONEST)
        self.is_told("ben", missed[0])
        self.is_told("mia", missed[1])
        state = next(m["state"] for m in self.family.json(
            "anna", "track", "--once")["messages"]
            if m["text"] == thrown_away)
        self.assertEqual(state, "sent", "not delivered, nor read")

    # ---- commands ----

    def rings(self, watch, seconds):
        return sum(f"RING RING for {seconds} s" in line
                   for line in watch.lines)

    def receipts(self, home):
        return sum(event == "Mia: done" for event in self.ledger.events(home))

    def test_30_T08_a_command_runs_once_and_who_asked_learns_it(self):
        watch = self.watch("--poll", "1")
        self.evil.behave(every_other_is_lost(), "mia")
        phone = self.family.start("anna", "--json", "ring", "-s", "12", "-t",
                                  "20")
        until(lambda: self.evil.has_come_again("mia"))
        self.evil.behave(HONEST)
        receipt = phone.json_with("receipt")
        self.family.running.remove(phone)
        self.assertEqual(phone.finish(), 0, phone.errors)
        self.assertEqual(receipt["outcome"], "done")
        self.stop(watch)
        self.assertEqual(self.rings(watch, 12), 1)
        self.settle()
        again = self.watch("--poll", "1")
        self.evil.behave(MANNERS["old ones"], "mia")
        self.say("anna", "is it quiet?")
        until(lambda: self.evil.has_come_again("mia"))
        self.evil.behave(HONEST)
        self.stop(again)
        self.assertFalse([line for line in again.lines if "RING" in line])
        self.settle()
        self.ledger.check()
        self.fresh_keys()

    def test_31_T08_a_command_that_could_not_leave_runs_when_it_can(self):
        watch = self.watch("--poll", "1")
        self.family.run("anna", "ring", "-s", "7")
        done = self.receipts("anna")
        self.evil.behave(MANNERS["garbage"], "anna")
        self.family.run("anna", "ring", "-s", "8", "-t", "1", status=3)
        self.assertIn("not a relay, or lies", self.family.errors)
        self.assertIn("has not answered", self.family.errors)
        self.assertEqual(self.rings(watch, 8), 0)
        self.evil.behave(HONEST)
        self.family.run("anna", "sync")
        until(lambda: self.rings(watch, 8) == 1)
        until(lambda: self.receipts("anna") == done + 1)

    def test_32_T08_a_command_that_was_thrown_away_runs_never(self):
        watch = self.watch("--poll", "1")
        self.family.run("anna", "ring", "-s", "7")
        phone = self.follow("anna")
        self.evil.behave(MANNERS["forgetful"], "anna")
        self.family.run("anna", "ring", "-s", "9", "-t", "1", status=3)
        self.assertIn("has not answered", self.family.errors)
        until(lambda: self.evil.has_come_again("anna"), step=0.02)
        self.stop(phone)
        self.evil.behave(HONEST)
        missed = self.ledger.missing("mia")
        self.stop(watch)
        self.is_told("mia", missed)
        self.assertEqual(self.rings(watch, 9), 0)

    # What numbers left out may have said, a watch that starts behind them
    # cannot know: an old command may be among what is said again there.
    def test_33_T08_where_numbers_were_left_out_no_command_runs(self):
        self.say("anna", "it has a number")
        self.evil.behave(MANNERS["leave out"], "mia")
        watch = self.watch("--poll", "1")
        until(lambda: self.evil.has_come_again("mia"))
        self.evil.behave(HONEST)
        self.assertNotEqual(self.family.attempt(
            "anna", "ring", "-s", "5", "-t", "5").returncode, 0)
        self.assertEqual(self.rings(watch, 5), 0)
        until(lambda: "Mia: not_known" in self.ledger.events("anna"))
        self.fresh_keys()
        self.family.run("anna", "ring", "-s", "5")
        self.stop(watch)
        self.assertEqual(self.rings(watch, 5), 1)
        self.ledger.check()

    # ---- a relay that looks at no signature ----

    def lying_relay(self, lie):
        relay = lying_relay.Relay("localhost", 65536, lie)
        server = lying_relay.Server(("127.0.0.1", 0), type(
            "Handler", (lying_relay.Handler,), {"relay": relay}))
        threading.Thread(target=server.serve_forever, args=(0.05,),
                         daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return relay, server.server_address[1]

    def stranger(self, port, mailbox, blobs):
        """Who knows the address, and has no key."""
        request = sync.Request(
            mailbox, [sync.Append(blob, 0, 1) for blob in blobs], None, 0,
            1 << 20, 16384, 0, None, b"", 0, os.urandom(64))
        with urllib.request.urlopen(urllib.request.Request(
                f"http://127.0.0.1:{port}/v1/sync", request.encoded(), {
                    "Content-Type": "application/octet-stream"}),
                timeout=10) as answer:
            return sync.read_response(answer.read())

    def vandalise(self, port, relay):
        """Reads all mailboxes, and writes into them what may look like a
        message: altered ones, those of others, and noise. The relay itself
        puts all of it there once more."""
        num = 0
        for mailbox in list(relay.logs):
            blobs = [entry.blob for entry in
                     self.stranger(port, mailbox, []).entries]
            other = [blob for blob, at in self.evil.blobs.items()
                     if at != mailbox and len(blob) < 16384]
            forged = [blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1:]
                      for at, blob in enumerate(blobs)]
            forged += other[:20] + [os.urandom(256) for _ in range(3)]
            for at in range(0, len(forged), 8):
                self.assertEqual(self.stranger(
                    port, mailbox, forged[at:at + 8]).status, sync.OK)
            with relay.news:
                for _, blob in list(relay.logs[mailbox]):
                    relay.put(relay.logs[mailbox], blob)
                relay.news.notify_all()
            num += len(forged)
        return num

    def test_40_T03_T05_nothing_but_service_depends_on_a_relays_checks(self):
        members = [m["id"] for m in self.family.json("anna", "members")]
        self.settle()
        relay, port = self.lying_relay("believes-anybody")
        honest, self.evil.honest_port = self.evil.honest_port, port
        self.addCleanup(setattr, self.evil, "honest_port", honest)
        self.settle()
        self.say("anna", "somewhere else")
        self.assertEqual(self.stranger(
            honest, next(iter(relay.logs)), []).status, sync.NOT_FOUND)
        watch = self.watch("--poll", "1")
        self.assertGreater(self.vandalise(port, relay), 8)
        self.family.run("anna", "ring", "-s", "6")
        self.vandalise(port, relay)
        self.family.run("anna", "ring", "-s", "16")
        self.stop(watch)
        for seconds in (6, 16):
            self.assertEqual(self.rings(watch, seconds), 1)
        with open(TRACK, encoding="utf-8") as file:
            self.ledger.points.update(points_of(file.read()))
        self.family.run("mia", "watch", "--replay", TRACK, "--speed", "0",
                        "--once")
        self.vandalise(port, relay)
        self.settle()
        self.family.run("ben", "refresh")
        self.vandalise(port, relay)
        self.say("mia", "with fresh keys")
        self.settle()
        self.ledger.check()
        self.assertEqual([m["id"] for m in self.family.json(
            "anna", "members")], members)
        self.evil.honest_port = honest
        self.settle()
        self.say("ben", "back again")
        self.settle()
        self.ledger.check()

    # ---- what cannot be mended ----

    def go_back(self, said):
        """To how it was when nobody had lied: this cannot be undone."""
        self.ledger.said = said
        self.evil.forget()
        self.family.restore("before")
        self.settle()
        self.ledger.check()

    def test_50_T07_who_is_shown_another_order_or_mailbox_is_told(self):
        for name in ("another's", "reorder"):
            with self.subTest(name=name):
                self.settle()
                self.family.snapshot("before")
                alarms = self.ledger.alarms("ben")
                said = list(self.ledger.said)
                self.say("anna", "one")
                self.say("anna", "two")
                self.evil.behave(MANNERS[name], "ben")
                reader = self.follow("ben")
                self.assertGreater(self.evil.deeds[name], 0)
                self.stop(reader)
                self.evil.behave(HONEST)
                for _ in range(3):
                    self.say("anna", "and more")
                    self.family.attempt("ben", "sync")
                shown = self.ledger.shown("ben")
                self.assertLessEqual(set(shown), set(self.ledger.said))
                self.assertEqual(len(set(shown)), len(shown))
                if set(self.ledger.said[len(said):]) - set(shown):
                    self.assertNotEqual(self.ledger.alarms("ben"), alarms)
                self.go_back(said)

    def test_51_T07_who_is_shown_another_log_stops_and_says_so(self):
        self.settle()
        self.family.snapshot("before")
        said = list(self.ledger.said)
        phone = self.follow("ben")
        self.evil.behave(another_log(), "ben")
        self.say("anna", "kept from Ben")
        until(lambda: self.evil.has_come_again("ben"), step=0.02)
        before = self.evil.visits["ben"]
        self.say("ben", "who does not know it")
        until(lambda: self.evil.visits["ben"] > before + 1, step=0.02)
        self.evil.behave(HONEST)
        self.stop(phone)
        self.say("ben", "and goes on")
        for home, words, end in (
                ("anna", ("sync",), 1), ("mia", ("inbox",), 0),
                ("anna", ("locate",), 1), ("anna", ("refresh",), 1),
                ("anna", ("send", "x"), 1)):
            self.family.run(home, *words, status=end)
            self.assertIn("stopped", self.family.errors, words)
        self.family.run("mia", "watch", "--once", status=1)
        self.assertIn("covey status", self.family.errors)
        for home in ("anna", "mia"):
            status = self.family.run(home, "status")
            self.assertIn("STOPPED: others see another log", status)
            self.assertIn("face to face", status)
            self.assertTrue(any("STOPPED: others see another log" in event
                                for event in self.ledger.events(home)))
            shown = self.ledger.shown(home)
            self.assertLessEqual(set(shown), set(self.ledger.said))
        self.go_back(said)


if __name__ == "__main__":
    hostile.main()
