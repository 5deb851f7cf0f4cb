"""Looks for what must not be there."""
import dataclasses
import re

from forms import is_sure, of_bytes, of_text, unique

NEAR = 64  # bytes between the two coordinates of a place
EMPTY = re.compile(rb"\0{256,}")


@dataclasses.dataclass(frozen=True)
class Hit:
    what: str
    how: str
    at: int

    def __str__(self):
        return f"{self.what} ({self.how}) at {self.at}"


def all_at(data, wanted):
    at = data.find(wanted)
    while at >= 0:
        yield at
        at = data.find(wanted, at + 1)


class Canaries:
    """What was planted: texts, bytes and places."""

    def __init__(self):
        self.sure, self.pairs = [], []

    def text(self, what, text):
        self.sure += unique(of_text(what, text))

    def bytes(self, what, data):
        self.sure += unique(of_bytes(what, data))

    def pieces(self, what, data, size=24, num=8):
        """Of something long: parts of it."""
        step = (len(data) - size) // (num - 1)
        for at in range(0, step * num, step):
            self.bytes(f"{what} from {at}", data[at:at + size])

    def place(self, place):
        halves = list(place.halves())
        self.sure += [form for half in halves for form in half
                      if is_sure(form)]
        self.sure += place.whole()
        for one, other in (halves, reversed(halves)):
            self.pairs.append(([form for form in one if not is_sure(form)],
                               other))

    def forms(self):
        """All of them."""
        return self.sure + [form for weak, _ in self.pairs for form in weak]

    def find(self, data):
        """Each form that is there, once."""
        data = EMPTY.sub(bytes(256), data)
        hits = [Hit(form.what, form.how, data.find(form.data))
                for form in self.sure if form.data in data]
        for weak, others in self.pairs:
            hits += near(data, weak, others)
        return hits


def near(data, ones, others):
    """Those of the one coordinate that have some form of the other one
    beside them."""
    hits = []
    for form in ones:
        for at in all_at(data, form.data):
            around = data[max(0, at - NEAR):at + len(form.data) + NEAR]
            if any(other.data in around for other in others):
                hits.append(Hit(form.what, form.how, at))
                break
    return hits
