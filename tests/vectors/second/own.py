"""One check for each file of tests/vectors/own. What is refused has to be
refused for the reason that the file gives."""
from types import SimpleNamespace as Object

import attachment
import content
import crypto
import group
import invite
import mailbox
import message
import roster
import session
import store
import sync
from reasons import REASONS
from session import same
from wire import Refused

ERRORS = {"contents.json": "MALFORMED", "roster.json": "ROSTER",
          "invite.json": "INVITE", "sync.json": "MALFORMED",
          "attachment.json": "AUTH"}


def refused(file, case, read):
    reason = REASONS[file][case["why"]]
    try:
        read()
    except Refused as error:
        name = case.get("error", ERRORS.get(file))
        same(str(error), f"{name}: {reason}", case["why"])
    else:
        raise AssertionError(f"{file}: taken, with {case['why']}")


def check_contents(words):
    for case in words["valid"]:
        encoding = bytes.fromhex(case["encoding"])
        payload = content.decode(encoding)
        same(payload, case["payload"], case["name"])
        same(content.encode(case["payload"]), encoding, case["name"])
        kind = content.NAMES.get(payload["kind"], "sealed")
        same(case["name"].split()[0], kind, "name of a case")
        if "document_hash" in case:
            same(content.document_hash(payload["content"]).hex(),
                 case["document_hash"], "hash of a document")
        if "chain_after" in case:
            same(content.chain_after(payload["content"]).hex(),
                 case["chain_after"], "access chain")
    for case in words["of_later_versions"]:
        same(content.decode(bytes.fromhex(case["encoding"])),
             case["payload"], "of a later version")
    for case in words["refused"]:
        refused("contents.json", case, lambda: content.decode(
            bytes.fromhex(case["encoding"])))
    return sum(map(len, words.values()))


def check_roster(words):
    for case in words["valid"]:
        data = bytes.fromhex(case["data"])
        found = roster.decode(data)
        same(roster.encode(found), data, case["name"])
        same(roster.words(found), {name: value for name, value in
                                   case.items() if name not in
                                   ("name", "data", "extensions")}, "words")
        same(roster.encode(roster.of_words(case)), data, "from words")
        same(roster.extension(data).hex(), case["extensions"], "extensions")
    for case in words["refused"]:
        refused("roster.json", case, lambda: roster.decode(
            bytes.fromhex(case["data"])))
    return sum(map(len, words.values()))


def check_invite(words):
    for case in words["invites"]:
        one = invite.read_uri(case["uri"])
        same(vars(invite.read_uri(case["uri"].lower())), vars(one), "case")
        same(invite.encode_uri(one), case["uri"], "uri")
        same((one.role, one.secret.hex(), one.key_hash.hex(), one.relay),
             tuple(case[name] for name in
                   ("role", "secret", "key_hash", "relay")), "invite")
        same(invite.key_hash(bytes.fromhex(case["signature_key"])),
             one.key_hash, "hash of a key")
        same(invite.derive(one.secret, b"mailbox").hex(),
             case["mailbox_seed"], "seed")
        for sealed in case["sealed"]:
            key = invite.derive(one.secret, sealed["way"].encode())
            blob = bytes.fromhex(sealed["sealed"])
            text = invite.open_sealed(key, blob)
            same(text.hex(), sealed["message"], "message")
            same(invite.seal(key, bytes.fromhex(sealed["nonce"]), text),
                 blob, "sealed")
    for case in words["refused"]:
        refused("invite.json", case, lambda: invite.read_uri(case["uri"]))
    return sum(map(len, words.values()))


def check_numbers(words):
    for case in words:
        exported = invite.export_digits(
            bytes.fromhex(case["exporter_secret"]))
        same(exported.hex(), case["exported"], "exported")
        same(invite.digits(exported), case["digits"], "digits")
        same(invite.safety_number(
            bytes.fromhex(case["epoch_authenticator"])),
            case["safety_number"], "safety number")
    return len(words)


def check_mailbox(words):
    for case in words:
        seed, text = (bytes.fromhex(case[name]) for name in ("seed", "text"))
        same(mailbox.address(seed).hex(), case["address"], "address")
        signature = crypto.sign(seed, text)
        same(signature.hex(), case["signature"], "signature")
        crypto.verify(bytes.fromhex(case["address"]), text, signature)
    return len(words)


def check_signatures(words):
    for case in words:
        key, text, signature = (bytes.fromhex(case[name]) for name in
                                ("key", "text", "signature"))
        try:
            crypto.verify(key, text, signature)
            verifies = True
        except Refused as error:
            same(error.name, "AUTH", case["why"])
            verifies = False
        same(verifies, case["verifies"], case["why"])
    return len(words)


def check_blobs(words):
    key = bytes.fromhex(words["handshake_key"])
    context = Object(group_id=bytes.fromhex(words["group_id"]),
                     epoch=words["epoch"])
    envelope = group.Envelope(context,
                              bytes.fromhex(words["sender_data_secret"]))
    for case in words["blobs"]:
        blob = bytes.fromhex(case["blob"])
        m, header, bundled = mailbox.open_blob(envelope, key, blob)
        same(session.NAMES[m.type], case["kind"], "kind")
        same(message.private_message(m).hex(), case["message"], "message")
        m = session.whole(bytes.fromhex(case["message"]),
                          message.read_private_message)
        same(mailbox.blob_of(m, bundled), blob, "blob")
        if header:
            same((header.seen_count, header.seen_chain.hex(),
                  [b.hex() for b in bundled]),
                 tuple(case[name] for name in
                       ("seen_count", "seen_chain", "bundled")), "header")
            same(mailbox.seal_header(key, blob[:12], header), blob[:64],
                 "header sealed")
    return len(words["blobs"])


