#!/usr/bin/env python3
"""hostile_answers_test.py COVEY COVEY_RELAY TRACK: a relay that does not
answer as relays do, or not at all. Nobody believes it, and all are told what
is wrong in words that a person understands."""
import concurrent.futures
import os
import re
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import hostile  # noqa: E402
from evil_relay import HONEST, Trap  # noqa: E402
from family import until  # noqa: E402
from hostile import HOMES  # noqa: E402
from manners import MANNERS, moved_to  # noqa: E402

# What is said about each, in words that a person understands.
REASONS = {
    "garbage": "not a relay, or lies", "page": "not a relay, or lies",
    "mistyped": "not a relay, or lies", "bits": "not a relay, or lies",
    "error": "cannot serve now (HTTP status 503)",
    "absent": "no relay at this address (HTTP status 404)",
    "nonsense": "does not speak HTTP", "cut": "breaks off",
    "lost": "breaks off",
    "busy": "too busy", "refusing": "refuses to serve", "full": "is full",
    "moved": "ask elsewhere, which is not done (HTTP status 3"}


def peak_memory(program):
    with open(f"/proc/{program.process.pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmHWM:\s*(\d+) kB", file.read())[1]) << 10


class Answers(hostile.HostileRelay):
    def under(self, home, name):
        """One that is treated so says something; how that ended."""
        text = self.text("under " + name)
        result = self.family.attempt(home, "send", text)
        self.ledger.note(home, text)
        return result

    def all_under(self, *names):
        """Three manners at once, toward one each, who says something. Nobody
        is believed, each is told why, and afterwards all is there."""
        for home, name in zip(HOMES, names):
            self.evil.behave(MANNERS[name], home)
        with concurrent.futures.ThreadPoolExecutor(len(HOMES)) as pool:
            results = list(pool.map(self.under, HOMES, names))
        self.evil.behave(HONEST)
        for name, result in zip(names, results):
            self.assertGreater(self.evil.deeds[name], 0, name)
            self.assertEqual(result.returncode, 3, (name, result))
            self.assertEqual(result.stdout, "Kept.\n")
            self.assertIn(REASONS[name], result.stderr)
            self.assertIn("It is kept", result.stderr)
        self.ledger.sync()
        self.ledger.check()

    # ---- no answers ----

    def test_10_T03_T33_what_is_no_answer_is_not_taken_for_one(self):
        for names in (("garbage", "page", "mistyped"),
                      ("error", "absent", "nonsense"),
                      ("cut", "bits", "lost")):
            with self.subTest(names=names):
                self.all_under(*names)

    def test_11_who_is_told_no_learns_it(self):
        self.all_under("busy", "refusing", "full")

    def test_12_T35_nobody_is_led_to_another_server(self):
        trap = Trap()
        self.addCleanup(trap.close)
        MANNERS["moved"] = moved_to(trap.port)
        self.all_under("moved", "moved", "moved")
        self.assertGreaterEqual(self.evil.deeds["moved"], 5, "each kind")
        self.evil.behave(MANNERS["moved"])
        self.give_up(self.picture(), "moved")
        self.assertEqual(trap.hits, [])

    # Who reads is let go within seconds; a watch that is poured at takes no
    # more memory.
    def test_13_T60_what_does_not_end_is_ended(self):
        watch = self.watch("--poll", "1")
        before = peak_memory(watch)
        self.evil.behave(MANNERS["silent"], "anna")
        self.evil.behave(MANNERS["drip"], "ben")
        self.evil.behave(MANNERS["floods"], "mia")
        for result in self.family.together(("anna", "sync"), ("ben", "sync")):
            self.assertEqual(result.returncode, 3, result)
            self.assertIn("the relay does not answer", result.stderr)
        until(lambda: self.evil.deeds["floods"] >= 3)
        self.assertEqual(self.evil.deeds["poured to the end"], 0)
        self.assertLess(peak_memory(watch) - before, 8 << 20)
        self.assertIn("more than it was asked for",
                      self.family.json("mia", "status")["trouble"])
        self.evil.behave(HONEST)
        self.stop(watch)
        self.say("mia", "after the flood")
        self.settle()
        self.ledger.check()

    # ---- pictures ----

    def picture(self):
        path = self.family.path("picture.png")
        with open(path, "wb") as file:
            file.write(b"\x89PNG\r\n\x1a\n" + struct.pack(
                ">I4sII", 13, b"IHDR", 64, 48) + os.urandom(3000))
        return path

    def give_up(self, path, name):
        """To send this, as nothing that is said is an answer."""
        before = self.evil.deeds[name]
        sender = self.family.start("anna", "picture", path)
        until(lambda: self.evil.deeds[name] >= before + 2)
        self.assertEqual(self.family.let_go(sender), 1, sender.errors)
        self.assertIn("given up", "\n".join(sender.errors))

    def test_14_T20_a_picture_comes_as_it_went_or_not(self):
        path = self.picture()
        self.evil.behave(MANNERS["mistyped"])
        self.give_up(path, "mistyped")
        self.evil.behave(HONEST)
        self.ledger.check()
        self.family.run("anna", "picture", path)
        self.family.run("ben", "inbox")
        out = self.family.path("out.png")
        for name in ("flip", "exchange"):
            self.evil.behave(MANNERS[name])
            receiver = self.family.start("ben", "save", out)
            until(lambda n=name: self.evil.deeds[n] > 0)
            self.assertEqual(self.family.let_go(receiver), 1)
            self.assertFalse(os.path.exists(out))
            self.assertFalse(os.path.exists(out + ".part"))
        self.evil.behave(HONEST)
        self.family.run("ben", "save", out)
        with open(path, "rb") as sent, open(out, "rb") as saved:
            self.assertEqual(saved.read(), sent.read())


if __name__ == "__main__":
    hostile.main()
