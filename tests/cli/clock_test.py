#!/usr/bin/env python3
"""clock_test.py COVEY COVEY_RELAY FAKED_CLOCK: clocks that are wrong, by years
and by hours, ahead and behind, and that jump. The tests go on from each other,
in the order of their names."""
import json
import os
import random
import signal
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from family import until  # noqa: E402
from faked_time import DAY, TimedFamily  # noqa: E402
from planted import gpx  # noqa: E402

COVEY, RELAY, FAKED_CLOCK = sys.argv[1:4]
HOUR, YEAR = 3600, 365 * DAY
WRONG = (10 * YEAR, -10 * YEAR, 5 * HOUR, -5 * HOUR)
HOMES = ("anna", "ben", "mia")
ROUNDS = 8


class Clocks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.family = TimedFamily(COVEY, RELAY, FAKED_CLOCK)
        cls.addClassCleanup(cls.family.close)
        cls.family.found("anna")
        cls.mia = cls.family.join("anna", "mia", "--watch", "Mia")
        cls.ben = cls.family.join("anna", "ben", "--guardian", "Ben")
        cls.said = []

    def setUp(self):
        self.addCleanup(self.set_right)

    def set_right(self):
        for name in (*HOMES, "relay"):
            self.family.clock(name).set(wrong=0)

    def shown_by(self, home):
        """What that clock shows."""
        clock = self.family.clock(home)
        return time.time() + clock.passed + clock.wrong

    def walk(self):
        """A track that ends now, a minute after the last one, by the watch's
        own clock."""
        self.family.pass_time(60)
        with open(self.family.path("track.gpx"), "w",
                  encoding="utf-8") as file:
            file.write(gpx(int(self.shown_by("mia")) - 11 * 60))
        self.family.run("mia", "watch", "--replay",
                        self.family.path("track.gpx"), "--speed", "0",
                        "--once")

    def walk_again(self):
        """Of one that was ahead, the first word proves that it is right: what
        comes after it is believed."""
        self.walk()
        self.family.run("anna", "sync")
        self.family.run("ben", "sync")
        self.walk()

    def last(self, home):
        return self.family.json(home, "track", "--once")["last"]

    def say(self, home):
        text = f"{home} says number {len(self.said)}"
        self.said.append(text)
        self.assertEqual(self.family.run(home, "send", text), "Sent.\n")

    def expect_all_read(self):
        """Each text once by all, and nobody stopped."""
        for home in HOMES:
            lines = self.family.run(home, "--json", "inbox").splitlines()
            self.assertEqual(
                sorted(json.loads(line)["text"] for line in lines),
                sorted(self.said), home)
            status = self.family.json(home, "status")
            self.assertEqual(status["state"], "member", home)
            self.assertEqual(len(status["members"]), 3)

    def watch(self):
        watch = self.family.start("mia", "--json", "watch", "--wake")
        self.addCleanup(self.stop, watch)
        watch.json_with("watch")
        return watch

    def stop(self, program):
        if program in self.family.running:
            self.family.running.remove(program)
            self.assertEqual(program.end(), 0, program.errors)

    # ---- one that is wrong ----

    def test_01_T16_T57_on_a_phone_that_is_wrong_nothing_is_fresh(self):
        number = self.family.json("anna", "verify")["safety_number"]
        for wrong in WRONG:
            self.family.clock("anna").set(wrong=wrong)
            self.walk()
            last = self.last("anna")
            self.assertEqual(last["trust"],
                             "stale" if wrong > 0 else "unknown", wrong)
            if wrong > 0:
                self.assertGreaterEqual(last["age_ms"], wrong * 1000)
            self.assertEqual(self.last("ben")["trust"], "fresh")
            for home in ("anna", "mia"):
                self.say(home)
            self.expect_all_read()
            self.family.clock("anna").set(wrong=0)
            self.walk()
            self.assertEqual(self.last("anna")["trust"], "fresh", wrong)
        # Setting a clock is no day that passes: no keys were renewed.
        self.assertEqual(self.family.json("anna", "verify")["safety_number"],
                         number)

    def test_02_T16_T57_of_a_watch_that_is_wrong_nothing_is_fresh(self):
        for wrong in WRONG:
            self.family.pass_time(300)
            self.family.clock("mia").set(wrong=wrong)
            self.walk()
            for home in ("anna", "ben"):  # of one that is behind, the older one
                self.assertEqual(self.last(home)["trust"],
                                 "stale" if wrong < 0 else "unknown", wrong)
            for home in ("mia", "ben"):
                self.say(home)
            self.expect_all_read()
            self.family.clock("mia").set(wrong=0)
            self.walk_again()
            for home in ("anna", "ben"):
                self.assertEqual(self.last(home)["trust"], "fresh", wrong)

    # ---- set back by as much as has passed ----

    def test_10_T16_T57_what_was_held_back_is_not_fresh(self):
        self.walk()
        self.assertEqual(self.last("anna")["trust"], "fresh")
        self.say("anna")  # which saves what was read
        self.walk()
        self.family.pass_time(6 * HOUR)
        self.family.clock("anna").set(wrong=-6 * HOUR)
        last = self.last("anna")
        self.assertNotEqual(last["trust"], "fresh")
        self.assertGreaterEqual(last["age_ms"], 6 * HOUR * 1000)

    def test_11_T16_T57_nor_is_what_was_read_while_it_was(self):
        self.walk()
        self.assertEqual(self.last("anna")["trust"], "fresh")
        self.family.pass_time(6 * HOUR)
        for wrong in (0, -6 * HOUR, -10 * YEAR, 10 * YEAR):
            self.family.clock("anna").set(wrong=wrong)
            self.assertNotEqual(self.last("anna")["trust"], "fresh", wrong)

    def suspend(self, watch, passed, wrong):
        """A ring comes while the watch sleeps; what it hears then."""
        watch.process.send_signal(signal.SIGSTOP)
        self.family.run("anna", "ring", "-s", "7", "-t", "1", status=3)
        self.family.pass_time(passed)
        self.family.clock("mia").set(wrong=wrong)
        watch.process.send_signal(signal.SIGCONT)
        self.say("ben")
        watch.wait_for(lambda line: self.said[-1] in line)
        time.sleep(0.5)
        self.set_right()

    def test_12_T08_T57_no_command_is_revived(self):
        watch = self.watch()
        self.family.run("anna", "sync")

        def rung():
            return sum("RING RING" in line for line in watch.lines)
        self.suspend(watch, 0, 0)
        until(lambda: rung() == 1)
        for wrong in (0, -HOUR, -10 * YEAR, 10 * YEAR):
            self.suspend(watch, HOUR, wrong)
            self.assertEqual(rung(), 1, wrong)
        events = self.family.json("anna", "track", "--once")
        self.assertEqual(self.family.json("anna", "ring", "-t", "9")
                         ["receipt"]["outcome"], "done", events)
        self.assertEqual(rung(), 2)

    # ---- all of them, all the time ----

    def test_20_T57_clocks_that_jump_lose_nothing(self):
        choice = random.Random(57)
        for _ in range(ROUNDS):
            for home in HOMES:
                for name in HOMES:
                    self.family.clock(name).set(wrong=choice.choice(
                        (0, *WRONG, choice.randrange(-YEAR, YEAR))))
                self.say(home)
            self.walk()
            wrong = [self.family.clock(name).wrong for name in ("anna", "mia")]
            if abs(wrong[0] - wrong[1]) > HOUR:
                self.assertNotEqual(self.last("anna")["trust"], "fresh", wrong)
        self.expect_all_read()
        self.set_right()
        self.walk_again()
        for home in ("anna", "ben"):
            self.assertEqual(self.last(home)["trust"], "fresh", home)
        self.say("anna")  # her first word that is right; the next is believed
        self.watch()
        self.assertEqual(self.family.json("anna", "locate")["receipt"]
                         ["outcome"], "done")

    def test_21_a_phone_is_taken_in_by_one_that_is_wrong(self):
        for number, wrong in enumerate((-10 * YEAR, 10 * YEAR)):
            self.family.clock("anna").set(wrong=wrong)
            new = self.family.join("anna", f"new{number}", "--guardian", "New",
                                   own=True)
            self.set_right()
            self.family.run(f"new{number}", "send", "here I am")
            self.said.append("here I am")
            self.family.run("anna", "remove", new)
            self.family.run("mia", "watch", "--once")
        self.expect_all_read()

    # ---- what is said about it ----

    def test_30_it_is_said_that_clocks_do_not_agree(self):
        self.walk()
        self.watch()
        self.family.clock("anna").set(wrong=-5 * HOUR)
        shown = self.family.run("anna", "track", "--once")
        here = time.strftime("%Y-%m-%dT", time.gmtime(self.shown_by("anna")))
        self.assertRegex(shown, "unknown how old: measured .*, and here it is "
                         + here)
        shown = self.family.run("anna", "locate", "-t", "5", status=1)
        self.assertIn("expired", shown)
        self.assertIn("are both right?", shown)

    # ---- the relay's ----

    def test_40_T14_T57_a_relay_that_is_wrong_loses_nobody(self):
        for wrong in (-10 * YEAR, 10 * YEAR, 0):
            self.family.clock("relay").set(wrong=wrong)
            time.sleep(0.3)  # what its clock says has expired does
            for home in HOMES:
                self.say(home)
            self.walk()
            self.assertEqual(self.last("anna")["trust"], "fresh", wrong)
            self.expect_all_read()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
