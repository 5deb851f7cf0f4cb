"""Payloads: bytes to words and back (SPEC.md chapter 3). Fields come from
lib/content/covey.proto, words are those of tests/vectors/own/contents.json.
"""
import pathlib

import crypto
import document
import location
from location import is_time, within
from proto import Schema
from wire import need

PROTO = pathlib.Path(__file__).parents[3] / "lib/content/covey.proto"
SCHEMA = Schema(PROTO.read_text(), open_messages=("Body", "Command"))
KINDS = {field.name: number
         for number, field in SCHEMA.messages["Body"].items()}
ACTS = {field.name: number - 2
        for number, field in SCHEMA.messages["Command"].items()
        if field.oneof}
NAMES = {number: name for name, number in KINDS.items()}
ACT_NAMES = {number: name for name, number in ACTS.items()}
LARGEST, TEXT, RANGES, ENTRIES = 8080, 4096, 16, 12
U64 = 2**64 - 1


def id16(value):
    need(len(value) == 16, "MALFORMED", "not 16 bytes")
    return value.hex()


def id32(value):
    need(len(value) == 32, "MALFORMED", "not 32 bytes")
    return value.hex()


def read_reference(reference):
    need(reference["counter"], "MALFORMED", "counter 0")
    return {"sender": id16(reference["sender"]),
            "counter": str(reference["counter"]),
            "incarnation": reference["incarnation"]}


def write_reference(words):
    return {"sender": bytes.fromhex(words["sender"]),
            "counter": int(words["counter"]),
            "incarnation": words["incarnation"]}


def read_location(content, sent_ms):
    words = {"fixes": location.read_fixes(content, sent_ms)}
    if "scan" in content:
        words["scan"] = location.read_scan(content["scan"], sent_ms)
    if "answer_to" in content:
        words["answer_to"] = read_reference(content["answer_to"])
    need(words["fixes"] or "scan" in words, "MALFORMED", "no location")
    return words


def write_location(words, sent_ms):
    content = location.write_fixes(words["fixes"], sent_ms)
    if "scan" in words:
        content["scan"] = location.write_scan(words["scan"], sent_ms)
    if "answer_to" in words:
        content["answer_to"] = write_reference(words["answer_to"])
    return content


# ---- status

OF_STATUS = ("charging", "worn", "paused_until_ms", "limit")


def read_status(content, sent_ms):
    words = dict({name: 0 for name in OF_STATUS}, documents=[])
    words.update(content)
    if "battery_percent" in content:
        within(content["battery_percent"], 0, 100, "battery")
    if "signal_dbm" in content:
        within(content["signal_dbm"], -150, 0, "signal")
    if "firmware" in content:
        firmware = content["firmware"]
        need(1 <= len(firmware) <= 32 and
             all(0x21 <= c <= 0x7e for c in firmware), "MALFORMED",
             "firmware")
        words["firmware"] = firmware.decode()
    if "paused_until_ms" in content:
        is_time(content["paused_until_ms"])
    need(("silent" in content) == (words["limit"] == 2), "MALFORMED",
         "silent")
    if "silent" in content:
        words["silent"] = id16(content["silent"])
    kinds = [d["kind"] for d in words["documents"]]
    need(len(kinds) <= 8 and kinds == sorted(set(kinds)) and
         all(1 <= kind <= 255 for kind in kinds), "MALFORMED", "documents")
    return words


def write_status(words, sent_ms):
    content = {name: value for name, value in words.items()
               if value != 0 and value != [] or name in
               ("battery_percent", "signal_dbm")}
    if "firmware" in words:
        content["firmware"] = words["firmware"].encode()
    if "silent" in words:
        content["silent"] = bytes.fromhex(words["silent"])
    return content


# ---- messages

def read_text(content, sent_ms):
    return {"text": document.is_text(content["text"], TEXT, lines=True)}


def write_text(words, sent_ms):
    return {"text": words["text"].encode()}


def read_attachment(content, sent_ms):
    voice, picture = content.get("voice"), content.get("picture", {})
    words = {"media": 1 if voice else 2,
             "duration_ms": voice["duration_ms"] if voice else 0,
             "width": picture.get("width", 0),
             "height": picture.get("height", 0),
             "size": content["size"], "chunk_size": content["chunk_size"]}
    within(words["size"], 1, 8388608, "size")
    within(words["chunk_size"], 128, 16000, "chunk_size")
    if voice:
        within(words["duration_ms"], 1, 600000, "duration")
    else:
        within(words["width"], 1, 8192, "width")
        within(words["height"], 1, 8192, "height")
    for name in "sha256", "mailbox_seed", "key":
        words[name] = id32(content[name])
    return words


