"""The primitives, by python3-cryptography, and what RFC 9420 section 5 and
RFC 9180 make of them for cipher suite 0x0003."""
import hashlib
import hmac

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, x25519
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from wire import Refused, need, u16, u32, vector

HASH_SIZE, KEY_SIZE, NONCE_SIZE, TAG_SIZE = 32, 32, 12, 16
PRIME = 2**255 - 19
# y of the points of order 8, and their negatives; 0, 1 and -1 are of less.
EIGHT = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7
SMALL_Y = {0, 1, PRIME - 1, EIGHT, PRIME - EIGHT}
RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def sha256(data):
    return hashlib.sha256(data).digest()


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def extract(salt, key):
    return mac(salt, key)


def expand(key, info, size):
    out, block = b"", b""
    for i in range((size + HASH_SIZE - 1) // HASH_SIZE):
        block = mac(key, block + info + bytes([i + 1]))
        out += block
    return out[:size]


def seal(key, nonce, aad, plain):
    return ChaCha20Poly1305(key).encrypt(nonce, plain, aad)


def open_sealed(key, nonce, aad, sealed):
    need(len(sealed) >= TAG_SIZE, "AUTH", "shorter than a tag")
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, sealed, aad)
    except InvalidTag:
        raise Refused("AUTH", "does not open") from None


# ---- signatures

def signature_key(seed):
    key = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    return key.public_key().public_bytes(*RAW)


def sign(seed, text):
    return ed25519.Ed25519PrivateKey.from_private_bytes(seed).sign(text)


def is_point(encoded):
    """A canonical encoding of a point that is not of small order."""
    y = int.from_bytes(encoded, "little") & (2**255 - 1)
    return len(encoded) == 32 and y < PRIME and y not in SMALL_Y


def verify(public, text, signature):
    need(len(signature) == 64 and is_point(public) and
         is_point(signature[:32]), "AUTH", "no signature, or of small order")
    try:
        key = ed25519.Ed25519PublicKey.from_public_bytes(public)
        key.verify(signature, text)
    except (InvalidSignature, ValueError):
        raise Refused("AUTH", "a signature does not verify") from None


# ---- X25519 and HPKE (base mode)

def agreement_key(private):
    key = x25519.X25519PrivateKey.from_private_bytes(private)
    return key.public_key().public_bytes(*RAW)


def agree(private, public):
    try:
        return x25519.X25519PrivateKey.from_private_bytes(private).exchange(
            x25519.X25519PublicKey.from_public_bytes(public))
    except ValueError:
        raise Refused("AUTH", "an agreement of zeros") from None


KEM = b"KEM" + u16(0x0020)
HPKE = b"HPKE" + u16(0x0020) + u16(0x0001) + u16(0x0003)


def labeled_extract(suite, salt, label, key):
    return extract(salt, b"HPKE-v1" + suite + label + key)


def labeled_expand(suite, key, label, info, size):
    return expand(key, u16(size) + b"HPKE-v1" + suite + label + info, size)


def derive_private(secret):
    """DeriveKeyPair of DHKEM(X25519)."""
    key = labeled_extract(KEM, b"", b"dkp_prk", secret)
    return labeled_expand(KEM, key, b"sk", b"", 32)


def hpke_open(private, info, kem_output, ciphertext):
    need(len(kem_output) == 32, "AUTH", "a KEM output of another size")
    both = kem_output + agreement_key(private)
    eae = labeled_extract(KEM, b"", b"eae_prk", agree(private, kem_output))
    shared = labeled_expand(KEM, eae, b"shared_secret", both, 32)
    context = (b"\0" + labeled_extract(HPKE, b"", b"psk_id_hash", b"") +
               labeled_extract(HPKE, b"", b"info_hash", info))
    secret = labeled_extract(HPKE, shared, b"secret", b"")
    key = labeled_expand(HPKE, secret, b"key", context, KEY_SIZE)
    nonce = labeled_expand(HPKE, secret, b"base_nonce", context, NONCE_SIZE)
    return open_sealed(key, nonce, b"", ciphertext)


# ---- with labels (RFC 9420 sections 5.1, 5.2, 8)

def labeled(label, content):
    return vector(b"MLS 1.0 " + label) + vector(content)


def expand_with_label(secret, label, context, size):
    return expand(secret, u16(size) + labeled(label, context), size)


def derive_secret(secret, label):
    return expand_with_label(secret, label, b"", HASH_SIZE)


def derive_tree_secret(secret, label, generation, size):
    return expand_with_label(secret, label, u32(generation), size)


def ref_hash(label, value):
    return sha256(vector(label) + vector(value))


def sign_with_label(seed, label, content):
    return sign(seed, labeled(label, content))


def verify_with_label(public, label, content, signature):
    verify(public, labeled(label, content), signature)


def open_with_label(private, label, context, ciphertext):
    return hpke_open(private, labeled(label, context), *ciphertext)


def export(exporter_secret, label, context, size):
    """MLS-Exporter (RFC 9420 section 8.5)."""
    return expand_with_label(derive_secret(exporter_secret, label),
                             b"exported", sha256(context), size)
