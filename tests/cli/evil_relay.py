"""A relay that nobody should trust, before an honest one: it passes requests
on, and does with the answers, or instead of them, what it was told. What it
can be told is in manners.py.

It looks at no signature: that is the honest one's business. It knows whose
device asks, as nobody but a test does: by the process at the other end of the
connection.
"""
import collections
import http.client
import http.server
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..",
                                "relay-conformance"))
import sync  # noqa: E402

ANYBODY = None


def socket_at(port, to_port):
    """The inode of the client's end of a connection over the loopback."""
    ends = [f"0100007F:{port:04X}", f"0100007F:{to_port:04X}"]
    with open("/proc/net/tcp", encoding="ascii") as table:
        for fields in map(str.split, table):
            if fields[1:3] == ends and fields[9] != "0":
                return fields[9]
    return None


def home_of_socket(inode):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
            if b"--home" not in words:
                continue
            for name in os.listdir(f"/proc/{pid}/fd"):
                if (os.readlink(f"/proc/{pid}/fd/{name}") ==
                        f"socket:[{inode}]"):
                    home = words[words.index(b"--home") + 1]
                    return os.path.basename(home.decode())
        except OSError:
            pass  # it has ended
    return None


class Gone(Exception):
    """The connection is to be closed now."""


class Visit:
    """A request, and how it is answered."""

    def __init__(self, handler, body):
        self.handler, self.relay, self.body = handler, handler.relay, body
        self.request = sync.read_request(body)
        self.asker = handler.asker()
        self.given = False

    def did(self, what):
        """Something evil, for the test to see."""
        self.relay.deeds[what] += 1
        self.relay.treated.setdefault(self.asker,
                                      self.relay.visits[self.asker])

    @property
    def manner(self):
        return self.relay.manner_of(self.asker)

    def pass_on(self):
        """The honest relay's response, or what else it says."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.relay.honest_port, timeout=400)
        try:
            connection.request("POST", "/v1/sync", self.body, {
                "Content-Type": "application/octet-stream"})
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Gone from error
        finally:
            connection.close()
        if answer.status != 200:
            self.send(body, answer.status)
            return None
        response = sync.read_response(body)
        self.relay.remember(self.request, response, body)
        return response

    def send(self, body, status=200, kind="application/octet-stream",
             **headers):
        handler = self.handler
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)
        self.given = True


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    relay = None
    home = None

    def asker(self):
        if self.home is None:
            self.home = home_of_socket(socket_at(self.client_address[1],
                                                 self.relay.port))
        return self.home

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        visit = Visit(self, body)
        self.relay.visits[visit.asker] += 1
        try:
            if visit.manner.instead:
                visit.manner.instead(visit)
            if not visit.given:
                response = visit.pass_on()
                # It may have been told something else meanwhile.
                if response is not None and visit.manner.after:
                    visit.manner.after(visit, response)
                if response is not None and not visit.given:
                    visit.send(response.encoded())
        except (Gone, OSError):
            self.close_connection = True

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Manner:
    """What it does instead of asking the honest relay, and with what that
    one answered."""

    def __init__(self, name, instead=None, after=None):
        self.name, self.instead, self.after = name, instead, after

    def __repr__(self):
        return self.name


HONEST = Manner("honest")


class EvilRelay:
    def __init__(self, honest_port):
        self.honest_port = honest_port
        self.manners = {ANYBODY: HONEST}
        self.deeds = collections.Counter()  # by the manner's name
        self.visits = collections.Counter()  # by the asker
        self.treated = {}  # by the asker: the first visit that was affected
        self.answers = collections.defaultdict(list)  # by mailbox
        self.blobs = {}  # blob -> mailbox
        self.nexts = {}  # mailbox -> the next index
        self.changed = threading.Condition()
        self.server = Server(("127.0.0.1", 0), type(
            "Handler", (Handler,), {"relay": self}))
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,),
                         daemon=True).start()

    def close(self):
        self.behave(HONEST)
        self.server.shutdown()
        self.server.server_close()

    def behave(self, manner, *askers):
        """From now on, toward these, or toward anybody; who is left waiting
        is sent away."""
        with self.changed:
            if askers:
                self.manners.update({asker: manner for asker in askers})
            else:
                self.manners = {ANYBODY: manner}
            self.treated.clear()
            self.changed.notify_all()

    def manner_of(self, asker):
        return self.manners.get(asker, self.manners[ANYBODY])

    def has_come_again(self, asker):
        """Who was treated badly: that answer was taken, or not."""
        return self.visits[asker] > self.treated.get(asker, 1 << 32)

    def wait_while(self, visit, seconds=None):
        """Until it is told something else toward the visitor."""
        manner = visit.manner
        with self.changed:
            return self.changed.wait_for(lambda: visit.manner is not manner,
                                         seconds)

    def forget(self):
        with self.changed:
            self.nexts.clear()
            self.answers.clear()
            self.blobs.clear()

    def remember(self, request, response, body):
        with self.changed:
            self.nexts[request.mailbox] = response.next
            self.answers[request.mailbox].append(body)
            for append in request.appends:
                self.blobs.setdefault(append.blob, request.mailbox)
            for entry in response.entries:
                if entry.blob:
                    self.blobs.setdefault(entry.blob, request.mailbox)


class Trap(http.server.ThreadingHTTPServer):
    """Where nobody should ever ask."""
    daemon_threads = True

    def __init__(self):
        self.hits = []
        hits = self.hits

        class Ears(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                hits.append(self.requestline)
                self.send_response(200)
                self.end_headers()

            do_POST = do_PUT = do_HEAD = do_GET

            def log_message(self, *_):
                pass
        super().__init__(("127.0.0.1", 0), Ears)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, args=(0.05,),
                         daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()
