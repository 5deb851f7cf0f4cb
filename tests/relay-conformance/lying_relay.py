#!/usr/bin/env python3
"""A small relay that keeps the rules of SPEC.md section 4.5, or breaks one of
them on purpose. It forgets everything when it ends.

    lying_relay.py --name NAME [--quota BLOBS] [--lie NAME]

Listens at a free port of the loopback, and prints it.
"""
import argparse
import http.server
import random
import threading
import time

import ed25519
import sync

LIES = {
    # lie: the case that catches it
    "echoes": "own_appends_are_not_echoed",
    "echoes-repeats": "request_repeated",
    "appends-duplicates": "duplicate_keeps_its_index",
    "appends-duplicates-within": "duplicate_within_a_request",
    "ignores-expect-next": "expect_next_is_exact",
    "expects-at-least": "expect_next_is_exact",
    "races": "expect_next_in_a_race",
    "shows-late": "nothing_appears_below",
    "appends-half": "all_or_nothing",
    "forgets-an-entry": "append_and_read",
    "flips-a-bit": "append_and_read",
    "pads-blobs": "every_size",
    "counts-from-zero": "new_mailbox",
    "jumps": "indices_rise",
    "leaves-out-indices": "indices_rise",
    "one-log": "two_mailboxes",
    "refuses-wake-flag": "flags_are_accepted",
    "silent-conflict": "conflict_says_what_came",
    "expect-next-first": "duplicate_before_expect_next",
    "no-quota": "quota_is_a_status",
    "quota-first": "quota_comes_last",
    "says-no-origin": "origin_is_that_of_the_store",
    "draws-origins": "origin_is_that_of_the_store",
    "ignores-origin": "another_log_is_a_conflict",
    "waits-for-another-log": "another_log_is_a_conflict",
    "no-stubs": "stubs",
    "wrong-stub-hash": "stubs",
    "no-max-bytes": "max_bytes",
    "newest-first": "max_bytes",
    "stingy": "one_entry_at_least",
    "any-number-of-entries": "many_entries",
    "after-wraps": "after_the_end",
    "believes-anybody": "signature_covers_all",
    "forgets-to-sign-flags": "signature_covers_all",
    "tells-none-from-not-yours": "none_and_not_yours_are_alike",
    "answers-to-any-name": "another_relays_name",
    "takes-any-range": "fields_out_of_range",
    "takes-unknown-fields": "other_encodings",
    "takes-what-is-truncated": "truncated_requests",
    "chokes-on-length": "the_largest_request",
    "takes-any-length": "too_long",
    "takes-any-verb": "other_verbs_and_paths",
    "chokes-on-tokens": "token_is_clear",
    "chokes-on-wake": "subscription_is_accepted",
    "tells-nobody": "who_waits_is_told",
    "waits-too-long": "wait_ends",
    "waits-always": "no_wait_without_need",
}


