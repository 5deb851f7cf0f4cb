"""Invites, and numbers to compare (SPEC.md 2.6, 2.7)."""
import base64
import binascii
import re
from types import SimpleNamespace as Object

import crypto
import mailbox
from wire import need, u16, u8

SCHEME = "COVEY:"
LEAST = 1024
ROLES = range(1, 5)


def read_uri(uri):
    need(uri.isascii(), "INVITE", "another letter")
    uri = uri.upper()
    need(uri.startswith(SCHEME), "INVITE", "another scheme")
    letters = uri[len(SCHEME):]
    try:
        body = base64.b32decode(letters + "=" * (-len(letters) % 8))
    except binascii.Error:
        need(False, "INVITE", "another letter")
    need(base32(body) == letters, "INVITE", "bits behind the last byte")
    need(len(body) >= 50 and body[0] == 1, "INVITE", "version")
    need(body[1] in ROLES, "INVITE", "role")
    relay = body[50:]
    need(is_relay(relay), "INVITE", "relay")
    return Object(role=body[1], secret=body[2:34], key_hash=body[34:50],
                  relay=relay.decode())


def base32(body):
    return base64.b32encode(body).decode().rstrip("=")


def is_relay(name):
    """The name of a relay: a host, perhaps a port and a path."""
    found = re.fullmatch(
        rb"([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]+)?(/[a-z0-9._/~-]*)?", name)
    return (found is not None and len(name) <= 64 and
            1 <= int((found[2] or b":443")[1:]) <= 65535 and
            b".." not in (found[3] or b""))


def encode_uri(invite):
    return SCHEME + base32(u8(1) + u8(invite.role) + invite.secret +
                           invite.key_hash + invite.relay.encode())


def key_hash(signature_key):
    return crypto.sha256(signature_key)[:16]


def derive(secret, name):
    return crypto.expand(crypto.extract(b"covey invite 1", secret), name, 32)


def seal(key, nonce, text):
    overhead = crypto.NONCE_SIZE + crypto.TAG_SIZE
    size = max(LEAST, mailbox.least_size(len(text) + 2 + overhead))
    plain = (u16(len(text)) + text).ljust(size - overhead, b"\0")
    return nonce + crypto.seal(key, nonce, b"", plain)


def open_sealed(key, sealed):
    nonce, rest = sealed[:crypto.NONCE_SIZE], sealed[crypto.NONCE_SIZE:]
    plain = crypto.open_sealed(key, nonce, b"", rest)
    size = int.from_bytes(plain[:2], "big")
    text = plain[2:2 + size]
    need(len(text) == size, "PADDING", "length")
    need(len(sealed) == len(seal(key, nonce, text)), "PADDING", "size")
    need(not any(plain[2 + size:]), "PADDING", "padding")
    return text


# ---- numbers

def export_digits(exporter_secret):
    return crypto.export(exporter_secret, b"covey digits", b"", 8)


def digits(exported):
    return f"{int.from_bytes(exported, 'big') % 10**6:06}"


def safety_number(authenticator):
    return " ".join(
        f"{int.from_bytes(authenticator[at:at + 5], 'big') % 10**5:05}"
        for at in range(0, 30, 5))
