"""Locations: columns of differences, and scans (SPEC.md 3.4). The words are
those of tests/vectors/own/contents.json."""
from wire import need

LAST_TIME = 253402300799999
FIXES, ACCESS_POINTS, CELLS = 32, 32, 8
# column: least, most, the bit of the state that says who has it
COLUMNS = {
    "lat_e7": (-900000000, 900000000, None),
    "lon_e7": (-1800000000, 1800000000, None),
    "time_ms": (0, LAST_TIME, None),
    "state": (0, 2**14 - 1, None),
    "accuracy_cm": (0, 100000000, None),
    "altitude_cm": (-2000000, 2000000, 0),
    "speed_cm_s": (0, 50000, 1),
    "heading_cdeg": (0, 35999, 2),
    "battery_percent": (0, 100, 3),
}
SECOND_ORDER = ("lat_e7", "lon_e7", "time_ms")
STATE = (("worn", 4, 3), ("charging", 6, 3), ("source", 8, 7),
         ("reason", 11, 7))
HALF, WHOLE = 2**63, 2**64


def within(value, least, most, why):
    need(least <= value <= most, "MALFORMED", why)


def is_time(value):
    within(value, 1, LAST_TIME, "a time")


def signed(value):
    return (value + HALF) % WHOLE - HALF


def accumulate(name, differences, base):
    """Values of a column, 64-bit arithmetic."""
    least, most, _ = COLUMNS[name]
    values, step = [], 0
    for i, d in enumerate(differences):
        if i == 0:
            value = signed(base + d)
        else:
            step = signed(step + d) if name in SECOND_ORDER and i > 1 else d
            value = signed(values[-1] + step)
            if name == "heading_cdeg":
                within(d, -18000, 17999, "not the shorter way")
                value %= 36000
        within(value, least, most, name)
        values.append(value)
    return values


def differences(name, values, base):
    found, last_step = [], 0
    for i, value in enumerate(values):
        if i == 0:
            found.append(value - base)
            continue
        step = value - values[i - 1]
        if name == "heading_cdeg":
            step = (step + 18000) % 36000 - 18000
        found.append(step - last_step)
        last_step = step if name in SECOND_ORDER else 0
    return found


def read_columns(location, sent_ms):
    num = len(location.get("lat_e7", []))
    need(num <= FIXES, "MALFORMED", "fixes")
    columns = {}
    for name, (_, _, bit) in COLUMNS.items():
        who = range(num) if bit is None else \
            [i for i in range(num) if columns["state"][i] >> bit & 1]
        column = location.get(name, [])
        need(len(column) <= len(who), "MALFORMED", f"{name} of nobody")
        need(name == "lat_e7" or not column or column[-1] != 0, "MALFORMED",
             "a zero at the end")
        values = accumulate(name, column + [0] * (len(who) - len(column)),
                            sent_ms if name == "time_ms" else 0)
        columns[name] = values if bit is None else dict(zip(who, values))
    return num, columns


def read_fixes(location, sent_ms):
    num, columns = read_columns(location, sent_ms)
    fixes = []
    for i in range(num):
        fix = {}
        for name, (_, _, bit) in COLUMNS.items():
            if bit is None or i in columns[name]:
                fix[name] = columns[name][i]
        state = fix.pop("state")
        for name, shift, mask in STATE:
            fix[name] = state >> shift & mask
            need(mask != 3 or fix[name] != 3, "MALFORMED", name)
        fixes.append(fix)
    return fixes


def write_fixes(fixes, sent_ms):
    location = {}
    for name, (_, _, bit) in COLUMNS.items():
        if name == "state":
            values = [state_of(fix) for fix in fixes]
        else:
            values = [fix[name] for fix in fixes if name in fix]
        column = differences(name, values,
                             sent_ms if name == "time_ms" else 0)
        while name != "lat_e7" and column and column[-1] == 0:
            column.pop()
        if column:
            location[name] = column
    return location


def state_of(fix):
    state = sum(1 << bit for name, (_, _, bit) in COLUMNS.items()
                if bit is not None and name in fix)
    return state | sum(fix[name] << shift for name, shift, _ in STATE)


# ---- scans

def read_scan(scan, sent_ms):
    time = sent_ms + scan["time_ms"]
    within(time, 0, LAST_TIME, "time of a scan")
    wifi = scan.get("wifi", b"")
    need(len(wifi) % 8 == 0 and len(wifi) <= 8 * ACCESS_POINTS,
         "MALFORMED", "wifi")
    need("wifi" not in scan or wifi, "MALFORMED", "an empty wifi")
    points = []
    for at in range(0, len(wifi), 8):
        rssi = wifi[at + 6] - 256 * (wifi[at + 6] > 127)
        within(rssi, -127, 0, "rssi")
        points.append({"bssid": wifi[at:at + 6].hex(), "rssi_dbm": rssi,
                       "channel": wifi[at + 7]})
    cells = [read_cell(cell) for cell in scan.get("cells", [])]
    need(points or cells and len(cells) <= CELLS, "MALFORMED", "a scan")
    need(len(cells) <= CELLS, "MALFORMED", "cells")
    return {"time_ms": time, "wifi": points, "cells": cells}


def read_cell(cell):
    within(cell["mcc"], 0, 999, "mcc")
    within(cell["mnc_digits"], 2, 3, "mnc_digits")
    within(cell["mnc"], 0, 10**cell["mnc_digits"] - 1, "mnc")
    within(cell["area"], 0, 2**24 - 1, "area")
    within(cell["id"], 0, 2**36 - 1, "id")
    within(cell["rssi_dbm"], -150, 0, "rssi")
    return dict(cell, id=str(cell["id"]))


def write_scan(scan, sent_ms):
    found = {"time_ms": scan["time_ms"] - sent_ms}
    if scan["wifi"]:
        found["wifi"] = b"".join(
            bytes.fromhex(p["bssid"]) + bytes([p["rssi_dbm"] % 256,
                                               p["channel"]])
            for p in scan["wifi"])
    if scan["cells"]:
        found["cells"] = [dict(c, id=int(c["id"])) for c in scan["cells"]]
    return found
