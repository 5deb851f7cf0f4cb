#!/usr/bin/env python3
"""month_test.py COVEY COVEY_RELAY FAKED_CLOCK: thirty days of a family, with a
relay that runs through. A watch wakes each day, a mother reads each day, a
father is away from the fifth to the twentieth, and on two days only the mother
looks. The tests look at what has come of it, in the order of their names."""
import collections
import csv
import io
import json
import os
import sqlite3
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from family import until  # noqa: E402
from faked_time import DAY, TimedFamily  # noqa: E402

COVEY, RELAY, FAKED_CLOCK = sys.argv[1:4]
DAYS = 30
AWAY = range(5, 20)  # the father
QUIET = (10, 11)  # only the mother looks
RESTART = 15  # the relay, in between
KEPT = 7  # days, by the relay
POINTS = 6  # of a day
ACTIVE = [day for day in range(DAYS) if day not in QUIET]


# At the end of a day: the rows that expire in a week, those that are kept, how
# many of the first there ever were; the bytes of all blobs, of the file.
Store = collections.namedtuple("Store", "plain kept ever blobs file")


class Month(TimedFamily):
    def __init__(self):
        super().__init__(COVEY, RELAY, FAKED_CLOCK)
        self.walked, self.said = {}, collections.defaultdict(list)
        self.numbers, self.stores = [], []

    def live(self):
        self.found("anna")
        self.mia = self.join("anna", "mia", "--watch", "Mia")
        self.ben = self.join("anna", "ben", "--guardian", "Ben")
        self.members = self.ids("anna")
        for day in range(DAYS):
            if day == RESTART:
                self.stop_relay()
                self.start_relay()
            self.live_day(day)
            self.pass_time(DAY + 60)

    def live_day(self, day):
        if day not in QUIET:
            self.walk(day)
            self.say("anna", day)
            self.run("mia", "inbox")
            self.say("mia", day)
            if day not in AWAY:
                self.run("ben", "inbox")
                self.say("ben", day)
        self.run("anna", "inbox")
        self.numbers.append({home: self.number(home) for home in (
            "anna", "mia", "ben") if day not in QUIET or home == "anna"
            if day not in AWAY or home != "ben"})
        self.look_at_store()

    # ---- what they do ----

    def walk(self, day):
        begin = int(time.time()) + self.passed - 60 * POINTS
        lines, self.walked[day] = [], []
        for i in range(POINTS):
            at = time.strftime("%Y-%m-%dT%H:%M:%SZ",
                               time.gmtime(begin + 60 * i))
            lat, lon = 473700000 + 1000 * day + i, 85379370 + 777 * i
            self.walked[day].append((at, lat, lon))
            lines.append(f'<trkpt lat="{lat / 10**7:.7f}" '
                         f'lon="{lon / 10**7:.7f}"><time>{at}</time></trkpt>')
        with open(self.path("day.gpx"), "w", encoding="utf-8") as file:
            file.write('<gpx version="1.1" creator="c" xmlns="http://www.'
                       'topografix.com/GPX/1/1"><trk><trkseg>'
                       + "\n".join(lines) + "</trkseg></trk></gpx>")
        self.run("mia", "watch", "--replay", self.path("day.gpx"), "--speed",
                 "0", "--once")

    def say(self, home, day):
        text = f"{home} on day {day}"
        self.run(home, "send", text)
        self.said[day].append(text)

    # ---- what they see ----

    def ids(self, home):
        return sorted(m["id"] for m in self.json(home, "members"))

    def number(self, home):
        return self.json(home, "verify")["safety_number"]

    def walk_of(self, home):
        """Times and places in units of 1e-7 degrees."""
        rows = csv.DictReader(io.StringIO(self.run(home, "export", "--csv")))
        return [(row["time"], round(float(row["latitude"]) * 10**7),
                 round(float(row["longitude"]) * 10**7)) for row in rows]

    def texts_of(self, home):
        return [json.loads(line)["text"] for line in self.run(
            home, "--json", "inbox", "--peek").splitlines()]

    def look_at_store(self):
        store = sqlite3.connect(f"file:{self.path('relay.db')}?mode=ro",
                                uri=True)

        def ask(what, table):
            return store.execute(f"SELECT {what} FROM {table}").fetchone()[0]
        self.stores.append(Store(
            ask("count(*)", "log0"), ask("count(*)", "log1"),
            ask("seq", "sqlite_sequence WHERE name = 'log0'"),
            sum(ask("total(length(blob))", log) for log in ("log0", "log1")),
            os.path.getsize(self.path("relay.db"))))
        store.close()


