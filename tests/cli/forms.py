"""The forms that a name, a key or a place may have where it should not be: for
each value, its bytes in every encoding that a program might use.

A form of six bytes and more that mean something is never there by chance. One
of fewer is: of a place, it counts when the other coordinate is beside it.
"""
import base64
import dataclasses
import json
import math
import struct
import urllib.parse

SURE = 6  # bytes
GEOHASH = "0123456789bcdefghjkmnpqrstuvwxyz"


@dataclasses.dataclass(frozen=True)
class Form:
    what: str  # is found
    how: str  # it is written
    data: bytes


def unique(forms):
    """Those that differ; the first of equal ones."""
    return list({form.data: form for form in reversed(list(forms))}.values())


# ---- bytes ----

def in_base64(data, encode):
    """At each of the three places in a longer text, without the characters
    that its neighbours have a part in."""
    for shift in range(3):
        text = encode(bytes(shift) + data)
        begin = -(-shift * 4 // 3)
        yield text[begin:(shift + len(data)) * 8 // 6]


def of_bytes(what, data):
    """Of a key, an id, a piece of a picture."""
    yield Form(what, "bytes", data)
    yield Form(what, "bytes, reversed", data[::-1])
    for name, encode in (("base64", base64.b64encode),
                         ("base64url", base64.urlsafe_b64encode)):
        for place, text in enumerate(in_base64(data, encode)):
            yield Form(what, f"{name} at {place}", text)
    yield Form(what, "hex", data.hex().encode())
    yield Form(what, "HEX", data.hex().upper().encode())


def of_text(what, text):
    yield from of_bytes(what, text.encode())
    for name, other in (("upper case", text.upper()),
                        ("lower case", text.lower()),
                        ("backwards", text[::-1])):
        yield Form(what, name, other.encode())
    for name in ("utf-16-le", "utf-16-be"):
        yield Form(what, name, text.encode(name))
    if max(text) <= "\xff":
        yield Form(what, "latin-1", text.encode("latin-1"))
    quoted = urllib.parse.quote(text, safe="")
    yield Form(what, "percent", quoted.encode())
    yield Form(what, "percent, of a form",
               urllib.parse.quote_plus(text).encode())
    yield Form(what, "JSON", json.dumps(text)[1:-1].encode())


# ---- places ----

def varint(number):
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 0x7f:
        out.append(number & 0x7f | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def zigzag(number):
    return varint(number << 1 ^ number >> 63)


def cut(number, digits):
    """As text, rounded and cut off."""
    whole = f"{number / 10**7:.7f}"
    return {f"{number / 10**7:.{digits}f}", whole[:len(whole) - 7 + digits]}


def scaled(number, digits):
    """As an integer, rounded and cut off."""
    step = 10**(7 - digits)
    return {number // step, -(-number // step), round(number / step)}


def in_minutes(number, width):
    """As receivers say it: ddmm.mmm."""
    degrees, rest = divmod(abs(number), 10**7)
    minutes = rest * 60 / 10**7
    return {f"{degrees:0{width}}{text}" for text in (
        f"{minutes:06.3f}", f"{math.floor(minutes * 1000) / 1000:06.3f}")}


def of_digits(what, number, width):
    for digits in range(3, 8):
        for text in cut(number, digits):
            yield Form(what, f"{digits} digits", text.encode())
            yield Form(what, f"{digits} digits, comma",
                       text.replace(".", ",").encode())
    for text in in_minutes(number, width):
        yield Form(what, "minutes", text.encode())
    for digits in (5, 6, 7):
        for units in scaled(number, digits):
            yield Form(what, f"E{digits} in decimal", str(units).encode())
            yield Form(what, f"E{digits} in hex",
                       b"%08x" % (units & 0xffffffff))
    for text in cut(number, 5):
        yield Form(what, "digits, utf-16-le", text.encode("utf-16-le"))
        yield Form(what, "digits, utf-16-be", text.encode("utf-16-be"))
        for place, code in enumerate(in_base64(text.encode(),
                                               base64.b64encode)):
            yield Form(what, f"digits, base64 at {place}", code)
    text = min(cut(number, 7), key=len)
    yield Form(what, "digits, backwards", text[::-1].encode())


def of_number(what, number):
    degrees = number / 10**7
    for order, sign in (("little", "<"), ("big", ">")):
        for name, value in (("degrees", degrees),
                            ("radians", math.radians(degrees))):
            double = struct.pack(sign + "d", value)
            yield Form(what, f"{name}, double, {order}", double)
            yield Form(what, f"{name}, float, {order}",
                       struct.pack(sign + "f", value))
            yield Form(what, f"{name}, double, {order}, hex",
                       double.hex().encode())
        for digits in (5, 6, 7):
            for units in scaled(number, digits):
                yield Form(what, f"E{digits}, int32, {order}",
                           struct.pack(sign + "i", units))
                yield Form(what, f"E{digits}, int64, {order}",
                           struct.pack(sign + "q", units))
    for digits in (5, 6, 7):
        for units in scaled(number, digits):
            yield Form(what, f"E{digits}, varint", varint(units))
            yield Form(what, f"E{digits}, zigzag varint", zigzag(units))


def geohash(lat, lon, size):
    """Of degrees."""
    low, high, bits = [-90.0, -180.0], [90.0, 180.0], []
    for i in range(size * 5):
        axis, value = ((1, lon), (0, lat))[i % 2]
        middle = (low[axis] + high[axis]) / 2
        bits.append(int(value >= middle))
        (low if bits[-1] else high)[axis] = middle
    return "".join(GEOHASH[int("".join(map(str, bits[i:i + 5])), 2)]
                   for i in range(0, len(bits), 5))


@dataclasses.dataclass(frozen=True)
class Place:
    """In degrees times 10^7."""
    what: str
    lat: int
    lon: int

    def halves(self):
        """The forms of the latitude, and those of the longitude."""
        for name, number, width in (("latitude", self.lat, 2),
                                    ("longitude", self.lon, 3)):
            what = f"{name} of {self.what}"
            yield unique([*of_digits(what, number, width),
                          *of_number(what, number)])

    def whole(self):
        hashed = geohash(self.lat / 10**7, self.lon / 10**7, SURE)
        yield Form(self.what, "geohash", hashed.encode())
        yield Form(self.what, "GEOHASH", hashed.upper().encode())


def is_sure(form):
    """Zeros and ones before a small number mean nothing."""
    return len(form.data.strip(b"\0\xff")) >= SURE
