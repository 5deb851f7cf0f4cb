#!/usr/bin/env python3
"""move_test.py COVEY COVEY_RELAY TRACK: a family goes from one relay to
another, while the old one serves and when it is gone. The tests go on from
each other, in the order of their names."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from family import Family, Relay, until  # noqa: E402

COVEY, RELAY, TRACK = sys.argv[1:4]


class Move(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.family = Family(COVEY, RELAY)
        cls.addClassCleanup(cls.family.close)
        cls.family.found("anna")
        cls.family.join("anna", "mia", "--watch", "Mia")
        cls.family.join("anna", "ben", "--guardian", "Ben")
        cls.relays = [Relay(cls.family, f"relay{n}.db") for n in (1, 2, 3)]

    def relay_of(self, home):
        return self.family.json(home, "status")["relay"]

    def all_talk(self, word):
        """From each to the others."""
        for home in ("anna", "ben", "mia"):
            self.assertEqual(self.family.run(home, "send", f"{word} {home}"),
                             "Sent.\n")
        for home in ("anna", "ben", "mia"):
            inbox = self.family.run(home, "inbox", "--peek")
            for other in ("anna", "ben", "mia"):
                if other != home:
                    self.assertIn(f"{word} {other}", inbox)

    def all_are_at(self, relay):
        for home in ("anna", "ben", "mia"):
            self.family.run(home, "sync")
            self.assertEqual(self.relay_of(home), relay.name, home)

    def test_01_t55_a_guardian_moves_the_circle(self):
        self.family.run("anna", "move", self.relays[0].name)
        self.all_are_at(self.relays[0])
        self.family.stop_relay()
        self.all_talk("moved")
        said = self.family.json("mia", "track", "--once")["events"]
        self.assertTrue(any("moved the circle" in e["text"] for e in said))

    def test_02_t55_who_was_away_finds_the_way(self):
        self.family.run("ben", "move", self.relays[1].name)
        self.family.run("anna", "sync")
        self.family.run("anna", "send", "come over")
        until(lambda: "come over" in self.family.run("mia", "inbox"))
        self.all_are_at(self.relays[1])
        self.all_talk("found")

    def test_03_t14_a_relay_that_is_gone_for_good_is_left_by_hand(self):
        self.relays[0].stop()
        self.relays[1].stop()
        self.family.run("anna", "send", "kept meanwhile", status=3)
        for home in ("anna", "ben", "mia"):
            self.assertIn("from now on", self.family.run(
                home, "relay", self.relays[2].name))
        self.family.run("anna", "sync")
        self.assertIn("kept meanwhile", self.family.run("mia", "inbox"))
        self.all_talk("by hand")
        self.family.run("ben", "refresh")
        self.all_are_at(self.relays[2])
        self.family.run("ben", "move", self.relays[2].name)
        self.all_are_at(self.relays[2])
        self.family.join("anna", "dora", "--friend", "Dora",
                         relay=self.relays[2].name)
        self.assertEqual(self.relay_of("dora"), self.relays[2].name)
        self.all_talk("at last")

    def test_04_what_is_no_relay_is_refused(self):
        for word in ("https://relay.example", "Relay.example", "/x", "a:0"):
            for command in ("move", "relay"):
                self.family.run("anna", command, word, status=1)
                self.assertIn("HOST", self.family.errors)
        self.family.run("mia", "move", "relay.example", status=1)
        self.assertIn("role", self.family.errors)
        self.all_are_at(self.relays[2])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