def write_attachment(words, sent_ms):
    content = {name: bytes.fromhex(words[name])
               for name in ("sha256", "mailbox_seed", "key")}
    content.update(size=words["size"], chunk_size=words["chunk_size"])
    if words["media"] == 1:
        content["voice"] = {"duration_ms": words["duration_ms"]}
    else:
        content["picture"] = {"width": words["width"],
                              "height": words["height"]}
    return content


def read_receipt(content, sent_ms):
    numbers, ranges, least = content.get("ranges", []), [], 0
    need(len(numbers) % 2 == 0 and 1 <= len(numbers) // 2 <= RANGES,
         "MALFORMED", "ranges")
    for gap, more in zip(numbers[::2], numbers[1::2]):
        first = least + gap
        last = first + more
        need(0 < first and last <= U64, "MALFORMED", "a range")
        ranges.append({"first": str(first), "last": str(last)})
        least = last + 2
    return {"kind": content["kind"], "sender": id16(content["sender"]),
            "incarnation": content["incarnation"], "ranges": ranges}


def write_receipt(words, sent_ms):
    numbers, least = [], 0
    for one in words["ranges"]:
        first, last = int(one["first"]), int(one["last"])
        numbers += [first - least, last - first]
        least = last + 2
    return dict(words, sender=bytes.fromhex(words["sender"]), ranges=numbers)


def read_sos(content, sent_ms):
    words = dict(content, id=str(content["id"]))
    if "where" in content:
        where = read_location(content["where"], sent_ms)
        need(len(where["fixes"]) <= 1 and "answer_to" not in where,
             "MALFORMED", "where")
        words["where"] = where
    return words


def write_sos(words, sent_ms):
    content = dict(words, id=int(words["id"]))
    if "where" in words:
        content["where"] = write_location(words["where"], sent_ms)
    return content


def read_sos_ack(content, sent_ms):
    return dict(content, id=str(content["id"]))


def write_sos_ack(words, sent_ms):
    return dict(words, id=int(words["id"]))


# ---- commands

def read_document_name(content):
    within(content["kind"], 1, 255, "kind of a document")
    need(content["version"], "MALFORMED", "version 0")
    return {"document": content["kind"], "version": content["version"],
            "hash": id16(content["hash"])}


def read_command(content, sent_ms):
    is_time(content["not_after_ms"])
    words = {"target": id16(content["target"]),
             "not_after_ms": content["not_after_ms"]}
    if "unknown" in content:
        return dict(words, kind=0, unknown=content["unknown"] - 2)
    act = next(name for name in ACTS if name in content)
    words["kind"], arguments = ACTS[act], content[act]
    if act == "set_policy":
        return dict(words, **read_document_name(arguments))
    if act == "read_message":
        return dict(words, message=read_reference(arguments["message"]))
    if "duration_s" in arguments:
        within(arguments["duration_s"], 1, 300, "duration")
    return dict(words, **arguments)


def write_command(words, sent_ms):
    content = {"target": bytes.fromhex(words["target"]),
               "not_after_ms": words["not_after_ms"]}
    act, arguments = ACT_NAMES[words["kind"]], {}
    if act == "set_policy":
        arguments = {"kind": words["document"], "version": words["version"],
                     "hash": bytes.fromhex(words["hash"])}
    elif act == "read_message":
        arguments = {"message": write_reference(words["message"])}
    elif "duration_s" in words:
        arguments = {"duration_s": words["duration_s"]}
    return dict(content, **{act: arguments})


def read_command_receipt(content, sent_ms):
    outcome = content["outcome"]
    need(("reason" in content) == (outcome == 2), "MALFORMED", "reason")
    answer = content.get("answer_counter")
    need(answer is None or answer and outcome == 1, "MALFORMED", "answer")
    words = {"command": read_reference(content["command"]),
             "outcome": outcome, "reason": content.get("reason", 0)}
    return dict(words, answer=str(answer)) if answer else words


def write_command_receipt(words, sent_ms):
    content = {"command": write_reference(words["command"]),
               "outcome": words["outcome"]}
    if words["outcome"] == 2:
        content["reason"] = words["reason"]
    if "answer" in words:
        content["answer_counter"] = int(words["answer"])
    return content


# ---- of devices

def read_boot(content, sent_ms):
    return {"nonce": id16(content["nonce"])}


def read_joined(content, sent_ms):
    return {"member": id16(content["member"]),
            "authenticator": id32(content["authenticator"])}


def write_hex(words, sent_ms):
    return {name: bytes.fromhex(value) for name, value in words.items()}


def read_pause(content, sent_ms):
    within(content["until_ms"], 0, location.LAST_TIME, "until")
    return content


