"""What an evil relay can be told to do."""
import itertools
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..",
                                "relay-conformance"))
import sync  # noqa: E402
from evil_relay import Gone, Manner  # noqa: E402

FLOOD = 100 * 1000 * 1000
OCTETS = "application/octet-stream"

MANNERS = {}


def instead(name):
    """Of functions that answer, or end the connection, or leave it to the
    honest relay."""
    def add(function):
        def act(visit):
            try:
                function(visit)
            except (Gone, OSError):
                visit.did(name)
                raise
            if visit.given:
                visit.did(name)
        MANNERS[name] = Manner(name, instead=act)
        return function
    return add


def after(name):
    """Of functions that say whether they have done it."""
    def add(function):
        def act(visit, response):
            try:
                if function(visit, response):
                    visit.did(name)
            except (Gone, OSError):
                visit.did(name)
                raise
        MANNERS[name] = Manner(name, after=act)
        return function
    return add


# ---- no answer of a relay ----

@instead("garbage")
def _(visit):
    visit.send(os.urandom(700))


@instead("page")
def _(visit):
    visit.send(b"<html><title>Hotel WLAN</title>Room number?</html>",
               kind="text/html")


@after("mistyped")
def _(visit, response):
    visit.send(response.encoded(), kind="text/plain")
    return True


@instead("error")
def _(visit):
    visit.send(b"", 503, "text/plain")


@instead("absent")
def _(visit):
    visit.send(b"not here", 404, "text/plain")


def moved_to(port):
    """A redirect of each kind in turn, to there."""
    kinds = itertools.cycle((301, 302, 303, 307, 308))

    def act(visit):
        visit.did("moved")
        visit.send(b"", next(kinds), "text/plain",
                   Location=f"http://localhost:{port}/v1/sync",
                   Refresh=f"0; url=http://localhost:{port}/v1/sync")
    return Manner("moved", instead=act)


@instead("nonsense")
def _(visit):
    visit.handler.wfile.write(b"\x00\xffthis is not HTTP\r\n\r\n" * 8)
    raise Gone


@after("cut")
def _(visit, response):
    body = response.encoded()
    handler = visit.handler
    handler.send_response(200)
    handler.send_header("Content-Type", OCTETS)
    handler.send_header("Content-Length", str(len(body) + 100))
    handler.end_headers()
    handler.wfile.write(body[:-1])
    raise Gone


@after("bits")
def _(visit, response):
    """One of the first is wrong: of what every decoder has to look at."""
    body = bytearray(response.encoded())
    body[0] ^= 1 << visit.relay.deeds["bits"] % 8
    visit.send(bytes(body))
    return True


# ---- no end ----

@instead("silent")
def _(visit):
    visit.did("silent")
    visit.relay.wait_while(visit)
    raise Gone


def begin_body(visit, *lines):
    visit.handler.wfile.write("\r\n".join((
        "HTTP/1.1 200 OK", f"Content-Type: {OCTETS}", *lines, "",
        "")).encode())


@instead("drip")
def _(visit):
    visit.did("drip")
    begin_body(visit, "Content-Length: 900")
    while not visit.relay.wait_while(visit, 0.3):
        visit.handler.wfile.write(b"\x08")
    raise Gone


def pour(visit, piece):
    """The connection breaks before that was all; else the test shall see."""
    poured = 0
    while poured < FLOOD:
        visit.handler.wfile.write(piece)
        poured += len(piece)
    visit.did("poured to the end")
    raise Gone


@instead("flood")
def flood(visit):
    begin_body(visit, f"Content-Length: {FLOOD}")
    pour(visit, bytes(65536))


@instead("endless")
def endless(visit):
    begin_body(visit, "Transfer-Encoding: chunked")
    pour(visit, b"10000\r\n" + bytes(65536) + b"\r\n")


@instead("headers")
def headers(visit):
    visit.handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    pour(visit, b"X-Header: " + b"y" * 8180 + b"\r\n")


@instead("floods")
def _(visit):
    """One after the other."""
    (flood, endless, headers)[visit.relay.deeds["floods"] % 3](visit)


# ---- what it may say, and should not ----

@instead("busy")
def _(visit):
    visit.send(sync.response_head(sync.RETRY_LATER))


@instead("refusing")
def _(visit):
    visit.send(sync.response_head(sync.NOT_FOUND))


