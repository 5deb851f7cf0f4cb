"""The recorded session of a family (tests/vectors/own/session.json): every
blob opened and made again, what it claims, and those who were invited."""
from types import SimpleNamespace as Object

import content
import crypto
import group
import invite
import mailbox
import message
import roster
import sync
from tree import Tree
from wire import Reader, Refused, need, vector, whole

NAMES = {message.APPLICATION: "application", message.PROPOSAL: "proposal",
         message.COMMIT: "commit"}


def same(found, said, what):
    if found != said:
        raise AssertionError(f"{what}: {found}, not {said}")


def read_joiner(r):
    need(r.u32() == 0x4356594a and r.u16() == 1, "MALFORMED", "a joiner")
    joiner = Object(ref=r.take(32), init_secret=r.take(32),
                    init_key=r.take(32), leaf_secret=r.take(32),
                    signature_seed=r.take(32), signature_public=r.take(32))
    joiner.leaf = whole(r.vector(), message.read_leaf)
    same(crypto.agreement_key(joiner.init_secret), joiner.init_key, "init")
    same(crypto.agreement_key(joiner.leaf_secret),
         joiner.leaf.encryption_key, "leaf")
    same(crypto.signature_key(joiner.signature_seed),
         joiner.signature_public, "signature key")
    same(joiner.leaf.signature_key, joiner.signature_public, "leaf")
    return joiner


def read_epoch(number, words):
    """What stands in `epochs`, and what can be said of it by itself."""
    given = Object(**{
        name: bytes.fromhex(value) for name, value in words.items()
        if name not in ("epoch", "digits", "safety_number")})
    given.words, given.proposals = words, {}
    context = whole(given.group_context, message.read_group_context)
    tree = Tree.read(whole(given.ratchet_tree, Reader.vector))
    same(words["epoch"], number, "number of an epoch")
    same(context.epoch, number, "number of a context")
    same(vector(tree.encode()), given.ratchet_tree, "tree")
    same(tree.tree_hash(), context.tree_hash, "tree hash")
    tree.check(context.group_id)
    same([e.type for e in context.extensions], [roster.EXTENSION],
         "extensions")
    given.roster = roster.decode(context.extensions[0].data)
    roster.check_leaves(given.roster, tree)
    same(invite.safety_number(given.epoch_authenticator),
         words["safety_number"], "safety number")
    given.epoch = group.Epoch(context, tree, given.sender_data_secret,
                              given.encryption_secret)
    return given


