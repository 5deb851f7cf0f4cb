"""Sync: requests, answers and what is signed (SPEC.md 4.5)."""
import crypto
from mailbox import SIZES
from proto import Schema
from wire import need, optional, u32, u64, u8, vector

SCHEMA = Schema("""
message Request  { required bytes mailbox = 1; repeated Append append = 2;
                   optional uint64 expect_next = 3; required uint64 after = 4;
                   required uint32 max_bytes = 5;
                   required uint32 max_blob = 6; required uint32 wait_ms = 7;
                   optional Wake wake = 8; optional bytes token = 9;
                   optional uint64 origin = 10;
                   required bytes signature = 11; }
message Append   { required bytes blob = 1; required bool keep = 2;
                   required bool wake = 3; }
message Wake     { required bytes sealed_endpoint = 1;
                   required uint32 expiry_s = 2; }
message Response { required uint32 status = 1; required uint64 next = 2;
                   optional uint64 origin = 3;
                   repeated uint64 appended = 4 [packed = true];
                   repeated Entry entries = 5; }
message Entry    { required uint64 index = 1;
                   oneof what { bytes blob = 2; Stub stub = 3; } }
message Stub     { required uint32 length = 1; required bytes sha256 = 2; }
""")
OK, BAD, TOO_LARGE, RETRY, NOT_FOUND, CONFLICT, QUOTA = range(1, 8)
APPENDS, ENTRIES, ANSWER, WAIT = 8, 256, 128, 300000
ENDPOINT, EXPIRY, TOKEN = 512, 1209600, 512


# ---- requests

def check_request(r):
    appends, wake = r.get("append", []), r.get("wake")
    for condition, why in (
            (len(r["mailbox"]) == 32, "mailbox"),
            (len(r["signature"]) == 64, "signature"),
            (len(appends) <= APPENDS and
             all(len(a["blob"]) in SIZES for a in appends), "blobs"),
            (r["max_blob"] in SIZES, "max_blob"),
            (r["max_bytes"] >= r["max_blob"] + ANSWER, "max_bytes"),
            (r["wait_ms"] <= WAIT, "wait"),
            (wake is None or 1 <= len(wake["sealed_endpoint"]) <= ENDPOINT,
             "endpoint"),
            (wake is None or wake["expiry_s"] <= EXPIRY, "expiry"),
            ("token" not in r or 1 <= len(r["token"]) <= TOKEN, "token"),
            (r.get("origin") != 0, "origin")):
        need(condition, "MALFORMED", why)


def decode_request(data):
    request = SCHEMA.decode("Request", data)
    check_request(request)
    return request


def encode_request(request):
    return SCHEMA.encode("Request", request)


def text(relay, r):
    """SyncText: what the mailbox's key signs."""
    appends = b"".join(
        u32(len(a["blob"])) + u8(a["keep"] | a["wake"] << 1) +
        crypto.sha256(a["blob"]) for a in r.get("append", []))
    expected, wake = r.get("expect_next"), r.get("wake")
    return (vector(b"covey sync 1") + vector(relay) + r["mailbox"] +
            vector(appends) +
            optional(None if expected is None else u64(expected)) +
            u64(r["after"]) + u32(r["max_bytes"]) + u32(r["max_blob"]) +
            u32(r["wait_ms"]) +
            optional(wake and vector(wake["sealed_endpoint"]) +
                     u32(wake["expiry_s"])) +
            vector(r.get("token", b"")) + u64(r.get("origin", 0)))


# ---- answers

def decode_response(data):
    r = SCHEMA.decode("Response", data)
    status, follows = r["status"], r["next"]
    appended, entries = r.get("appended", []), r.get("entries", [])
    need(OK <= status <= QUOTA, "MALFORMED", "status")
    has_log = status in (OK, CONFLICT, QUOTA)
    need((follows != 0) == has_log, "MALFORMED", "next")
    need(has_log or not entries, "MALFORMED", "entries")
    need(r.get("origin") != 0, "MALFORMED", "origin")
    need(has_log or "origin" not in r, "MALFORMED", "origin")
    need(status == OK or not appended, "MALFORMED", "appended")
    need(len(entries) <= ENTRIES and len(appended) <= APPENDS, "MALFORMED",
         "too many")
    need(all(0 < index < follows for index in
             appended + [e["index"] for e in entries]), "MALFORMED", "index")
    indices = [e["index"] for e in entries]
    need(indices == sorted(set(indices)), "MALFORMED", "order of entries")
    for entry in entries:
        stub = entry.get("stub", {"sha256": bytes(32)})
        length = len(entry["blob"]) if "blob" in entry else stub["length"]
        need(length in SIZES and len(stub["sha256"]) == 32, "MALFORMED",
             "size of an entry")
    return r


def encode_response(response):
    return SCHEMA.encode("Response", response)


def check_answer(request, response):
    """What a client refuses of an answer to its own request."""
    appends = request.get("append", [])
    known, origin = request.get("origin"), response.get("origin")
    is_other = bool(known and origin and known != origin)
    need(response["status"] != OK or not is_other, "MALFORMED", "origin")
    if response["status"] == OK:
        need(len(response.get("appended", [])) == len(appends), "MALFORMED")
    for entry in response.get("entries", []):
        need(entry["index"] > request["after"], "MALFORMED", "old")
        length = len(entry["blob"]) if "blob" in entry \
            else entry["stub"]["length"]
        need(("blob" in entry) == (length <= request["max_blob"]),
             "MALFORMED", "blob or stub")
    if response["status"] == CONFLICT and not is_other:
        need(appends and request.get("expect_next") is not None and
             response["next"] != request["expect_next"], "MALFORMED")
    need(response["status"] != QUOTA or appends, "MALFORMED", "quota")


# ---- in the words of tests/vectors/own/sync.json

def request_of_words(words):
    found = {name: int(words[name]) for name in
             ("expect_next", "after", "max_bytes", "max_blob", "wait_ms",
              "origin") if name in words}
    found["mailbox"] = bytes.fromhex(words["mailbox"])
    if words["append"]:
        found["append"] = [dict(a, blob=bytes.fromhex(a["blob"]))
                           for a in words["append"]]
    if words["token"]:
        found["token"] = bytes.fromhex(words["token"])
    if "sealed_endpoint" in words:
        found["wake"] = {
            "sealed_endpoint": bytes.fromhex(words["sealed_endpoint"]),
            "expiry_s": words["expiry_s"]}
    return found


def response_of_words(words):
    found = {"status": words["status"], "next": int(words["next"])}
    if "origin" in words:
        found["origin"] = int(words["origin"])
    if words["appended"]:
        found["appended"] = words["appended"]
    if words["entries"]:
        found["entries"] = [entry_of_words(e) for e in words["entries"]]
    return found


def entry_of_words(words):
    if "blob" in words:
        return {"index": words["index"],
                "blob": bytes.fromhex(words["blob"])}
    return {"index": words["index"],
            "stub": {"length": words["length"],
                     "sha256": bytes.fromhex(words["sha256"])}}
