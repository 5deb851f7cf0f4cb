"""Protocol Buffers in the one form that SPEC.md 3.1 and 4.5 take. The fields
are read from the text of a .proto file (version 2, a subset)."""
import re
from types import SimpleNamespace as Object

from wire import need

VARINT, FIXED64, BYTES = 0, 1, 2
BITS = {"uint32": 32, "uint64": 64, "sint32": 32, "sint64": 64, "bool": 1}
TOKEN = re.compile(r"//[^\n]*|\"[^\"]*\"|[\w.]+|[{}=;\[\]]")


class Schema:
    """Messages by name, each a dictionary from number to field."""

    def __init__(self, text, open_messages=()):
        self.messages, self.enums = {}, {}
        self.open_messages = set(open_messages)
        tokens = [t for t in TOKEN.findall(text) if not t.startswith("//")]
        self.tokens = iter(tokens)
        for token in self.tokens:
            if token == "message":
                self.read_message(next(self.tokens))
            elif token == "enum":
                self.read_enum("")
            else:
                self.skip()

    def skip(self):
        while next(self.tokens) != ";":
            pass

    def read_enum(self, scope):
        name, values = next(self.tokens), set()
        for token in self.tokens:
            if token == "}":
                break
            if token == "=":
                values.add(int(next(self.tokens)))
        self.enums[scope + name] = values

    def read_message(self, name):
        fields, oneof = self.messages.setdefault(name, {}), None
        for token in self.tokens:
            if token == "}":
                if oneof is None:
                    return
                oneof = None
            elif token == "enum":
                self.read_enum(name + ".")
            elif token == "oneof":
                oneof = next(self.tokens)
                next(self.tokens)
            elif token != "{":
                field = self.read_field(token, oneof, name)
                fields[field.number] = field

    def read_field(self, label, oneof, scope):
        if oneof:
            field = Object(label="oneof", type=label)
        else:
            field = Object(label=label, type=next(self.tokens))
        field.oneof, field.scope = oneof, scope
        field.name = next(self.tokens)
        next(self.tokens)
        field.number = int(next(self.tokens))
        field.packed = "packed" in list(iter(self.tokens.__next__, ";"))
        return field

    # ---- what a field's type is on the wire

    def enum(self, field):
        return self.enums.get(f"{field.scope}.{field.type}",
                              self.enums.get(field.type))

    def wire_type(self, field):
        if field.packed or field.type in ("bytes", "string"):
            return BYTES
        if field.type in self.messages:
            return BYTES
        return FIXED64 if field.type == "fixed64" else VARINT

    # ---- reading

    def decode(self, name, data):
        """A dictionary of the fields that are there. `unknown` is the number
        of the one unknown field of a message that is open."""
        fields, found, at, last = self.messages[name], {}, 0, 0
        while at < len(data):
            tag, at = read_varint(data, at, 32)
            number, form = tag >> 3, tag & 7
            field = fields.get(number)
            need(number > last or number == last and field and
                 field.label == "repeated" and not field.packed,
                 "MALFORMED", "order, or twice")
            last = number
            if field is None:
                need(name in self.open_messages and form == BYTES and
                     "unknown" not in found, "MALFORMED", "unknown field")
                found["unknown"] = number
                _, at = read_bytes(data, at)
                continue
            need(form == self.wire_type(field), "MALFORMED", "wire type")
            value, at = self.read_value(field, data, at)
            if field.label == "repeated" and not field.packed:
                found.setdefault(field.name, []).append(value)
            else:
                found[field.name] = value
        self.check(name, found)
        return found

    def check(self, name, found):
        choices = {}
        for field in self.messages[name].values():
            there = field.name in found
            need(there or field.label != "required", "MALFORMED",
                 f"no {field.name}")
            if field.oneof:
                choices[field.oneof] = choices.get(field.oneof, 0) + there
        if "unknown" in found:
            choices = {key: num + 1 for key, num in choices.items()}
        need(all(num == 1 for num in choices.values()), "MALFORMED",
             f"a choice of {name}")

    def read_value(self, field, data, at):
        if field.packed:
            packed, at = read_bytes(data, at)
            need(packed, "MALFORMED", "packed, without values")
            values, i = [], 0
            while i < len(packed):
                value, i = self.read_number(field, packed, i)
                values.append(value)
            return values, at
        if field.type == "fixed64":
            need(at + 8 <= len(data), "MALFORMED", "too short")
            return int.from_bytes(data[at:at + 8], "little"), at + 8
        if self.wire_type(field) == VARINT:
            return self.read_number(field, data, at)
        value, at = read_bytes(data, at)
        if field.type in self.messages:
            value = self.decode(field.type, value)
        return value, at

    def read_number(self, field, data, at):
        value, at = read_varint(data, at, BITS.get(field.type, 32))
        if field.type == "bool":
            return bool(value), at
        if field.type.startswith("sint"):
            return (value >> 1) ^ -(value & 1), at
        values = self.enum(field)
        need(values is None or value in values, "MALFORMED", "enum")
        return value, at

    # ---- writing

    def encode(self, name, values):
        out = b""
        fields = self.messages[name]
        need(set(values) <= {f.name for f in fields.values()}, "ARGUMENT",
             f"{set(values)} of {name}")
        for number, field in sorted(fields.items()):
            if field.name not in values:
                continue
            value = values[field.name]
            many = field.label == "repeated" and not field.packed
            for one in value if many else [value]:
                out += varint(number << 3 | self.wire_type(field))
                out += self.encode_value(field, one)
        return out

    def encode_value(self, field, value):
        if field.packed:
            return lengthy(b"".join(self.number(field, v) for v in value))
        if field.type == "fixed64":
            return value.to_bytes(8, "little")
        if field.type in self.messages:
            return lengthy(self.encode(field.type, value))
        if field.type in ("bytes", "string"):
            return lengthy(value)
        return self.number(field, value)

    @staticmethod
    def number(field, value):
        if field.type.startswith("sint"):
            value = value << 1 if value >= 0 else (-value << 1) - 1
        return varint(value)


def read_varint(data, at, bits):
    value, shift = 0, 0
    while True:
        need(at < len(data) and shift < 70, "MALFORMED", "varint")
        byte = data[at]
        at += 1
        value |= (byte & 0x7f) << shift
        shift += 7
        if byte < 0x80:
            break
    need(byte or shift == 7, "MALFORMED", "a longer varint")
    need(value < 1 << bits, "MALFORMED", "a large number")
    return value, at


def read_bytes(data, at):
    size, at = read_varint(data, at, 32)
    need(size <= len(data) - at, "MALFORMED", "too short")
    return data[at:at + size], at + size


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7f | 0x80])
        value >>= 7
    return out + bytes([value])


def lengthy(data):
    return varint(len(data)) + data
