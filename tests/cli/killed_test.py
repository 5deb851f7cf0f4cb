#!/usr/bin/env python3
"""killed_test.py COVEY COVEY_RELAY TRACK: watches and phones that are killed
(SIGKILL) at random moments, and run again. Nothing is lost, nothing comes
twice, no command runs twice, and what is stored opens. COVEY_SEED repeats the
choices; when a program gets how far is the machine's."""
import itertools
import os
import random
import shutil
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from evil_relay import HONEST, EvilRelay  # noqa: E402
from family import Family, until  # noqa: E402
from ledger import Ledger, points_of  # noqa: E402
from manners import slow  # noqa: E402

COVEY, RELAY, TRACK = sys.argv[1:4]
SEED = int(os.environ.get("COVEY_SEED", random.randrange(1 << 32)))
HOMES = ("anna", "ben", "mia")


class Killed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        print(f"COVEY_SEED={SEED}", file=sys.stderr)
        cls.chance = random.Random(SEED)
        cls.family = family = Family(COVEY, RELAY)
        cls.addClassCleanup(family.close)
        cls.relay = EvilRelay(family.port)
        cls.addClassCleanup(cls.relay.close)
        family.relay = f"localhost:{cls.relay.port}"
        family.found("anna")
        begun = time.monotonic()
        ids = {"mia": family.join("anna", "mia", "--watch", "Mia"),
               "ben": family.join("anna", "ben", "--guardian", "Ben")}
        cls.join_s = (time.monotonic() - begun) / 2
        ids["anna"] = family.json("anna", "status")["self"]
        cls.ledger = Ledger(family, ids)
        cls.numbers = itertools.count(1)
        with open(TRACK, encoding="utf-8") as file:
            cls.track = points_of(file.read())

    def setUp(self):
        begun = time.monotonic()
        self.addCleanup(lambda: print(
            f"[{time.monotonic() - begun:.1f} s]", end=" ", file=sys.stderr))
        # So that most moments are those in which something is under way.
        self.relay.behave(slow(0.02))

    def text(self, what):
        return f"{next(self.numbers)}: {what}"

    def took(self, home, *words):
        """How long it takes when nobody kills it."""
        begun = time.monotonic()
        self.family.run(home, *words)
        return time.monotonic() - begun

    def killed(self, home, *words, within):
        """Starts it and kills it, mostly before its end; what it had said."""
        program = subprocess.Popen(self.family.command(home, words),
                                   stdin=subprocess.DEVNULL, text=True,
                                   stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        time.sleep(self.chance.uniform(0, within * 1.1))
        program.kill()
        said, _ = program.communicate()
        self.deaths += program.returncode < 0
        return said

    def kill_often(self, homes, times, *words, within):
        """One after the other, until so many have died of it."""
        for home in itertools.islice(itertools.cycle(homes), 10 * times):
            self.killed(home, *words, within=within)
            self.family.attempt(home, "status")
            if self.deaths == times:
                return
        self.fail("nobody died")

    def check(self):
        """As if nothing had been."""
        self.relay.behave(HONEST)
        self.ledger.sync()
        self.ledger.check()
        for home in HOMES:
            self.assertEqual(self.family.json(home, "status")["state"],
                             "member")
            self.assertEqual(self.ledger.missing(home), 0, home)

    # ---- the watch ----

    def test_10_T56_a_watch_that_is_killed_on_its_walk(self):
        self.deaths = 0
        words = ("watch", "--replay", TRACK, "--speed", "0", "--once")
        within = self.took("mia", *words)
        self.kill_often(["mia"], 8, *words, within=within)
        self.family.run("mia", *words)
        self.ledger.points.update(self.track)
        self.check()

    def rings(self, seconds, *outputs):
        return sum(line == f"\aRING RING for {seconds} s"
                   for lines in outputs for line in lines)

    def test_11_T08_a_command_to_a_watch_that_is_killed_runs_once(self):
        for seconds in range(11, 17):
            with self.subTest(seconds=seconds):
                self.ring_and_kill(seconds)
        self.check()

    def ring_and_kill(self, seconds):
        before = self.receipts()
        first = self.family.start("mia", "watch", "--wake", "--poll", "1")
        first.wait_for(lambda line: "This is the watch" in line)
        self.family.run("anna", "sync")
        self.family.run("anna", "ring", "-s", str(seconds), "-t", "0",
                        status=3)
        self.family.run("anna", "sync")
        if seconds % 2:
            time.sleep(self.chance.uniform(0, 0.3))
        else:
            first.wait_for(lambda line: "RING" in line)
        first.process.kill()
        self.family.running.remove(first)
        first.finish()
        second = self.family.start("mia", "watch", "--wake", "--poll", "1")
        second.wait_for(lambda line: "This is the watch" in line)
        after = until(lambda: self.receipts()[len(before):])
        self.assertEqual(self.family.let_go(second), 0)
        rung = self.rings(seconds, first.lines, second.lines)
        self.assertEqual(len(after), 1)
        self.assertIn(after[0], ("Mia: done", "Mia: not_known"))
        self.assertLessEqual(rung, 1)
        if after[0] == "Mia: done":
            self.assertEqual(rung, 1)

    def receipts(self):
        return [event for event in self.ledger.events("anna")
                if event in ("Mia: done", "Mia: not_known")]

    # ---- phones ----

    def test_20_T10_T56_phones_that_are_killed_while_they_send(self):
        self.deaths = 0
        within = self.took("ben", "send", text := self.text("unharmed"))
        self.ledger.note("ben", text)
        for home in ("anna", "ben", "mia") * 6:
            text = self.text("cut short")
            said = self.killed(home, "send", text, within=within)
            self.ledger.note(home, text)
            if said not in ("Sent.\n", "Kept.\n"):
                for other in HOMES:
                    self.ledger.lost[other].add(text)
        self.assertGreater(self.deaths, 3)
        self.check()
        shown = {home: {text for _, text in self.ledger.shown(home)}
                 for home in HOMES}
        for home, member in self.ledger.ids.items():
            own = {text for sender, text in self.ledger.said
                   if sender == member}
            others = [shown[other] & own for other in HOMES if other != home]
            self.assertEqual(others[0], others[1], "all hear it, or nobody")
            self.assertLessEqual(shown[home] & own, others[0])

    def test_21_T56_a_phone_that_is_killed_while_it_runs_for_others(self):
        self.deaths = 0
        for _ in range(4):
            phone = self.family.start("anna", "--json", "map")
            phone.json_with("url")
            texts = [self.text("wished for") for _ in range(3)]
            wishers = [self.family.start("anna", "send", text)
                       for text in texts]
            time.sleep(self.chance.uniform(0, 0.2))
            phone.process.kill()
            self.family.running.remove(phone)
            phone.finish()
            for wisher, text in zip(wishers, texts):
                self.family.running.remove(wisher)
                self.ledger.note("anna", text)
                if wisher.finish() != 0:
                    for home in HOMES:
                        self.ledger.lost[home].add(text)
        self.ledger.sync()
        self.ledger.take_order("ben")
        self.check()

    def test_30_T56_a_phone_that_is_killed_while_it_changes_the_keys(self):
        self.deaths = 0
        within = self.took("anna", "refresh")
        self.kill_often(("anna", "ben"), 5, "refresh", within=within)
        self.relay.behave(HONEST)
        self.ledger.sync()
        for home in ("anna", "ben"):
            until(lambda h=home: self.family.json(h, "status")["busy"] ==
                  "none")
        self.ledger.sync()
        numbers = [self.family.json(home, "verify") for home in HOMES]
        self.assertEqual(numbers, numbers[:1] * 3)
        self.family.run("ben", "refresh")
        self.check()

    # ---- joining ----

    def gives_up(self):
        """What is in the log already has to be done first."""
        self.family.run("anna", "sync")
        return self.family.attempt("anna", "abandon").returncode == 0

    def kill_a_join(self):
        """Either side dies; afterwards the circle is as it was."""
        new = self.family.start("dora", "--json", "invite", "--friend",
                                "--relay", self.family.relay)
        old = self.family.start("anna", "--json", "accept",
                                new.json_with("uri"))
        victim, other = self.chance.sample((new, old), 2)
        time.sleep(self.chance.uniform(0, self.join_s))
        victim.process.kill()
        for program in (victim, other):
            self.family.running.remove(program)
            program.process.terminate()
            program.finish()
        until(self.gives_up)
        self.family.run("dora", "wipe", "--yes")
        for member in self.family.json("anna", "members"):
            if member["id"] not in self.ledger.ids.values():
                self.family.run("anna", "remove", member["id"])

    def test_40_T30_T56_a_join_that_is_cut_short_is_begun_anew(self):
        for _ in range(5):
            self.kill_a_join()
        self.relay.behave(HONEST)
        dora = self.family.join("anna", "dora", "--friend", "Dora")
        text = self.text("at last")
        self.family.run("dora", "send", text)
        self.ledger.said.append((dora, text))
        self.ledger.sync()
        self.ledger.check()
        for home in HOMES:
            self.assertEqual(len(self.family.json(home, "members")), 4)

    # ---- what is stored ----

    def test_50_T38_a_copy_of_the_files_reads_nothing_that_was_read(self):
        text = self.text("read, and then the phone is stolen")
        self.ledger.send("anna", text)
        self.assertIn(text, self.family.run("ben", "inbox", "--peek"))
        shutil.copytree(self.family.path("ben"), self.family.path("thief"))
        for name in os.listdir(self.family.path("thief")):
            if name.startswith("history.db"):
                os.unlink(os.path.join(self.family.path("thief"), name))
        self.assertNotIn(text, self.family.run("thief", "inbox"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