@instead("full")
def _(visit):
    """All can be read, nothing can be said."""
    if not visit.request.appends:
        return
    visit.send(sync.response_head(
        sync.QUOTA, visit.relay.nexts.get(visit.request.mailbox, 1)))


@instead("forgetful")
def _(visit):
    """It says that it has put what it threw away."""
    if not visit.request.appends:
        return
    first = visit.relay.nexts.get(visit.request.mailbox, 1)
    following = first + len(visit.request.appends)
    visit.send(sync.response_head(sync.OK, following,
                                  range(first, following)))


@after("lost")
def _(visit, _response):
    raise Gone


def slow(seconds):
    """Honest, with time for something to happen while a request is on its
    way, and while its answer is."""
    def rest(*_):
        time.sleep(seconds)
    return Manner("slow", instead=rest, after=rest)


def every_other_is_lost():
    turns = itertools.cycle((True, False))

    def act(visit, _response):
        if next(turns):
            visit.did("every other is lost")
            raise Gone
    return Manner("every other is lost", after=act)


# ---- what it shows ----

@after("replay")
def _(visit, response):
    """What it has answered before about this mailbox, from the first on."""
    old = visit.relay.answers[visit.request.mailbox]
    visit.send(old[visit.relay.deeds["replay"] % len(old)])
    return True


@after("another's")
def _(visit, _response):
    """What it has answered about another mailbox."""
    for mailbox, answers in visit.relay.answers.items():
        if mailbox != visit.request.mailbox:
            visit.send(answers[-1])
            return True
    return False


@after("hide")
def _(visit, response):
    hidden = bool(response.entries)
    response.entries = []
    return hidden


def another_log():
    """The next that is said is not in the log that it shows: what comes behind
    it has other numbers there."""
    left_out = {}

    def act(visit, response):
        if response.entries:
            left_out.setdefault(visit.request.mailbox,
                                response.entries[0].index)
        out = left_out.get(visit.request.mailbox)
        if out is None:
            return
        shown = [entry for entry in response.entries if entry.index != out]
        for entry in shown:
            entry.index -= entry.index > out
        response.entries = [entry for entry in shown
                            if entry.index > visit.request.after]
        response.appended = [index - (index > out)
                             for index in response.appended]
        response.next -= response.next > out
        visit.did("another log")
    return Manner("another log", after=act)


def show_more(response, blobs):
    """Behind all others, so far that no real one is hidden by them: there are
    numbers in between of which nothing comes."""
    response.next += 1000
    for blob in blobs:
        response.entries.append(sync.Entry(response.next, blob))
        response.next += 1


@after("leave out")
def _(_visit, response):
    """There is a lot before these, it says, of which nothing comes."""
    for entry in response.entries:
        entry.index += 1000
    response.next += 1000
    return True


@after("twice")
def _(visit, response):
    """Everything, and then everything again."""
    whole = [entry.blob for entry in response.entries if entry.blob]
    if whole:
        show_more(response, whole)
    return bool(whole)


@after("old ones")
def _(visit, response):
    """Behind what is new, what was long before; of other mailboxes, too."""
    if response.entries:
        show_more(response, [
            blob for blob in list(visit.relay.blobs)[:12]
            if len(blob) <= visit.request.max_blob])
    return bool(response.entries)


@after("invent")
def _(visit, response):
    show_more(response, [os.urandom(256) for _ in range(3)])
    return True


@after("flip")
def _(visit, response):
    for number, entry in enumerate(response.entries):
        if entry.blob:
            at = os.urandom(1)[0] * len(entry.blob) // 256
            entry.blob = (entry.blob[:at] +
                          bytes([entry.blob[at] ^ 1 << number % 8]) +
                          entry.blob[at + 1:])
    return bool(response.entries)


@after("exchange")
def _(visit, response):
    """Each is another mailbox's, of the same size."""
    others = [blob for blob, mailbox in visit.relay.blobs.items()
              if mailbox != visit.request.mailbox]
    for entry in response.entries:
        for blob in others:
            if entry.blob and len(entry.blob) == len(blob):
                entry.blob = blob
                others.remove(blob)
                break
        else:
            entry.blob = os.urandom(256)
            entry.stub = None
    return bool(response.entries)


@after("reorder")
def _(visit, response):
    whole = [entry for entry in response.entries if entry.blob]
    blobs = [entry.blob for entry in whole]
    for entry, blob in zip(whole, reversed(blobs)):
        entry.blob = blob
    return len(whole) > 1