class Relay:
    def __init__(self, name, quota, lie):
        self.name, self.quota, self.lie = name.encode(), quota, lie
        self.logs = {}  # mailbox -> [(index, blob)]
        self.origin = random.getrandbits(63) | 1
        self.news = threading.Condition()
        self.born = {}  # blob -> when it was appended

    def log_of(self, request):
        key = b"" if self.lie == "one-log" else request.mailbox
        return self.logs.setdefault(key, [])

    def following(self, log):
        if log:
            return log[-1][0] + (3 if self.lie == "leaves-out-indices" else 1)
        return 0 if self.lie == "counts-from-zero" else 1

    # ---- who may ----

    def is_signed(self, request):
        names = [self.name]
        if self.lie == "believes-anybody":
            return True
        if self.lie == "answers-to-any-name":
            names.append(b"another-relay.example")
        if self.lie == "forgets-to-sign-flags":
            for append in request.appends:
                append.keep = append.wake = 0
        return any(ed25519.verify(request.mailbox,
                                  sync.sync_text(request, name),
                                  request.signature) for name in names)

    def refuse(self, request):
        """Gives the status of HTTP, the body and another header."""
        there = {}
        if (self.lie == "tells-none-from-not-yours" and
                self.logs.get(request.mailbox)):
            there = {"X-Mailbox": "there"}
        return 200, sync.response_head(sync.NOT_FOUND), there

    # ---- appending ----

    def indices_there(self, request, log):
        """Of each append, the index that it has already, or None."""
        if self.lie == "appends-duplicates":
            return [None] * len(request.appends)
        there = {}
        for index, blob in log:
            there.setdefault(blob, index)
        return [there.get(append.blob) for append in request.appends]

    def is_conflict(self, request, log):
        expected, following = request.expect_next, self.following(log)
        if expected is None or self.lie == "ignores-expect-next":
            return False
        if self.lie == "expects-at-least":
            return expected < following
        return expected != following

    def status_of(self, request, log, num_new):
        full = len(log) + num_new > self.quota and self.lie != "no-quota"
        conflict = self.is_conflict(request, log)
        if self.lie == "expect-next-first" and request.appends and conflict:
            return sync.CONFLICT
        if self.lie == "quota-first" and request.appends and full:
            return sync.QUOTA
        if num_new and conflict:
            return sync.CONFLICT
        return sync.QUOTA if num_new and full else sync.OK

    def put(self, log, blob):
        index = self.following(log) + (self.lie == "jumps")
        if self.lie == "pads-blobs" and len(blob) == 8192:
            blob += blob
        log.append((index, blob))
        self.born[blob] = time.monotonic()
        return index

    def append(self, request, log):
        """Gives status and indices."""
        indices = self.indices_there(request, log)
        num_new = len({a.blob for a, i in zip(request.appends, indices)
                       if i is None})
        status = self.status_of(request, log, num_new)
        if self.lie == "races" and request.expect_next is not None:
            self.news.release()
            time.sleep(0.05)
            self.news.acquire()
        if self.lie == "appends-half" and status == sync.CONFLICT:
            self.put(log, request.appends[0].blob)
        if status != sync.OK:
            return status, []
        fresh = {}
        for i, append in enumerate(request.appends):
            if indices[i] is not None:
                continue
            if (append.blob not in fresh or
                    self.lie in ("appends-duplicates",
                                 "appends-duplicates-within")):
                fresh[append.blob] = self.put(log, append.blob)
            indices[i] = fresh[append.blob]
        if fresh and self.lie != "tells-nobody":
            self.news.notify_all()
        return status, indices

    # ---- reading ----

    def chosen(self, request, log, own):
        entries = [(i, b) for i, b in log if i > request.after]
        if self.lie == "after-wraps" and request.after >= 1 << 63:
            entries = [(i, b) for i, b in log]
        if self.lie != "echoes":
            entries = [(i, b) for i, b in entries if i not in own]
        if self.lie == "shows-late":
            entries = [(i, b) for i, b in entries if i % 3 or
                       time.monotonic() > self.born[b] + 0.2]
        if self.lie == "forgets-an-entry":
            entries = [(i, b) for i, b in entries if i != 2]
        if self.lie == "flips-a-bit":
            entries = [(i, b[:9] + bytes([b[9] ^ (i == 3)]) + b[10:])
                       for i, b in entries]
        return entries

    def encoded(self, request, entry):
        index, blob = entry
        max_blob = request.max_blob
        if self.lie == "no-stubs":
            max_blob = 16384
        field = sync.entry_field(index, blob, max_blob)
        if self.lie == "wrong-stub-hash" and len(blob) > max_blob:
            field = field[:-1] + bytes([field[-1] ^ 1])
        return field

    def respond(self, request, log, status, indices, own):
        head = sync.response_head(status, self.following(log), indices,
                                  self.told_origin())
        entries = self.chosen(request, log, own)
        if self.lie == "silent-conflict" and status == sync.CONFLICT:
            entries = []
        fields = [self.encoded(request, entry) for entry in entries]
        if self.lie != "any-number-of-entries":
            fields = fields[:256]
        if self.lie == "newest-first":
            fields = fields[-6:]
        least = 0 if self.lie == "stingy" else 1
        while (len(fields) > least and self.lie != "no-max-bytes" and
               len(head) + sum(map(len, fields)) +
               (300 if self.lie == "stingy" else 0) > request.max_bytes):
            fields.pop()
        return head + b"".join(fields)

    def told_origin(self):
        if self.lie == "draws-origins":
            return random.getrandbits(63) | 1
        return 0 if self.lie == "says-no-origin" else self.origin

    # ---- a request ----

    def is_other_log(self, request):
        return (request.origin not in (0, self.origin) and
                self.lie not in ("ignores-origin", "draws-origins"))

    def wait(self, request, log):
        """Until something comes or the time is over."""
        ms = request.wait_ms
        if self.lie == "waits-too-long" and ms:
            time.sleep(ms / 1000 + 4)
            return
        if self.lie == "waits-always":
            time.sleep(ms / 1000)
            return
        if not request.appends and not self.chosen(request, log, []):
            self.news.wait_for(lambda: self.chosen(request, log, []),
                               ms / 1000)

    def answer(self, body):
        """Gives the status of HTTP and the body."""
        taken = {"takes-any-range": "range",
                 "takes-what-is-truncated": "truncated"}.get(self.lie)
        try:
            request = sync.read_request(body,
                                        self.lie == "takes-unknown-fields")
        except sync.Malformed as error:
            if str(error) == taken:
                return 200, sync.response_head(sync.NOT_FOUND)
            return 400, sync.response_head(sync.BAD_REQUEST)
        if self.lie == "chokes-on-tokens" and request.token:
            return 400, sync.response_head(sync.BAD_REQUEST)
        if self.lie == "chokes-on-wake" and request.wake:
            return 500, b""
        if (self.lie == "refuses-wake-flag" and
                any(append.wake for append in request.appends)):
            return 400, sync.response_head(sync.BAD_REQUEST)
        if not self.is_signed(request):
            return self.refuse(request)
        with self.news:
            log = self.log_of(request)
            if self.is_other_log(request):
                if self.lie == "waits-for-another-log":
                    time.sleep(request.wait_ms / 1000)
                return 200, sync.response_head(
                    sync.CONFLICT, self.following(log), (), self.told_origin())
            before = {index for index, _ in log}
            status, indices = self.append(request, log)
            own = set(indices)
            if self.lie == "echoes-repeats":
                own -= before
            self.wait(request, log)
            return 200, self.respond(request, log, status, indices, own)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    relay = None

    def send(self, status, body, headers=None):
        self.send_response(status)
        self.send_header("Content-Type", "application/octet-stream" if
                         status in (200, 400) else "text/plain")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        any_length = self.relay.lie == "takes-any-length"
        most = 100000 if self.relay.lie == "chokes-on-length" else 132448
        if length > most and not any_length:
            self.close_connection = True
            return self.send(413, b"")
        body = self.rfile.read(length)
        if self.relay.lie == "takes-any-verb":
            self.path = "/v1/sync"
        if self.path != "/v1/sync" or self.command != "POST":
            return self.send(404 if self.path != "/v1/sync" else 405, b"")
        if length > most:
            return self.send(200, b"")
        return self.send(*self.relay.answer(body))

    def do_GET(self):
        if self.relay.lie == "takes-any-verb":
            return self.send(200, b"")
        return self.do_POST()

    do_PUT = do_DELETE = do_HEAD = do_GET

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--name", required=True)
    parser.add_argument("--quota", type=int, default=65536)
    parser.add_argument("--lie", choices=sorted(LIES))
    options = parser.parse_args()
    Handler.relay = Relay(options.name, options.quota, options.lie)
    server = Server(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
