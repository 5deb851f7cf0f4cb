"""The forms of RFC 9420 section 2.1: numbers, vectors, optional values."""


class Refused(Exception):
    """What SPEC.md section 1.7 calls an error, by its name there."""

    def __init__(self, name, why=""):
        super().__init__(f"{name}: {why}" if why else name)
        self.name = name


def need(condition, name, why=""):
    if not condition:
        raise Refused(name, why)


class Reader:
    def __init__(self, data):
        self.data, self.at = bytes(data), 0

    def take(self, size):
        need(size <= len(self.data) - self.at, "MALFORMED", "too short")
        self.at += size
        return self.data[self.at - size:self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "big")

    def u8(self):
        return self.number(1)

    def u16(self):
        return self.number(2)

    def u32(self):
        return self.number(4)

    def u64(self):
        return self.number(8)

    def vector(self):
        first = self.u8()
        form = first >> 6
        need(form < 3, "MALFORMED", "a length of a form that does not exist")
        size = first & 0x3f
        for _ in range((1 << form) - 1):
            size = size << 8 | self.u8()
        need(size >= (0, 64, 16384)[form], "MALFORMED", "a longer length")
        return self.take(size)

    def items(self, read):
        """A vector of what `read` reads."""
        return whole_items(self.vector(), read)

    def optional(self, read):
        there = self.u8()
        need(there < 2, "MALFORMED", "neither there nor absent")
        return read(self) if there else None

    def since(self, start):
        return self.data[start:self.at]

    def end(self):
        need(self.at == len(self.data), "MALFORMED", "something behind it")


def whole(data, read):
    """What `read` reads, and nothing behind it."""
    reader = Reader(data)
    value = read(reader)
    reader.end()
    return value


def whole_items(data, read):
    reader, found = Reader(data), []
    while reader.at < len(reader.data):
        found.append(read(reader))
    return found


def u8(value):
    return value.to_bytes(1, "big")


def u16(value):
    return value.to_bytes(2, "big")


def u32(value):
    return value.to_bytes(4, "big")


def u64(value):
    return value.to_bytes(8, "big")


def vector(data):
    size = len(data)
    if size < 64:
        return u8(size) + data
    if size < 16384:
        return u16(size | 0x4000) + data
    return u32(size | 0x80000000) + data


def optional(data):
    return b"\0" if data is None else b"\1" + data
