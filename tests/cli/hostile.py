"""A watch and two guardians whose relay is anybody's: it can do whatever it
likes but break the seals. What tests of such a relay have in common; they go
on from each other, in the order of their names. Whatever became of the lies,
in the end the family must go on as if nothing had been, or know what is
missing."""
import itertools
import sys
import time
import unittest

from evil_relay import HONEST, EvilRelay
from family import Family, until
from ledger import Ledger

COVEY, RELAY, TRACK = sys.argv[1:4]
HOMES = ("anna", "ben", "mia")


class HostileRelay(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.family = family = Family(COVEY, RELAY)
        cls.addClassCleanup(family.close)
        cls.evil = EvilRelay(family.port)
        cls.addClassCleanup(cls.evil.close)
        family.relay = f"localhost:{cls.evil.port}"
        family.found("anna")
        ids = {"mia": family.join("anna", "mia", "--watch", "Mia"),
               "ben": family.join("anna", "ben", "--guardian", "Ben")}
        ids["anna"] = family.json("anna", "status")["self"]
        cls.ledger = Ledger(family, ids)
        cls.numbers = itertools.count(1)

    def setUp(self):
        begun = time.monotonic()
        self.addCleanup(lambda: print(
            f"[{time.monotonic() - begun:.1f} s]", end=" ", file=sys.stderr))
        self.addCleanup(self.evil.behave, HONEST)

    # ---- the family's life ----

    def text(self, what):
        return f"{next(self.numbers)}: {what}"

    def say(self, home, what):
        self.ledger.send(home, self.text(what))

    def settle(self):
        """Everybody has read all, and has nothing to say."""
        self.evil.behave(HONEST)
        self.ledger.sync()

    def mend(self):
        """Two words of each: what was withheld is known to be, and the log is
        whole again for all."""
        for home in HOMES * 2:
            self.say(home, "and so on")
        self.settle()

    def watch(self, *words):
        watch = self.family.start("mia", "--json", "watch", "--wake", *words)
        self.addCleanup(self.stop, watch)
        watch.json_with("watch")
        return watch

    def stop(self, program):
        if program in self.family.running:
            self.family.let_go(program)

    def follow(self, home):
        """Somebody who reads on all the time, and only reads."""
        before = self.evil.visits[home]
        reader = self.family.start(home, "inbox", "--follow", "--peek")
        self.addCleanup(self.stop, reader)
        until(lambda: self.evil.visits[home] > before + 1, step=0.02)
        return reader


def main():
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
