"""Policy documents (SPEC.md 3.9)."""
from location import COLUMNS, within
from wire import need

KINDS = ("zones", "school_hours", "contacts", "sos_list", "reporting",
         "precision")
WEEK, ZONES, SPANS, MEMBERS = 10080, 12, 32, 32


def is_text(data, most, lines=False):
    """UTF-8 in the shortest form without control characters."""
    need(1 <= len(data) <= most, "MALFORMED", "length of a text")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        need(False, "MALFORMED", "not UTF-8")
    for c in map(ord, text):
        need(0x20 <= c < 0x7f or c > 0x9f or lines and c in (9, 10),
             "MALFORMED", "a control character")
    return text


def members(data):
    ids = [data[at:at + 16] for at in range(0, len(data), 16)]
    need(len(data) % 16 == 0 and len(ids) <= MEMBERS and
         len(set(ids)) == len(ids), "MALFORMED", "members")
    return [one.hex() for one in ids]


def read_zone(zone):
    need(zone["id"], "MALFORMED", "zone 0")
    for name in "lat_e7", "lon_e7":
        within(zone[name], *COLUMNS[name][:2], name)
    within(zone["radius_m"], 10, 100000, "radius")
    return dict(zone, name=is_text(zone["name"], 48))


def read_spans(spans):
    need(len(spans) % 2 == 0 and len(spans) <= 2 * SPANS, "MALFORMED")
    found, end = [], 0
    for gap, length in zip(spans[::2], spans[1::2]):
        begin, end = end + gap, end + gap + length
        need(begin < end <= WEEK, "MALFORMED", "a span")
        found.append({"begin": begin, "end": end})
    return found


def write_spans(spans):
    found, last = [], 0
    for span in spans:
        found += [span["begin"] - last, span["end"] - span["begin"]]
        last = span["end"]
    return found


def read(document):
    name = next(kind for kind in KINDS if kind in document)
    content = document[name]
    need(document["version"], "MALFORMED", "version 0")
    words = {"kind": KINDS.index(name) + 1, "version": document["version"]}
    if name == "zones":
        zones = [read_zone(zone) for zone in content.get("zones", [])]
        need(len(zones) <= ZONES and len({z["id"] for z in zones}) ==
             len(zones), "MALFORMED", "zones")
        return dict(words, zones=zones)
    if name == "school_hours":
        return dict(words, spans=read_spans(content.get("spans", [])))
    if name in ("contacts", "sos_list"):
        need(content.get("ids") != b"", "MALFORMED", "no ids")
        return dict(words, members=members(content.get("ids", b"")))
    if name == "reporting":
        within(content["interval_s"], 10, 86400, "interval")
        within(content["moving_interval_s"], 10, content["interval_s"],
               "interval of a walk")
        within(content["moved_m"], 10, 10000, "moved")
        within(content["reserve_percent"], 0, 50, "reserve")
    elif content["grid_m"]:
        within(content["grid_m"], 100, 50000, "grid")
    return dict(words, **content)


def write(words):
    words = dict(words)
    name, version = KINDS[words.pop("kind") - 1], words.pop("version")
    if name == "zones":
        content = {"zones": [dict(zone, name=zone["name"].encode())
                             for zone in words["zones"]]}
    elif name == "school_hours":
        spans = write_spans(words["spans"])
        content = {"spans": spans} if spans else {}
    elif name in ("contacts", "sos_list"):
        ids = bytes.fromhex("".join(words["members"]))
        content = {"ids": ids} if ids else {}
    else:
        content = words
    return {name: content, "version": version}
