"""How a program might give something away: whole lines, records and packets
with it inside. The controls of scan.py: each of its forms must be found in one
of these, which are written without it."""
import base64
import decimal
import json
import math
import struct
import urllib.parse

BASE32 = "0123456789bcdefghjkmnpqrstuvwxyz"


def of_bytes(data):
    for before in (b"", b"a", b"ab"):
        record = before + data + b"xyz"
        yield base64.b64encode(record)
        yield base64.urlsafe_b64encode(record)
    yield struct.pack(">H", len(data)) + data + b"\0"
    yield struct.pack(">H", len(data)) + bytes(reversed(data))
    yield b"key=" + data.hex().encode() + b"\n"
    yield b"key=" + "".join(f"{byte:02X}" for byte in data).encode() + b"\n"


def of_text(text):
    line = f"<{text}>\n"
    yield from of_bytes(text.encode())
    for form in (line, line.upper(), line.lower(), line[::-1]):
        yield form.encode()
    yield line.encode("utf-16")
    yield b"\xfe\xff" + line.encode("utf-16-be")
    yield line.encode("latin-1")
    yield f"GET /?q={urllib.parse.quote(text, safe='')}&x".encode()
    yield urllib.parse.urlencode({"q": text, "x": 1}).encode()
    yield json.dumps({"text": line}).encode()


# ---- places ----

def texts(lat, lon):
    """The two as somebody prints them."""
    for digits in range(3, 8):
        step = decimal.Decimal(1).scaleb(-digits)
        for how in (decimal.ROUND_HALF_EVEN, decimal.ROUND_DOWN):
            yield tuple(str((decimal.Decimal(v) / 10**7).quantize(step, how))
                        for v in (lat, lon))
    for digits in (5, 6, 7):
        yield tuple(str(math.floor(decimal.Decimal(v).scaleb(digits - 7)))
                    for v in (lat, lon))


def receivers(lat, lon):
    def minutes(v, width):
        degrees = abs(v) // 10**7
        return f"{degrees:0{width}}{abs(v) % 10**7 * 6 / 10**6:08.5f}"
    yield f"$GPRMC,1,A,{minutes(lat, 2)},N,{minutes(lon, 3)},E,".encode()


def lines(lat, lon):
    for pair in texts(lat, lon):
        line = f'<trkpt lat="{pair[0]}" lon="{pair[1]}">'
        yield line.encode()
        yield line.replace(".", ",").encode()
        yield line.encode("utf-16-le")
        yield line.encode("utf-16-be")
        yield line[::-1].encode()
        for before in (b"", b"a", b"ab"):
            for text in pair:
                yield base64.b64encode(before + text.encode() + b"xyz")
    yield from receivers(lat, lon)


def protobuf(numbers, is_zigzag):
    out = bytearray()
    for field, number in enumerate(numbers, 1):
        if is_zigzag:
            number = 2 * number if number >= 0 else -2 * number - 1
        number %= 2**64
        out.append(field << 3)
        while number >= 128:
            out.append(number % 128 + 128)
            number //= 128
        out.append(number)
    return bytes(out)


def records(lat, lon):
    degrees = lat / 10**7, lon / 10**7
    for sign in "<>":
        for pair in (degrees, tuple(map(math.radians, degrees))):
            for kind in "df":
                data = struct.pack(f"{sign}I2{kind}", 7, *pair)
                yield data
                yield data.hex().encode()
        for step in (1, 10, 100):
            units = int(lat / step), int(lon / step)
            for kind in "iq":
                yield struct.pack(f"{sign}H2{kind}H", 7, *units, 7)
            yield struct.pack(">2i", *units).hex().encode()
            for is_zigzag in (False, True):
                yield protobuf(units, is_zigzag)


def geohash(lat, lon, bits=45):
    """Of integers: each half of the bits is a fraction of the range."""
    fractions = [int((v / 10**7 + half) / (2 * half) * 2**(bits // 2 + 1))
                 for v, half in ((lon, 180), (lat, 90))]
    number = 0
    for i in range(bits):
        number = number << 1 | fractions[i % 2] >> (bits // 2 - i // 2) & 1
    return "".join(BASE32[number >> shift & 31]
                   for shift in range(bits - 5, -1, -5))


def of_place(lat, lon):
    yield from lines(lat, lon)
    yield from records(lat, lon)
    yield f"u4/{geohash(lat, lon)}.json".encode()
    yield geohash(lat, lon).upper().encode()
