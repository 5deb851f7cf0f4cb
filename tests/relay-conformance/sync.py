"""The sync protocol as SPEC.md section 4.5 has it, written from there alone,
for a relay that is not ours."""
import dataclasses
import hashlib

SIZES = [256 << i for i in range(7)]
OK, BAD_REQUEST, TOO_LARGE, RETRY_LATER, NOT_FOUND, CONFLICT, QUOTA = range(1, 8)


class Malformed(Exception):
    pass


# ---- protobuf, of which there is one form only ----

def varint(number):
    out = bytearray()
    while number > 0x7f:
        out.append(number & 0x7f | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def number_field(field, number):
    return varint(field << 3) + varint(number)


def bytes_field(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


def read_varint(data, at):
    number = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise Malformed("truncated")
        byte = data[at]
        number |= (byte & 0x7f) << shift
        at += 1
        if byte < 0x80:
            if byte == 0 and shift or number >> 64:
                raise Malformed("longer than needed")
            return number, at
    raise Malformed("too long")


def read_fields(data, known, lax=False):
    """Yields (field, value). `known` maps a field to its type and whether it
    may be repeated."""
    at, last, out = 0, 0, []
    while at < len(data):
        key, at = read_varint(data, at)
        field, wire = key >> 3, key & 7
        kind, repeated = known.get(field, (None, False))
        if kind is None and not lax:
            raise Malformed("unknown field")
        if field < last or field == last and not repeated:
            raise Malformed("order")
        last = field
        value, at = read_varint(data, at)
        if wire == 2:
            if at + value > len(data):
                raise Malformed("truncated")
            value, at = data[at:at + value], at + value
        if wire != (2 if kind is bytes else 0):
            raise Malformed("type")
        out.append((field, value))
    return out


# ---- requests ----

@dataclasses.dataclass
class Append:
    blob: bytes
    keep: int
    wake: int


@dataclasses.dataclass
class Request:
    mailbox: bytes
    appends: list
    expect_next: int
    after: int
    max_bytes: int
    max_blob: int
    wait_ms: int
    wake: tuple
    token: bytes
    signature: bytes

    def encoded(self):
        fields = [bytes_field(1, self.mailbox)]
        for a in self.appends:
            fields.append(bytes_field(2, bytes_field(1, a.blob) +
                                      number_field(2, a.keep) +
                                      number_field(3, a.wake)))
        if self.expect_next is not None:
            fields.append(number_field(3, self.expect_next))
        fields += [number_field(4, self.after),
                   number_field(5, self.max_bytes),
                   number_field(6, self.max_blob),
                   number_field(7, self.wait_ms)]
        if self.wake is not None:
            fields.append(bytes_field(8, bytes_field(1, self.wake[0]) +
                                      number_field(2, self.wake[1])))
        if self.token:
            fields.append(bytes_field(9, self.token))
        return b"".join(fields) + bytes_field(10, self.signature)


def want(condition):
    if not condition:
        raise Malformed("range")


def read_append(data):
    fields = dict(read_fields(data, {1: (bytes, 0), 2: (int, 0), 3: (int, 0)}))
    want(set(fields) == {1, 2, 3})
    want(len(fields[1]) in SIZES and fields[2] < 2 and fields[3] < 2)
    return Append(fields[1], fields[2], fields[3])


def read_wake(data):
    fields = dict(read_fields(data, {1: (bytes, 0), 2: (int, 0)}))
    want(set(fields) == {1, 2})
    want(1 <= len(fields[1]) <= 512 and fields[2] <= 1209600)
    return fields[1], fields[2]


REQUEST = {1: (bytes, 0), 2: (bytes, 1), 3: (int, 0), 4: (int, 0), 5: (int, 0),
           6: (int, 0), 7: (int, 0), 8: (bytes, 0), 9: (bytes, 0),
           10: (bytes, 0)}


def read_request(data, lax=False):
    pairs = read_fields(data, REQUEST, lax)
    fields = dict(pairs)
    want({1, 4, 5, 6, 7, 10} <= set(fields))
    appends = [read_append(value) for field, value in pairs if field == 2]
    want(len(fields[1]) == 32 and len(fields[10]) == 64 and len(appends) <= 8)
    want(fields[6] in SIZES and fields[6] + 128 <= fields[5] < 1 << 32)
    want(fields[7] <= 300000)
    want(9 not in fields or 1 <= len(fields[9]) <= 512)
    wake = read_wake(fields[8]) if 8 in fields else None
    return Request(fields[1], appends, fields.get(3), fields[4], fields[5],
                   fields[6], fields[7], wake, fields.get(9, b""), fields[10])


# ---- what is signed ----

def u(number, width):
    return number.to_bytes(width, "big")


def vec(data):
    size = len(data)
    if size < 64:
        return u(size, 1) + data
    return u(size | 0x4000, 2) + data


def sync_text(request, relay):
    appends = b"".join(
        u(len(a.blob), 4) + u(a.keep | a.wake << 1, 1) +
        hashlib.sha256(a.blob).digest() for a in request.appends)
    expect = (b"\0" if request.expect_next is None
              else b"\1" + u(request.expect_next, 8))
    wake = (b"\0" if request.wake is None
            else b"\1" + vec(request.wake[0]) + u(request.wake[1], 4))
    return (vec(b"covey sync 1") + vec(relay) + request.mailbox +
            vec(appends) + expect + u(request.after, 8) +
            u(request.max_bytes, 4) + u(request.max_blob, 4) +
            u(request.wait_ms, 4) + wake + vec(request.token))


# ---- responses ----

def entry_field(index, blob, max_blob):
    if len(blob) <= max_blob:
        what = bytes_field(2, blob)
    else:
        what = bytes_field(3, number_field(1, len(blob)) +
                           bytes_field(2, hashlib.sha256(blob).digest()))
    return bytes_field(4, number_field(1, index) + what)


def response_head(status, following=0, appended=()):
    packed = b"".join(map(varint, appended))
    return (number_field(1, status) + number_field(2, following) +
            (bytes_field(3, packed) if packed else b""))


@dataclasses.dataclass
class Entry:
    index: int
    blob: bytes  # None: a stub
    stub: bytes = None  # as it came


@dataclasses.dataclass
class Response:
    status: int
    next: int
    appended: list
    entries: list

    def encoded(self):
        fields = [response_head(self.status, self.next, self.appended)]
        for entry in self.entries:
            what = (bytes_field(3, entry.stub) if entry.blob is None
                    else bytes_field(2, entry.blob))
            fields.append(bytes_field(4, number_field(1, entry.index) + what))
        return b"".join(fields)


def read_entry(data):
    fields = dict(read_fields(data, {1: (int, 0), 2: (bytes, 0),
                                     3: (bytes, 0)}))
    return Entry(fields[1], fields.get(2), fields.get(3))


def read_response(data):
    pairs = read_fields(data, {1: (int, 0), 2: (int, 0), 3: (bytes, 0),
                               4: (bytes, 1)})
    fields = dict(pairs)
    appended, at, packed = [], 0, fields.get(3, b"")
    while at < len(packed):
        index, at = read_varint(packed, at)
        appended.append(index)
    return Response(fields[1], fields[2], appended,
                    [read_entry(value) for field, value in pairs
                     if field == 4])
