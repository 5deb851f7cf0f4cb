"""Mailboxes, blobs and what was seen (SPEC.md 4.1 to 4.4)."""
from types import SimpleNamespace as Object

import crypto
import message
from wire import Refused, need, u16, u32, u8, whole

SIZES = (256, 512, 1024, 2048, 4096, 8192, 16384)
HEADER, SENDER_DATA, KEPT = 64, 28, 64
LEAST = SENDER_DATA + crypto.TAG_SIZE
PLACES = 14


def least_size(length):
    return next(size for size in SIZES if size >= length)


# ---- the header of a handshake

def read_header(r):
    header = Object(type=r.u8(), seen_count=r.u32(), seen_chain=r.take(16))
    num = r.u8()
    sizes = r.take(PLACES)
    need(header.type in (message.PROPOSAL, message.COMMIT) and
         num <= (PLACES if header.type == message.COMMIT else 0) and
         all(1 <= s <= 6 for s in sizes[:num]) and not any(sizes[num:]),
         "MALFORMED", "header")
    header.bundled = [SIZES[s - 1] for s in sizes[:num]]
    return header


def encode_header(header):
    places = bytes(SIZES.index(size) + 1 for size in header.bundled)
    return (u8(header.type) + u32(header.seen_count) + header.seen_chain +
            u8(len(places)) + places.ljust(PLACES, b"\0"))


# ---- blobs

def blob_of(m, bundled=()):
    return m.authenticated_data + m.sender_data + m.ciphertext + \
        b"".join(bundled)


def application_message(context, blob):
    return Object(group_id=context.group_id, epoch=context.epoch,
                  type=message.APPLICATION, authenticated_data=b"",
                  sender_data=blob[:SENDER_DATA],
                  ciphertext=blob[SENDER_DATA:])


def handshake_message(context, kind, blob, end):
    at = HEADER + SENDER_DATA
    return Object(group_id=context.group_id, epoch=context.epoch, type=kind,
                  authenticated_data=blob[:HEADER],
                  sender_data=blob[HEADER:at], ciphertext=blob[at:end])


def open_blob(envelope, handshake_key, blob):
    """The message that a blob stands for, its header and bundled blobs, as
    far as can be told without a key of the secret tree."""
    need(len(blob) in SIZES, "MALFORMED", "no size of a blob")
    need(len(blob) < SIZES[-1], "PROFILE", "too large for an epoch")
    m = application_message(envelope.context, blob)
    try:
        envelope.open_sender_data(m.type, m.sender_data, m.ciphertext)
        return m, None, []
    except Refused:
        pass
    nonce = blob[:crypto.NONCE_SIZE]
    header = whole(crypto.open_sealed(
        handshake_key, nonce, b"", blob[len(nonce):HEADER]), read_header)
    need(header.type == message.COMMIT or len(blob) <= 512, "MALFORMED",
         "a large proposal")
    end = len(blob) - sum(header.bundled)
    need(end >= HEADER + LEAST, "MALFORMED", "no room")
    bundled, at = [], end
    for size in header.bundled:
        bundled.append(blob[at:at + size])
        at += size
    m = handshake_message(envelope.context, header.type, blob, end)
    return m, header, bundled


def seal_header(key, nonce, header):
    return nonce + crypto.seal(key, nonce, b"", encode_header(header))


def ciphertext_size(found, bundled):
    """Of a message that was opened, so that its blob is of a size."""
    length = len(found.content) + 2 + len(found.signature) + crypto.TAG_SIZE
    if found.type == message.COMMIT:
        length += 1 + len(found.confirmation_tag)
    around = SENDER_DATA + sum(map(len, bundled))
    if found.type != message.APPLICATION:
        around += HEADER
    return least_size(length + around) - around


def address(seed):
    return crypto.signature_key(seed)


def epoch_seed(exporter_secret):
    return crypto.export(exporter_secret, b"covey mailbox", b"", 32)


def epoch_handshake_key(exporter_secret):
    return crypto.export(exporter_secret, b"covey handshake", b"", 32)


# ---- seen

def first_chain(exporter_secret):
    return crypto.export(exporter_secret, b"covey seen", b"", 16)


def next_chain(chain, blob):
    return crypto.sha256(b"covey seen 1" + chain + crypto.sha256(blob))[:16]


class Seen:
    """The last values of the chain, and what a claim is worth."""

    def __init__(self, chain):
        self.count, self.kept = 0, [chain]

    @property
    def chain(self):
        return self.kept[-1]

    def accept(self, blob):
        self.count += 1
        self.kept = (self.kept + [next_chain(self.chain, blob)])[-KEPT:]

    def judge(self, count, chain):
        if count > self.count:
            return "ahead"
        back = self.count - count
        if back >= len(self.kept):
            return "unknown"
        return "match" if self.kept[-1 - back] == chain else "mismatch"

    def saved(self):
        return u32(self.count) + u16(len(self.kept)) + b"".join(self.kept)
