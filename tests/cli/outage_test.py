#!/usr/bin/env python3
"""outage_test.py COVEY COVEY_RELAY TRACK: a relay that dies in the middle of
everything, again and again, and one that loses all it had (T14). COVEY_SEED
repeats a run."""
import itertools
import os
import random
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from family import Family, until  # noqa: E402
from ledger import Ledger, points_of  # noqa: E402

COVEY, RELAY, TRACK = sys.argv[1:4]
SEED = int(os.environ.get("COVEY_SEED", random.randrange(1 << 32)))
HOMES = ("anna", "ben", "mia")


class Outage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        print(f"COVEY_SEED={SEED}", file=sys.stderr)
        cls.family = family = Family(COVEY, RELAY)
        cls.addClassCleanup(family.close)
        family.found("anna")
        ids = {"mia": family.join("anna", "mia", "--watch", "Mia"),
               "ben": family.join("anna", "ben", "--guardian", "Ben")}
        ids["anna"] = family.json("anna", "status")["self"]
        cls.ledger = Ledger(family, ids)
        cls.numbers = itertools.count(1)
        with open(TRACK, encoding="utf-8") as file:
            cls.track = points_of(file.read())

    def text(self, what):
        return f"{next(self.numbers)}: {what}"

    def say(self, home, what, status=0):
        self.ledger.send(home, self.text(what), status)

    # ---- killed ----

    def speak(self, home, seed, num):
        """Some words, with pauses; each leaves now, or is kept."""
        chance = random.Random(seed)
        for _ in range(num):
            text = self.text("through thick and thin")
            self.ledger.note(home, text)
            result = self.family.attempt(home, "send", text)
            self.results.append((home, result))
            time.sleep(chance.uniform(0, 0.3))

    def test_10_T14_a_relay_that_is_killed_in_mid_traffic_loses_nothing(self):
        chance = random.Random(SEED)
        self.results = []
        walk = self.family.start("mia", "watch", "--replay", TRACK, "--within",
                                 "6", "--once")
        speakers = [threading.Thread(target=self.speak, args=(home, seed, 6))
                    for home, seed in (("anna", SEED + 1), ("ben", SEED + 2))]
        for speaker in speakers:
            speaker.start()
        deaths = 0
        while walk.process.poll() is None or any(
                speaker.is_alive() for speaker in speakers):
            time.sleep(chance.uniform(0.1, 0.8))
            self.family.kill_relay()
            deaths += 1
            self.family.start_relay()
        for speaker in speakers:
            speaker.join()
        self.family.running.remove(walk)
        self.assertIn(walk.finish(), (0, 3), walk.errors)
        for home, result in self.results:
            self.assertIn(result.returncode, (0, 3), (home, result))
        self.assertGreater(deaths, 6)
        self.ledger.points.update(self.track)
        self.ledger.sync()
        self.ledger.check()
        for home in HOMES:
            self.assertEqual(points_of(self.family.run(home, "export")),
                             self.track, home)
            self.assertEqual(self.ledger.missing(home), 0)

    # ---- emptied ----

    def empty_relay(self):
        """While it is down; then it starts."""
        for name in os.listdir(self.family.directory):
            if name.startswith("relay.db"):
                os.unlink(self.family.path(name))
        self.family.start_relay()

    def test_20_T14_with_an_empty_database_it_goes_on_at_once(self):
        self.say("anna", "with all there is")
        self.ledger.sync()
        self.family.stop_relay()
        self.say("ben", "kept until there is a relay", status=3)
        self.empty_relay()
        self.ledger.sync()
        for home in HOMES * 2:
            self.say(home, "over an empty relay")
        self.ledger.sync()
        self.ledger.check()
        for home in HOMES:
            self.assertEqual(self.ledger.missing(home), 0)

    def test_22_T14_locations_commands_and_changes_go_on(self):
        self.family.run("mia", "watch", "--replay", TRACK, "--speed", "0",
                        "--once", "--shift-to-now")
        fresh = points_of(self.family.run("mia", "export"))
        self.assertEqual(len(fresh), 2 * len(self.track))
        self.ledger.points.update(fresh)
        watch = self.family.start("mia", "--json", "watch", "--wake")
        watch.json_with("watch")
        receipt = self.family.json("ben", "locate")["receipt"]
        self.assertEqual(receipt["outcome"], "done")
        self.family.let_go(watch)
        before = self.family.json("anna", "verify")
        self.family.run("ben", "refresh")
        self.say("mia", "with fresh keys")
        self.ledger.sync()
        self.ledger.check()
        numbers = [self.family.json(home, "verify") for home in HOMES]
        self.assertNotIn(before, numbers)
        self.assertEqual(numbers, numbers[:1] * 3)

    def test_23_T14_who_comes_and_goes_does_so(self):
        dora = self.family.join("anna", "dora", "--friend", "Dora")
        text = self.text("new here")
        self.family.run("dora", "send", text)
        self.ledger.said.append((dora, text))
        self.say("ben", "hello Dora")
        self.ledger.sync()
        self.ledger.check()
        self.assertIn("hello Dora", self.family.run("dora", "inbox"))
        self.family.run("anna", "remove", "Dora")
        for home in HOMES:
            until(lambda h=home: dora not in [
                m["id"] for m in self.family.json(h, "members")])

    # What one has read, or said, and others have not when it is lost. Nothing
    # false is shown, it is noticed, and all go on.
    def test_30_T14_what_only_one_has_when_it_is_lost_parts_nobody(self):
        self.ledger.sync()
        phone = self.family.start("anna", "inbox", "--follow", "--peek")
        self.say("anna", "which only the relay has yet")
        self.family.let_go(phone)
        self.family.stop_relay()
        self.empty_relay()
        tried = set(self.ledger.said)
        for home in ("ben", "mia", "ben", "mia") + HOMES:
            text = self.text("after the loss")
            ended = self.family.attempt(home, "send", text).returncode
            tried.add((self.ledger.ids[home], text))
            if ended != 1:
                self.ledger.note(home, text)
        for home in HOMES * 2:
            self.family.attempt(home, "sync")
        absent = set()
        for home in HOMES:
            shown = self.ledger.shown(home)
            self.assertEqual(len(shown), len(set(shown)), home)
            self.assertLessEqual(set(shown), tried, home)
            absent |= set(self.ledger.said) - set(shown)
            for sender, text in self.ledger.said:
                if "after the loss" in text:
                    self.assertIn((sender, text), shown, home)
            self.assertEqual(self.family.json(home, "status")["state"],
                             "member")
            self.assertIn("has lost all", " ".join(self.ledger.events(home)))
        if absent:
            self.assertTrue(any(map(self.ledger.alarms, HOMES)), absent)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