def check_refused(words):
    key = bytes.fromhex(words["epoch"]["handshake_key"])
    context = Object(group_id=bytes.fromhex(words["epoch"]["group_id"]),
                     epoch=words["epoch"]["epoch"])
    envelope = group.Envelope(
        context, bytes.fromhex(words["epoch"]["sender_data_secret"]))
    for case in words["epoch"]["blobs"]:
        refused("refused.json", case, lambda: mailbox.open_blob(
            envelope, key, bytes.fromhex(case["blob"])))
    key = invite.derive(bytes.fromhex(words["invite"]["secret"]), b"welcome")
    for case in words["invite"]["sealed"]:
        refused("refused.json", case, lambda: invite.open_sealed(
            key, bytes.fromhex(case["blob"])))
    return len(words["epoch"]["blobs"]) + len(words["invite"]["sealed"])


def check_seen(words):
    chains = [bytes.fromhex(chain) for chain in words["chains"]]
    seen = mailbox.Seen(chains[0])
    for number, chain in enumerate(chains[1:], 1):
        seen.accept(bytes([number]) * 256)
        same(seen.chain, chain, f"chain {number}")
    for claim in words["claims"]:
        same(seen.judge(claim["count"], bytes.fromhex(claim["chain"])),
             claim["verdict"], "claim")
    same(seen.saved().hex(), words["saved"], "saved")
    return len(chains) + len(words["claims"])


def check_sync(words):
    seed = bytes.fromhex(words["mailbox_seed"])
    for case in words["requests"]:
        encoding = bytes.fromhex(case["encoding"])
        request = sync.decode_request(encoding)
        text = sync.text(case["relay"].encode(), request)
        same(text.hex(), case["text"], "text")
        crypto.verify(request["mailbox"], text, request["signature"])
        made = sync.request_of_words(case)
        made["signature"] = crypto.sign(seed, text)
        same(made["signature"].hex(), case["signature"], "signature")
        same(made, request, case["name"])
        same(sync.encode_request(made), encoding, case["name"])
    for case in words["responses"]:
        encoding = bytes.fromhex(case["encoding"])
        response = sync.decode_response(encoding)
        same(sync.response_of_words(case), response, case["name"])
        same(sync.encode_response(response), encoding, case["name"])
    for case in words["refused"]:
        read = {"request": sync.decode_request,
                "response": sync.decode_response}[case["message"]]
        refused("sync.json", case,
                lambda: read(bytes.fromhex(case["encoding"])))
    return sum(len(words[name])
               for name in ("requests", "responses", "refused"))


def check_attachment(words):
    for case in words["attachments"]:
        clear = bytes.fromhex(case["clear"])
        same((len(clear), crypto.sha256(clear).hex()),
             (case["size"], case["sha256"]), "clear")
        same(mailbox.address(bytes.fromhex(case["mailbox_seed"])).hex(),
             case["address"], "address")
        one = attachment_of(case)
        same(one.secret.hex(), case["secret"], "secret")
        same([blob.hex() for blob in one.seal_all(clear)], case["blobs"],
             "chunks")
        same(b"".join(one.open(i, bytes.fromhex(blob))
                      for i, blob in enumerate(case["blobs"])), clear,
             "opened")
    second = attachment_of(words["attachments"][1])
    for case in words["refused"]:
        refused("attachment.json", case, lambda: second.open(
            case["number"], bytes.fromhex(case["blob"])))
    return sum(map(len, words.values()))


def attachment_of(case):
    return attachment.Attachment(
        case["size"], case["chunk_size"], bytes.fromhex(case["sha256"]),
        bytes.fromhex(case["key"]))


def check_store(words):
    host_key = bytes.fromhex(words["host_key"])
    for save in words["saves"]:
        stored = bytes.fromhex(save["slot_0"])
        found = store.open_key_slot(host_key, stored)
        same(found.version, save["version"], "version")
        same(store.seal_key_slot(host_key, stored[:store.SALT], found),
             stored, "key slot")
        records = {}
        for record in found.records:
            sealed = bytes.fromhex(save[f"slot_{record.slot}"])
            clear = store.open_record(record, sealed)
            same(store.seal_record(record, clear), sealed, "record")
            records[str(record.slot)] = clear.decode()
        same(records, save["records"], "records")
        same({name for name in save if name.startswith("slot_")},
             {"slot_0"} | {f"slot_{slot}" for slot in records}, "slots")
    return len(words["saves"])


def check_session(words):
    blobs, followed, requests = session.Session(words).check()
    if (followed, blobs > 30, requests > 100) != (8, True, True):
        raise AssertionError("the session is not what it was")
    return blobs + followed + requests


FILES = {"attachment.json": check_attachment, "blobs.json": check_blobs,
         "contents.json": check_contents, "invite.json": check_invite,
         "mailbox.json": check_mailbox, "numbers.json": check_numbers,
         "refused.json": check_refused, "roster.json": check_roster,
         "seen.json": check_seen, "session.json": check_session,
         "signatures.json": check_signatures, "store.json": check_store,
         "sync.json": check_sync}