class Days(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.family = Month()
        cls.addClassCleanup(cls.family.close)
        cls.family.live()

    def wait_for_store(self, condition):
        def look():
            self.family.look_at_store()
            return condition(self.family.stores[-1])
        until(look, 20)

    def test_10_who_was_there_each_day_has_it_all(self):
        walked = [point for day in ACTIVE for point in self.family.walked[day]]
        said = [text for day in ACTIVE for text in self.family.said[day]]
        for home in ("anna", "mia"):
            self.assertEqual(self.family.walk_of(home), walked, home)
            self.assertEqual(sorted(self.family.texts_of(home)), sorted(said),
                             home)

    def test_11_who_was_away_has_all_that_the_relay_still_kept(self):
        walked = set(self.family.walk_of("ben"))
        said = self.family.texts_of("ben")
        for day in ACTIVE:
            if day < AWAY.start or day > AWAY.stop - KEPT:
                self.assertLessEqual(set(self.family.walked[day]), walked, day)
                self.assertLessEqual(set(self.family.said[day]), set(said))
        self.assertEqual(len(said), len(set(said)))
        # The rest has expired, but for what was kept at random.
        lost = [text for day in AWAY if day < AWAY.stop - KEPT
                for text in self.family.said[day] if text not in said]
        self.assertGreater(len(lost), 3)
        events = [event["text"] for event in self.family.json(
            "ben", "track", "--once")["events"]]
        self.assertTrue(any("updates of Mia are missing" in text or
                            "updates of the watch are missing" in text
                            for text in events), events)

    def test_12_all_of_them_are_members_still(self):
        for home in ("anna", "ben", "mia"):
            self.assertEqual(self.family.json(home, "status")["state"],
                             "member")
            self.assertEqual(self.family.ids(home), self.family.members)

    def test_20_there_are_fresh_keys_after_each_day_that_had_traffic(self):
        numbers = self.family.numbers
        for day, seen in enumerate(numbers):
            self.assertEqual(len(set(seen.values())), 1, (day, seen))
        # The first quiet day ends the epoch of the one before; nothing is said
        # in the next one, so that the second one leaves it.
        first, second = QUIET
        self.assertEqual(numbers[first]["anna"], numbers[second]["anna"])
        self.assertEqual(len({seen["anna"] for seen in numbers}), DAYS - 1)

    def test_30_T13_the_store_does_not_grow_with_the_days(self):
        stores = self.family.stores
        for day in range(KEPT + 1, DAYS):
            newer = stores[day].ever - stores[day - KEPT - 1].ever
            self.assertLessEqual(stores[day].plain, newer, day)
            # Pages that became free are used again.
            self.assertLess(stores[day].file, 2 * stores[day].blobs + 65536)
        self.assertLess(stores[-1].plain, stores[-1].ever / 2)

    def test_40_C3_C5_nine_days_off_stop_nobody(self):
        # What is said first is read by all, what is said then by nobody before
        # it expires; the watch is back before those who said it.
        for home in ("anna", "ben", "mia", "anna"):
            self.family.run(home, "send", f"{home} before")
        for home in ("ben", "mia"):
            self.family.run(home, "inbox")
        for number in range(5):
            self.family.run("anna", "send", f"anna last, {number}")
        self.family.pass_time(9 * DAY)
        self.wait_for_store(lambda store: store.plain == 0)
        for number in range(5):
            self.family.run("mia", "send", f"mia again, {number}")
        for home in ("anna", "ben", "mia"):
            texts = self.family.texts_of(home)
            for number in range(5):
                self.assertIn(f"mia again, {number}", texts, home)
        before = self.family.number("anna")
        for day in range(DAYS, DAYS + 3):
            self.family.pass_time(DAY + 60)
            self.family.live_day(day)
            for home in ("anna", "ben", "mia"):
                self.assertIn(f"ben on day {day}", self.family.texts_of(home))
        numbers = self.family.numbers[-1]
        self.assertEqual(len(set(numbers.values())), 1, numbers)
        self.assertNotEqual(numbers["anna"], before)

    def test_50_T13_and_it_is_empty_half_a_year_later(self):
        self.family.pass_time(181 * DAY)
        self.wait_for_store(lambda store: store.blobs == 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
