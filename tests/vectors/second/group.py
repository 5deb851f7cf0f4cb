"""What opens the messages of an epoch, and a member that follows commits."""
from types import SimpleNamespace as Object

import crypto
import keys
import message
from tree import Tree
from wire import Reader, need, u16, u32, u64, u8, vector, whole

MEMBER = 1


def read_sender_data(r):
    return Object(leaf=r.u32(), generation=r.u32(), guard=r.take(4))


def guarded(nonce, guard):
    return bytes(a ^ b for a, b in zip(nonce, guard)) + nonce[4:]


class Envelope:
    """What says who sent a message of an epoch (section 6.3.2)."""

    def __init__(self, context, sender_data_secret):
        self.context = context
        self.sender_data_secret = sender_data_secret

    def sender_data_aad(self, kind):
        return vector(self.context.group_id) + u64(self.context.epoch) + \
            u8(kind)

    def open_sender_data(self, kind, sender_data, ciphertext):
        key = keys.sender_data_key(self.sender_data_secret, ciphertext)
        plain = crypto.open_sealed(*key, self.sender_data_aad(kind),
                                   sender_data)
        return whole(plain, read_sender_data)

    def seal_sender_data(self, kind, sender, ciphertext):
        key = keys.sender_data_key(self.sender_data_secret, ciphertext)
        return crypto.seal(*key, self.sender_data_aad(kind),
                           u32(sender.leaf) + u32(sender.generation) +
                           sender.guard)


