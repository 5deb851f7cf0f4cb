"""What a family has truly said, to be held against what its devices show."""
import json
import re
from xml.etree import ElementTree

GPX = "{http://www.topografix.com/GPX/1/1}"


def points_of(gpx):
    """Times and places in units of 1e-7 degrees."""
    return [(p.findtext(GPX + "time"), round(float(p.get("lat")) * 1e7),
             round(float(p.get("lon")) * 1e7))
            for p in ElementTree.fromstring(gpx).iter(GPX + "trkpt")]


class Ledger:
    def __init__(self, family, ids, watch="mia"):
        """ids: of each home, its member's id."""
        self.family, self.ids, self.watch = family, ids, watch
        self.said = []  # (id, text), each text once
        self.lost = {home: set() for home in ids}  # texts it may never get
        self.points = set()

    def send(self, home, text, status=0):
        self.family.run(home, "send", text, status=status)
        self.note(home, text)

    def note(self, home, text):
        self.said.append((self.ids[home], text))

    def shown(self, home):
        """Messages as (id, text), in the order of this device; peeked at."""
        lines = self.family.run(home, "--json", "inbox", "--peek")
        return [(m["sender"], m["text"])
                for m in map(json.loads, lines.splitlines()) if "text" in m]

    def events(self, home):
        return [e["text"] for e in
                self.family.json(home, "track", "--once")["events"]]

    def missing(self, home):
        """How many payloads of others this device has been told it missed."""
        found = re.findall(r"^(\d+) updates of .* are missing$",
                           "\n".join(self.events(home)), re.M)
        return sum(map(int, found))

    def alarms(self, home):
        """What this device has said of the log that was not as it should
        be."""
        return [event for event in self.events(home)
                if event.endswith(" are missing") or "STOPPED" in event or
                "has read what is not here" in event]

    def sync(self):
        """Until all have read all that any of them said. A watch says
        something at each start."""
        phones = [home for home in self.ids if home != self.watch]
        for homes in (self.ids, [self.watch], phones):
            for result in self.family.together(*((home, "sync")
                                                 for home in homes)):
                assert result.returncode == 0, result

    def take_order(self, home):
        """Of what was said at the same time, nobody knows it before."""
        order = {entry: at for at, entry in enumerate(self.shown(home))}
        self.said.sort(key=lambda entry: order.get(entry, -1))

    def check(self, *homes):
        """Everything that was said is shown once, as it was said, in its
        senders' order, and nothing else."""
        for home in homes or self.ids:
            shown = self.shown(home)
            assert len(shown) == len(set(shown)), (home, "twice", shown)
            said = [entry for entry in self.said
                    if entry[1] not in self.lost[home] or entry in shown]
            assert set(shown) == set(said), (
                home, "not said", set(shown) - set(said), "not shown",
                set(said) - set(shown))
            for sender in {entry[0] for entry in said}:
                ours = [entry for entry in said if entry[0] == sender]
                theirs = [entry for entry in shown if entry[0] == sender]
                assert ours == theirs, (home, "order", theirs)
            if self.points:
                track = points_of(self.family.run(home, "export"))
                assert set(track) == self.points, (home, "track")