def write_pause(words, sent_ms):
    return words


def read_document(content, sent_ms):
    return document.read(content)


def write_document(words, sent_ms):
    return document.write(words)


# ---- notices and the access log

def read_notice(content, sent_ms):
    need(content["kind"], "MALFORMED", "kind 0")
    words = {"kind": content["kind"], "subject": id16(content["subject"]),
             "by": id16(content["by"])}
    if "about" in content:
        words["about"] = read_reference(content["about"])
    if "document" in content:
        within(content["document"]["kind"], 1, 255, "kind of a document")
        words["document"] = content["document"]
    return words


def write_notice(words, sent_ms):
    content = dict(words, subject=bytes.fromhex(words["subject"]),
                   by=bytes.fromhex(words["by"]))
    if "about" in words:
        content["about"] = write_reference(words["about"])
    return content


def read_entry(entry):
    need(entry["what"], "MALFORMED", "what 0")
    within(entry["time_ms"], 0, location.LAST_TIME, "time")
    within(entry["detail"], 0, 255, "detail")
    need(("counter" in entry) == ("incarnation" in entry) and
         entry.get("counter") != 0, "MALFORMED", "a payload's id")
    words = dict(entry, who=id16(entry["who"]))
    if "subject" in entry:
        words["subject"] = id16(entry["subject"])
    if "counter" in entry:
        words["counter"] = str(entry["counter"])
    return words


def write_entry(words):
    entry = dict(words, who=bytes.fromhex(words["who"]))
    if "subject" in words:
        entry["subject"] = bytes.fromhex(words["subject"])
    if "counter" in words:
        entry["counter"] = int(words["counter"])
    return entry


def read_access_log(content, sent_ms):
    entries = content.get("entries", [])
    need(1 <= len(entries) <= ENTRIES and content["first"] <= 2**64 - 13,
         "MALFORMED", "entries")
    return {"first": str(content["first"]), "before": id32(content["before"]),
            "entries": [read_entry(entry) for entry in entries]}


def write_access_log(words, sent_ms):
    return {"first": int(words["first"]),
            "before": bytes.fromhex(words["before"]),
            "entries": [write_entry(entry) for entry in words["entries"]]}


def chain_after(words):
    chain = bytes.fromhex(words["before"])
    for entry in words["entries"]:
        chain = crypto.sha256(
            b"covey access 1" + chain +
            SCHEMA.encode("AccessEntry", write_entry(entry)))
    return chain


def document_hash(words):
    return crypto.sha256(SCHEMA.encode("Document",
                                       document.write(words)))[:16]


# ---- the payload

HERE = globals()
READ = {name: HERE["read_" + name] for name in KINDS}
WRITE = {name: HERE.get("write_" + name, write_hex) for name in KINDS}


def read_body(payload, words):
    if "sealed" in payload:
        sealed = payload["sealed"]
        need(sealed["audience"] and 1 <= len(sealed["key_id"]) <= 16 and
             sealed["ciphertext"], "MALFORMED", "sealed")
        return dict(words, kind=-1, content={
            "audience_id": sealed["audience"],
            "key_id": sealed["key_id"].hex(),
            "ciphertext": sealed["ciphertext"].hex()})
    body = payload["clear"]
    if "unknown" in body:
        return dict(words, kind=0, content={"unknown": body["unknown"]})
    name = next(iter(body))
    return dict(words, kind=KINDS[name],
                content=READ[name](body[name], payload["sent_ms"]))


def decode(data):
    need(len(data) <= LARGEST, "MALFORMED", "too large")
    payload = SCHEMA.decode("Payload", data)
    need(payload["counter"], "MALFORMED", "counter 0")
    within(payload["sent_ms"], 0, location.LAST_TIME, "sent")
    words = {name: payload[name]
             for name in ("incarnation", "sent_ms", "seen_count")}
    words["counter"] = str(payload["counter"])
    words["seen_chain"] = id16(payload["seen_chain"])
    return read_body(payload, words)


def encode(words):
    payload = {"counter": int(words["counter"]),
               "seen_chain": bytes.fromhex(words["seen_chain"])}
    for name in "incarnation", "sent_ms", "seen_count":
        payload[name] = words[name]
    content = words["content"]
    if words["kind"] == -1:
        payload["sealed"] = {
            "audience": content["audience_id"],
            "key_id": bytes.fromhex(content["key_id"]),
            "ciphertext": bytes.fromhex(content["ciphertext"])}
    else:
        name = NAMES[words["kind"]]
        payload["clear"] = {name: WRITE[name](content, words["sent_ms"])}
    return SCHEMA.encode("Payload", payload)
