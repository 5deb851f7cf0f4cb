"""A browser that looks at a page: Chromium, without a window."""
import os
import shutil
import struct
import subprocess
import tempfile
import zlib

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find():
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    return None


def run(browser, *options):
    """What it prints. In a profile of its own; the sandbox cannot be had as
    root, and the only pages here are ours."""
    with tempfile.TemporaryDirectory(prefix="covey-browser-") as profile:
        environment = dict(os.environ, HOME=profile)
        return subprocess.run(
            [browser, "--headless", "--no-sandbox", "--disable-gpu",
             "--hide-scrollbars", "--no-first-run", "--disable-extensions",
             "--disable-background-networking", "--disable-sync",
             "--disable-component-update", "--disable-dev-shm-usage",
             "--virtual-time-budget=8000", "--window-size=1000,700",
             f"--user-data-dir={profile}", *options],
            check=True, capture_output=True, text=True, timeout=60,
            env=environment).stdout


def dom(browser, url):
    """The page as it is once its script has run."""
    return run(browser, "--dump-dom", url)


def screenshot(browser, url, path):
    run(browser, f"--screenshot={path}", url)
    with open(path, "rb") as file:
        return pixels(file.read())


def pixels(png):
    """Width and rows of (red, green, blue), of an 8-bit PNG without
    interlace."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n", "not a PNG"
    at, data, head = 8, b"", None
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at:at + 8])
        body = png[at + 8:at + 8 + size]
        if kind == b"IHDR":
            head = struct.unpack(">IIBBBBB", body)
        elif kind == b"IDAT":
            data += body
        at += 12 + size
    width, height, depth, colour, _, _, interlace = head
    assert depth == 8 and colour in (2, 6) and interlace == 0, head
    return unfilter(zlib.decompress(data), width, height,
                    3 if colour == 2 else 4)


def unfilter(raw, width, height, step):
    stride, rows, before = width * step, [], bytes(width * step)
    for y in range(height):
        kind = raw[y * (stride + 1)]
        line = bytearray(raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        for i in range(stride if kind else 0):
            left = line[i - step] if i >= step else 0
            above = before[i]
            corner = before[i - step] if i >= step else 0
            if kind == 1:
                guess = left
            elif kind == 2:
                guess = above
            elif kind == 3:
                guess = (left + above) // 2
            else:
                guess = min((left, above, corner), key=lambda x: (
                    abs(left + above - corner - x), ))
            line[i] = (line[i] + guess) & 255
        before = bytes(line)
        rows.append([tuple(line[x:x + 3]) for x in range(0, stride, step)])
    return rows


def count(rows, colour, within=12):
    """Pixels of about this colour."""
    return sum(1 for row in rows for pixel in row
               if all(abs(a - b) <= within for a, b in zip(pixel, colour)))