class Session:
    def __init__(self, words):
        self.words, self.relay = words, words["relay"].encode()
        self.mailboxes = words["mailboxes"]
        self.epochs = [read_epoch(i, epoch)
                       for i, epoch in enumerate(words["epochs"])]
        self.joiners, self.updates, self.seeds = {}, {}, {}
        for device in words["devices"]:
            self.read_device(device)
        self.access = {"next": 0, "chain": bytes(32)}

    def read_device(self, device):
        if "joiner" in device:
            joiner = whole(bytes.fromhex(device["joiner"]), read_joiner)
            same(joiner.leaf.identity.hex(), device["member"], "identity")
            self.joiners[device["uri"]] = joiner
            self.seeds[joiner.signature_public] = joiner.signature_seed
        for words in device["updates"]:
            update = Object(epoch=words["epoch"], **{
                name: bytes.fromhex(words[name])
                for name in ("ref", "leaf_secret", "signature_seed")})
            self.updates[update.ref] = update
            self.seeds[crypto.signature_key(update.signature_seed)] = \
                update.signature_seed

    def check(self):
        """Gives the numbers of blobs, epochs and requests that were made
        again."""
        for box in self.mailboxes:
            if "epoch" in box:
                self.check_mailbox(box, self.epochs[box["epoch"]])
            else:
                self.check_invite(box)
        for before, after in zip(self.epochs, self.epochs[1:]):
            check_transcript(before, after)
        for ref, update in self.updates.items():
            same(ref in self.epochs[update.epoch].proposals, True, "Update")
        followed = requests = 0
        for device in self.words["devices"]:
            followed += self.check_member(device)
            for exchange in device["exchanges"]:
                self.check_exchange(exchange)
                requests += 1
        blobs = sum(len(box["entries"]) for box in self.mailboxes)
        return blobs, followed, requests

    # ---- mailboxes of epochs

    def check_mailbox(self, box, given):
        same(mailbox.address(given.mailbox_seed).hex(), box["address"],
             "address")
        seen, is_over = mailbox.Seen(given.chain_0), False
        for words in box["entries"]:
            blob = bytes.fromhex(words["blob"])
            found, header, bundled = self.open_blob(given, blob)
            sender = found.sender
            leaf = given.epoch.tree.leaf(sender.leaf)
            same((NAMES[found.type], sender.leaf, sender.generation,
                  leaf.identity.hex()),
                 tuple(words[name] for name in
                       ("is", "leaf", "generation", "sender")), "a blob")
            if header is None:
                claim = self.check_payload(given, words, found, leaf, is_over)
            else:
                claim = self.check_handshake(given, words, found, header,
                                             bundled)
            same(seen.judge(*claim), "match", "a claim")
            if is_over:
                same("chain_after" in words, False, "a chain, too late")
                continue
            if found.type == message.COMMIT:
                same(claim[0], seen.count, "claim of a commit")
                given.commit, is_over = found, True
            seen.accept(blob)
            same(seen.chain.hex(), words["chain_after"], "chain")

    def open_blob(self, given, blob):
        """Opens a blob, and makes it again of what was in it."""
        epoch = given.epoch
        m, header, bundled = mailbox.open_blob(epoch, given.handshake_key,
                                               blob)
        found = epoch.open(m)
        seed = self.seeds.get(
            epoch.tree.leaf(found.sender.leaf).signature_key)
        if seed:
            same(epoch.sign(seed, found), found.signature, "signature")
        again = Object(**vars(found))
        if header:
            again.authenticated_data = mailbox.seal_header(
                given.handshake_key, blob[:crypto.NONCE_SIZE], header)
        again = epoch.seal(again, mailbox.ciphertext_size(found, bundled))
        same(mailbox.blob_of(again, bundled), blob, "a blob made again")
        found.message = message.private_message(m)
        return found, header, bundled

    def check_payload(self, given, words, found, leaf, is_late):
        payload = content.decode(found.body)
        same(payload, words["payload"], "payload")
        same(content.encode(payload), found.body, "payload made again")
        same(found.body.hex(), words["encoding"], "encoding")
        said = payload["content"]
        role = next(m.role for m in given.roster.members
                    if m.id == leaf.identity)
        same(roster.may_say(role, payload["kind"], said.get("kind")), True,
             "may say it")
        if not is_late:
            self.check_said(given, payload["kind"], said, leaf)
        return payload["seen_count"], bytes.fromhex(payload["seen_chain"])

    def check_said(self, given, kind, said, leaf):
        if kind == content.KINDS["joined"]:
            same(said, {"member": leaf.identity.hex(), "authenticator":
                        given.epoch_authenticator.hex()}, "joined")
        elif kind == content.KINDS["document"]:
            entry = next(d for d in given.roster.documents
                         if d.kind == said["kind"])
            same((content.document_hash(said), said["version"]),
                 (entry.hash, entry.version), "document")
        elif kind == content.KINDS["access_log"]:
            same((said["first"], said["before"]),
                 (str(self.access["next"]), self.access["chain"].hex()),
                 "access log")
            self.access = {"next": self.access["next"] +
                           len(said["entries"]),
                           "chain": content.chain_after(said)}

    def check_handshake(self, given, words, found, header, bundled):
        same(found.message.hex(), words["message"], "message")
        same((header.seen_count, header.seen_chain.hex(), header.bundled),
             (words["seen_count"], words["seen_chain"], words["bundled"]),
             "header")
        if found.type == message.PROPOSAL:
            given.proposals[group.proposal_ref(found)] = found
            return header.seen_count, header.seen_chain
        by_reference = [item.ref for item in found.body.proposals
                        if item.ref]
        same([group.proposal_ref(self.open_blob(given, blob)[0])
              for blob in bundled], by_reference, "bundled")
        return header.seen_count, header.seen_chain

    # ---- mailboxes of invites

    def check_invite(self, box):
        one = invite.read_uri(box["invite"])
        same(invite.encode_uri(one), box["invite"], "invite")
        same(mailbox.address(invite.derive(one.secret, b"mailbox")).hex(),
             box["address"], "address")
        texts = []
        for words, way in zip(box["entries"], (b"key package", b"welcome")):
            key, blob = invite.derive(one.secret, way), \
                bytes.fromhex(words["blob"])
            text = invite.open_sealed(key, blob)
            same((text.hex(), words["is"].replace("_", " ")),
                 (words["message"], way.decode()), "what is sealed")
            same(invite.seal(key, blob[:crypto.NONCE_SIZE], text), blob,
                 "sealed again")
            texts.append(text)
        package = whole(texts[0], message.read_key_package_message)
        message.check_key_package(package)
        joiner = self.joiners[box["invite"]]
        same((invite.key_hash(package.leaf.signature_key), package.leaf.raw,
              package.init_key, message.key_package_ref(package)),
             (one.key_hash, joiner.leaf.raw, joiner.init_key, joiner.ref),
             "KeyPackage")
        joiner.welcome, joiner.role = texts[1], one.role

    # ---- members

    def check_member(self, device):
        if "joiner" not in device:
            same(self.epochs[0].roster.members[0].id.hex(), device["member"],
                 "who made the circle")
            return 0
        joiner = self.joiners[device["uri"]]
        member = group.Member(joiner, whole(joiner.welcome,
                                            message.read_welcome))
        at = member.epoch.context.epoch
        entry = next(m for m in self.epochs[at].roster.members
                     if m.id == joiner.leaf.identity)
        same(entry.role, joiner.role, "role of a newcomer")
        check_epoch(member, self.epochs[at])
        same(device["digits"], self.epochs[at].words["digits"], "digits")
        for number, given in enumerate(self.epochs[at + 1:], at + 1):
            before = self.epochs[number - 1]
            still = joiner.leaf.identity in [m.id
                                             for m in given.roster.members]
            try:
                member.follow(before.commit, before.proposals, self.updates)
            except Refused as error:
                same((still, error.name), (False, "PATH_SECRET"), "follow")
                return number - at
            same(still, True, "a removed member follows")
            check_epoch(member, given)
        return len(self.epochs) - at

    # ---- requests

    def seed_of(self, box):
        if "epoch" in box:
            return self.epochs[box["epoch"]].mailbox_seed
        return invite.derive(invite.read_uri(box["invite"]).secret,
                             b"mailbox")

    def check_exchange(self, exchange):
        box = self.mailboxes[exchange["mailbox"]]
        seed = self.seed_of(box)
        request = {name: exchange[name] for name in
                   ("after", "expect_next", "max_bytes", "max_blob",
                    "wait_ms", "origin") if name in exchange}
        appends = exchange.get("appends", [])
        request["append"] = [
            dict({name: append[name] for name in ("keep", "wake")},
                 blob=self.appended_blob(box, append)) for append in appends]
        request["mailbox"] = bytes.fromhex(box["address"])
        request["signature"] = crypto.sign(seed,
                                           sync.text(self.relay, request))
        encoding = sync.encode_request(request)
        same(crypto.sha256(encoding).hex(), exchange["request_hash"],
             "request")
        sync.check_request(sync.decode_request(encoding))
        self.check_answer(box, exchange, request)

    def appended_blob(self, box, append):
        if append["index"]:
            return bytes.fromhex(box["entries"][append["index"] - 1]["blob"])
        blob = bytes.fromhex(append["blob"])
        found, _, _ = self.open_blob(self.epochs[box["epoch"]], blob)
        same(NAMES[found.type], "commit", "what lost")
        return blob

    @staticmethod
    def check_answer(box, exchange, request):
        """Against the rules of SPEC.md 4.5: all entries behind `after`, in
        order, but one's own."""
        follows, own = exchange["next"], exchange["appended"]
        if exchange["status"] == sync.OK:
            same(own, [a["index"] for a in exchange.get("appends", [])],
                 "indices")
        else:
            same((exchange["status"], own), (sync.CONFLICT, []), "a conflict")
        same(exchange["entries"],
             [i for i in range(exchange["after"] + 1, follows)
              if i not in own], "entries of an answer")
        need(exchange["after"] < follows <= len(box["entries"]) + 1,
             "MALFORMED", "next")
        answer = {"status": exchange["status"], "next": follows,
                  "origin": exchange["store"], "appended": own, "entries": [
                      {"index": i, "blob":
                       bytes.fromhex(box["entries"][i - 1]["blob"])}
                      for i in exchange["entries"]]}
        if not own:
            del answer["appended"]
        sync.check_answer(request, sync.decode_response(
            sync.encode_response(answer)))


def check_epoch(member, given):
    """What a member derived, against what is said of the epoch."""
    schedule = member.schedule
    same(member.epoch.context.raw, given.group_context, "context")
    same(vector(member.epoch.tree.encode()), given.ratchet_tree, "tree")
    same(member.interim, given.interim_transcript_hash, "transcript")
    for name in ("sender_data_secret", "encryption_secret", "init_secret",
                 "epoch_authenticator"):
        same(getattr(schedule, name), getattr(given, name), name)
    exporter = schedule.exporter_secret
    same((mailbox.epoch_seed(exporter),
          mailbox.epoch_handshake_key(exporter),
          mailbox.first_chain(exporter)),
         (given.mailbox_seed, given.handshake_key, given.chain_0),
         "what is exported")
    same(invite.digits(invite.export_digits(exporter)),
         given.words["digits"], "digits")


def check_transcript(before, after):
    """By those who have no private key, too."""
    commit = before.commit
    confirmed = crypto.sha256(before.interim_transcript_hash +
                              commit.framed + vector(commit.signature))
    same(confirmed, after.epoch.context.confirmed, "confirmed transcript")
    same(crypto.sha256(confirmed + vector(commit.confirmation_tag)),
         after.interim_transcript_hash, "interim transcript")
