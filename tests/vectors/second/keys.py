"""The key schedule and the secret tree of an epoch (RFC 9420 sections 8, 9)."""
import crypto
from tree import left, level, right
from wire import need

ZEROS = bytes(32)


def member_secret(joiner_secret):
    """There are no pre-shared keys: psk_secret is zero."""
    return crypto.extract(joiner_secret, ZEROS)


class Schedule:
    """All secrets of an epoch, from its joiner_secret."""

    def __init__(self, joiner_secret, context):
        epoch = crypto.expand_with_label(member_secret(joiner_secret),
                                         b"epoch", context.raw, 32)
        for name, label in (
                ("sender_data_secret", b"sender data"),
                ("encryption_secret", b"encryption"),
                ("exporter_secret", b"exporter"),
                ("epoch_authenticator", b"authentication"),
                ("confirmation_key", b"confirm"),
                ("membership_key", b"membership"),
                ("init_secret", b"init")):
            setattr(self, name, crypto.derive_secret(epoch, label))

    def confirmation_tag(self, context):
        return crypto.mac(self.confirmation_key, context.confirmed)


def next_joiner_secret(init_secret, commit_secret, context):
    return crypto.expand_with_label(
        crypto.extract(init_secret, commit_secret), b"joiner", context.raw, 32)


def welcome_key(joiner_secret):
    secret = crypto.derive_secret(member_secret(joiner_secret), b"welcome")
    return (crypto.expand_with_label(secret, b"key", b"", crypto.KEY_SIZE),
            crypto.expand_with_label(secret, b"nonce", b"",
                                     crypto.NONCE_SIZE))


def sender_data_key(secret, ciphertext):
    sample = ciphertext[:crypto.HASH_SIZE]
    return (crypto.expand_with_label(secret, b"key", sample,
                                     crypto.KEY_SIZE),
            crypto.expand_with_label(secret, b"nonce", sample,
                                     crypto.NONCE_SIZE))


class SecretTree:
    """Gives the key and nonce of any generation; forgets nothing, as what
    it reads is a record."""

    def __init__(self, encryption_secret, width):
        self.secrets = {}
        self.split(width - 1, encryption_secret)

    def split(self, node, secret):
        if level(node):
            for child, side in ((left(node), b"left"),
                                (right(node), b"right")):
                self.split(child, crypto.expand_with_label(
                    secret, b"tree", side, 32))
        else:
            for name in b"handshake", b"application":
                self.secrets[node // 2, name] = crypto.expand_with_label(
                    secret, name, b"", 32)

    def key(self, leaf, handshake, generation):
        need(generation <= 1024, "TOO_FAR")
        name = b"handshake" if handshake else b"application"
        need((leaf, name) in self.secrets, "SENDER", "no such leaf")
        secret = self.secrets[leaf, name]
        for i in range(generation):
            secret = crypto.derive_tree_secret(secret, b"secret", i, 32)
        return (crypto.derive_tree_secret(secret, b"key", generation,
                                          crypto.KEY_SIZE),
                crypto.derive_tree_secret(secret, b"nonce", generation,
                                          crypto.NONCE_SIZE))


def path_keys(path_secret, count):
    """Private keys of `count` nodes from the one of `path_secret` upwards,
    and the commit secret."""
    private = []
    for _ in range(count):
        private.append(crypto.derive_private(
            crypto.derive_secret(path_secret, b"node")))
        path_secret = crypto.derive_secret(path_secret, b"path")
    return private, path_secret