class Epoch(Envelope):
    """An epoch as one can read it: its context, tree and two secrets."""

    def __init__(self, context, tree, sender_data_secret, encryption_secret):
        super().__init__(context, sender_data_secret)
        self.tree = tree
        self.secret_tree = keys.SecretTree(encryption_secret,
                                           len(tree.nodes) // 2 + 1)

    def content_key(self, kind, sender):
        key, nonce = self.secret_tree.key(
            sender.leaf, kind != message.APPLICATION, sender.generation)
        return key, guarded(nonce, sender.guard)

    def content_aad(self, kind, authenticated_data):
        return self.sender_data_aad(kind) + vector(authenticated_data)

    def framed(self, kind, leaf, authenticated_data, content):
        """FramedContent behind its wire format."""
        return (u16(message.PRIVATE_MESSAGE) + vector(self.context.group_id) +
                u64(self.context.epoch) + u8(MEMBER) + u32(leaf) +
                vector(authenticated_data) + u8(kind) + content)

    def open(self, m):
        """A PrivateMessage, decrypted and verified."""
        need(m.group_id == self.context.group_id and
             m.epoch == self.context.epoch, "EPOCH")
        sender = self.open_sender_data(m.type, m.sender_data, m.ciphertext)
        leaf = self.tree.leaf(sender.leaf)
        need(leaf, "SENDER", "a blank leaf")
        aad = self.content_aad(m.type, m.authenticated_data)
        plain = crypto.open_sealed(*self.content_key(m.type, sender), aad,
                                   m.ciphertext)
        r = Reader(plain)
        found = Object(type=m.type, sender=sender,
                       authenticated_data=m.authenticated_data)
        found.body = {message.APPLICATION: Reader.vector,
                      message.PROPOSAL: message.read_proposal,
                      message.COMMIT: message.read_commit}[m.type](r)
        found.content = r.since(0)
        found.signature = r.vector()
        found.confirmation_tag = \
            r.vector() if m.type == message.COMMIT else None
        need(not any(plain[r.at:]), "PADDING")
        found.framed = self.framed(m.type, sender.leaf, m.authenticated_data,
                                   found.content)
        crypto.verify_with_label(
            leaf.signature_key, b"FramedContentTBS",
            u16(message.VERSION) + found.framed + self.context.raw,
            found.signature)
        return found

    def seal(self, found, size):
        """The PrivateMessage of what was opened, its ciphertext of `size`."""
        plain = found.content + vector(found.signature)
        if found.type == message.COMMIT:
            plain += vector(found.confirmation_tag)
        plain += bytes(size - crypto.TAG_SIZE - len(plain))
        ciphertext = crypto.seal(
            *self.content_key(found.type, found.sender),
            self.content_aad(found.type, found.authenticated_data), plain)
        return Object(
            group_id=self.context.group_id, epoch=self.context.epoch,
            type=found.type, authenticated_data=found.authenticated_data,
            sender_data=self.seal_sender_data(found.type, found.sender,
                                              ciphertext),
            ciphertext=ciphertext)

    def sign(self, seed, found):
        return crypto.sign_with_label(
            seed, b"FramedContentTBS",
            u16(message.VERSION) + found.framed + self.context.raw)


def proposal_ref(found):
    """Of a proposal that was opened: over its AuthenticatedContent."""
    return crypto.ref_hash(b"MLS 1.0 Proposal Reference",
                           found.framed + vector(found.signature))


class Member:
    """Joins by a Welcome, and follows commits with private keys."""

    def __init__(self, joiner, welcome):
        ref, secret = next(((ref, secret) for ref, secret in welcome.secrets
                            if ref == joiner.ref), (None, None))
        need(ref, "REFERENCE", "the Welcome is for others")
        secrets = whole(crypto.open_with_label(
            joiner.init_secret, b"Welcome", welcome.group_info, secret),
            message.read_group_secrets)
        need(not secrets.psks, "PSK")
        info = whole(crypto.open_sealed(
            *keys.welcome_key(secrets.joiner_secret), b"",
            welcome.group_info), message.read_group_info)
        tree = Tree.read(whole(message.find_extension(
            info.extensions, message.RATCHET_TREE), Reader.vector))
        self.take_place(joiner, info, tree)
        self.enter(info.context, tree, secrets.joiner_secret)
        need(info.confirmation_tag ==
             self.schedule.confirmation_tag(info.context), "CONFIRMATION")
        self.interim = crypto.sha256(
            info.context.confirmed + vector(info.confirmation_tag))
        if secrets.path_secret is not None:
            self.hold(secrets.path_secret, self.shared_path(info.signer))

    def take_place(self, joiner, info, tree):
        signer = tree.leaf(info.signer)
        need(signer, "SENDER", "the signer is nobody")
        crypto.verify_with_label(signer.signature_key, b"GroupInfoTBS",
                                 info.unsigned, info.signature)
        need(tree.tree_hash() == info.context.tree_hash, "TREE")
        tree.check(info.context.group_id)
        self.own_leaf = next(i for i, leaf in tree.leaves()
                             if leaf.raw == joiner.leaf.raw)
        need(self.own_leaf != info.signer, "SENDER")
        self.private = {2 * self.own_leaf: joiner.leaf_secret}

    def enter(self, context, tree, joiner_secret):
        self.schedule = keys.Schedule(joiner_secret, context)
        self.epoch = Epoch(context, tree, self.schedule.sender_data_secret,
                           self.schedule.encryption_secret)

    def shared_path(self, sender):
        """Nodes of the sender's filtered path that are above this leaf."""
        tree = self.epoch.tree
        own = set(tree.direct_path(2 * self.own_leaf))
        return [at for at in tree.direct_path(2 * sender)
                if at in own and tree.nodes[at]]

    def hold(self, path_secret, nodes, tree=None):
        """Keep the private keys of `nodes`, lowest first."""
        tree = tree or self.epoch.tree
        private, commit_secret = keys.path_keys(path_secret, len(nodes))
        for at, key in zip(nodes, private):
            need(crypto.agreement_key(key) == tree.nodes[at].encryption_key,
                 "PATH_KEY")
            self.private[at] = key
        return commit_secret

    # ---- commits (section 12.4.2)

    def follow(self, found, proposals, updates):
        """Take up a commit that was opened. `proposals` are opened ones by
        reference, `updates` the keys of one's own Updates by reference."""
        context, sender = self.epoch.context, found.sender.leaf
        tree = self.epoch.tree.copy()
        covered = [self.covered(item, sender, proposals)
                   for item in found.body.proposals]
        extensions = self.apply(tree, covered)
        added = [tree.add(proposal.key_package.leaf)
                 for proposal, _ in covered if proposal.type == message.ADD]
        for item, (proposal, by) in zip(found.body.proposals, covered):
            if proposal.type == message.UPDATE and by == self.own_leaf:
                self.take_keys(updates[item.ref], proposal.leaf)
        self.private = {at: key for at, key in self.private.items()
                        if at < len(tree.nodes) and tree.nodes[at]}
        path = found.body.path
        need(path, "PATH", "there is none")
        check_path_leaf(path.leaf, tree, context.group_id, sender)
        filtered = tree.merge_path(sender, path)
        provisional = message.group_context(
            context.group_id, context.epoch + 1, tree.tree_hash(),
            context.confirmed, extensions)
        commit_secret = self.open_path(tree, path, filtered, provisional,
                                       added)
        confirmed = crypto.sha256(
            self.interim + found.framed + vector(found.signature))
        context = message.group_context(
            context.group_id, context.epoch + 1, provisional.tree_hash,
            confirmed, extensions)
        self.enter(context, tree, keys.next_joiner_secret(
            self.schedule.init_secret, commit_secret, context))
        need(found.confirmation_tag ==
             self.schedule.confirmation_tag(context), "CONFIRMATION")
        self.interim = crypto.sha256(
            confirmed + vector(found.confirmation_tag))
        return covered

    def take_keys(self, update, leaf):
        need(crypto.agreement_key(update.leaf_secret) ==
             leaf.encryption_key and
             crypto.signature_key(update.signature_seed) ==
             leaf.signature_key, "KEYS")
        self.private = {2 * self.own_leaf: update.leaf_secret}

    @staticmethod
    def covered(item, sender, proposals):
        if item.proposal:
            return item.proposal, sender
        need(item.ref in proposals, "REFERENCE")
        found = proposals[item.ref]
        return found.body, found.sender.leaf

    def apply(self, tree, covered):
        """All but the Adds; gives the new context's extensions."""
        extensions = self.epoch.context.extension_data
        for wanted in (message.CONTEXT_EXTENSIONS, message.UPDATE,
                       message.REMOVE):
            for proposal, by in covered:
                if proposal.type != wanted:
                    continue
                if wanted == message.CONTEXT_EXTENSIONS:
                    extensions = proposal.data
                elif wanted == message.UPDATE:
                    check_update(proposal.leaf, tree,
                                 self.epoch.context.group_id, by)
                    tree.update(by, proposal.leaf)
                else:
                    tree.remove(proposal.removed)
        for proposal, _ in covered:
            if proposal.type == message.ADD:
                message.check_key_package(proposal.key_package)
        return extensions

    def open_path(self, tree, path, filtered, context, added):
        new = {2 * leaf for leaf in added}
        mine, secret = [], None
        for (at, sibling), node in zip(filtered, path.nodes):
            targets = [t for t in tree.resolution(sibling) if t not in new]
            need(len(node.secrets) == len(targets), "PATH", "ciphertexts")
            if secret is None and 2 * self.own_leaf in tree.below(sibling):
                held = next((t for t in targets if t in self.private), None)
                need(held is not None, "KEYS")
                secret = crypto.open_with_label(
                    self.private[held], b"UpdatePathNode", context.raw,
                    node.secrets[targets.index(held)])
            if secret is not None:
                mine.append(at)
        need(secret is not None, "PATH_SECRET")
        return self.hold(secret, mine, tree)


def check_update(leaf, tree, group_id, by):
    need(leaf.source == message.FROM_UPDATE and
         leaf.identity == tree.leaf(by).identity and
         leaf.encryption_key != tree.leaf(by).encryption_key, "LEAF")
    message.check_leaf(leaf, group_id, by)


def check_path_leaf(leaf, tree, group_id, sender):
    need(leaf.source == message.FROM_COMMIT and
         leaf.identity == tree.leaf(sender).identity, "LEAF")
    need(leaf.encryption_key not in
         [node.encryption_key for node in tree.nodes if node], "PATH")
    message.check_leaf(leaf, group_id, sender)
