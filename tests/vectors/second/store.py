"""Sealed records (SPEC.md chapter 5)."""
from types import SimpleNamespace as Object

import crypto
from wire import need, u16, u32, u64, u8, whole

SALT, ZEROS = 32, bytes(crypto.NONCE_SIZE)
LARGEST = 787


def slot_key(host_key, salt):
    return crypto.expand(crypto.extract(salt, host_key),
                         b"covey store key slot", 32)


def read_record(r):
    return Object(slot=r.u8(), length=r.u32(), written=r.u64(),
                  key=r.take(32))


def read_key_slot(r):
    need(r.u16() == 1, "MALFORMED", "another format")
    found = Object(version=r.u64(), counter_base=r.u64())
    found.records = [read_record(r) for _ in range(r.u8())]
    slots = [0] + [record.slot for record in found.records] + [17]
    need(slots == sorted(set(slots)) and
         found.version + found.counter_base < 2**64 and
         all(1 <= record.length <= 0xffffff and
             1 <= record.written <= found.version
             for record in found.records), "MALFORMED")
    return found


def encode_key_slot(found):
    return (u16(1) + u64(found.version) + u64(found.counter_base) +
            u8(len(found.records)) + b"".join(
                u8(r.slot) + u32(r.length) + u64(r.written) + r.key
                for r in found.records))


def open_key_slot(host_key, stored):
    need(len(stored) <= LARGEST, "MALFORMED", "too long")
    key = slot_key(host_key, stored[:SALT])
    return whole(crypto.open_sealed(key, ZEROS, b"", stored[SALT:]),
                 read_key_slot)


def seal_key_slot(host_key, salt, found):
    return salt + crypto.seal(slot_key(host_key, salt), ZEROS, b"",
                              encode_key_slot(found))


def record_aad(record):
    return u8(record.slot) + u64(record.written)


def open_record(record, stored):
    need(len(stored) == record.length + crypto.TAG_SIZE, "AUTH", "length")
    return crypto.open_sealed(record.key, ZEROS, record_aad(record), stored)


def seal_record(record, clear):
    return crypto.seal(record.key, ZEROS, record_aad(record), clear)
