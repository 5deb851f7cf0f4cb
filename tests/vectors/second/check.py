#!/usr/bin/env python3
"""Reads all vectors of tests/vectors/own with an implementation of its own,
made from SPEC.md, and then alters them in places, each of which it must
notice.

    check.py DIRECTORY
"""
import copy
import json
import pathlib
import random
import sys

SKIPPED = 77
try:
    import cryptography  # noqa: F401
    from cryptography.hazmat.primitives.ciphers.aead import \
        ChaCha20Poly1305  # noqa: F401
except ImportError as error:
    print(f"NOT CHECKED: the vectors by a second implementation, as python3-"
          f"cryptography is missing ({error})")
    sys.exit(SKIPPED)

import own

SAMPLES = 2  # of each kind of place
# Places that only this engine's own decisions could confirm, the names of
# things, and encodings that stay refused when they are altered.
NOT_LOOKED_AT = {
    "session.json": (
        "utc_ms_at_0", "devices[].name", "devices[].seed",
        "devices[].events", "devices[].exchanges[].at_ms"),
    "contents.json": ("valid[].name", "refused[].encoding"),
    "refused.json": (
        "epoch.group_id", "epoch.epoch", "epoch.sender_data_secret",
        "epoch.blobs[].blob", "invite.sealed[].blob"),
    "roster.json": ("valid[].name", "refused[].data"),
    "invite.json": ("refused[].uri",),
    "signatures.json": ("[].why",),
    "sync.json": ("requests[].name", "responses[].name",
                  "refused[].encoding"),
    "attachment.json": ("refused[].blob", "refused[].number"),
}
# Of the first epoch nobody has the exporter's secret.
ONLY_SAID = (("epochs", 0, "digits"), ("epochs", 0, "init_secret"))


def is_looked_at(file, words, path):
    kind = pattern(path)
    if file == "seen.json" and path[0] == "claims" and \
            path[-1] != "verdict":  # another false claim is false, too
        return get(words, path[:-1])["verdict"] == "match"
    if file == "signatures.json" and path[-1] not in ("verifies", "why"):
        return words[path[0]]["verifies"]  # a bad one stays bad
    if file == "session.json" and path in ONLY_SAID:
        return False
    return not any(kind == name or kind.startswith(name + "[")
                   for name in NOT_LOOKED_AT.get(file, ()))


def places(words, path=()):
    if isinstance(words, dict):
        for name, value in words.items():
            yield from places(value, path + (name,))
    elif isinstance(words, list):
        for i, value in enumerate(words):
            yield from places(value, path + (i,))
    else:
        yield path


def pattern(path):
    name = "".join("[]" if isinstance(step, int) else "." + step
                   for step in path)
    return name.lstrip(".")


def altered(value, chance):
    """One bit of it is another."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value ^ 1
    if value == "":
        return "00"
    at = chance.randrange(len(value))
    letter = value[at]
    for base, letters in ((16, "0123456789abcdef"), (10, "0123456789")):
        if all(c in letters for c in value):
            digit = int(letter, base) ^ 1 << chance.randrange(
                4 if base == 16 else 1)
            return value[:at] + letters[digit] + value[at + 1:]
    return value[:at] + chr(ord(letter) ^ 1) + value[at + 1:]


def put(words, path, value):
    for step in path[:-1]:
        words = words[step]
    words[path[-1]] = value


def get(words, path):
    for step in path:
        words = words[step]
    return words


def alone(file, words, path):
    """Cases of contents.json stand for themselves: only the altered one."""
    if file != "contents.json":
        return words, path
    few = {name: [] for name in words}
    few[path[0]] = [words[path[0]][path[1]]]
    return few, (path[0], 0) + path[2:]


def notices(file, words, path, chance):
    few, path = alone(file, words, path)
    few = copy.deepcopy(few)
    before = get(few, path)
    put(few, path, altered(before, chance))
    try:
        own.FILES[file](few)
    except Exception:  # whatever it stumbles over
        return True
    print(f"{file}: {path} was {before!r:.60}, "
          f"is {get(few, path)!r:.60}, and nobody noticed")
    return False


def samples(file, words, chance):
    kinds = {}
    for path in places(words):
        if is_looked_at(file, words, path):
            kinds.setdefault(pattern(path), []).append(path)
    for paths in kinds.values():
        yield from chance.sample(paths, min(SAMPLES, len(paths)))


def main():
    directory = pathlib.Path(sys.argv[1])
    found = {path.name for path in directory.glob("*.json")}
    if found != set(own.FILES):
        sys.exit(f"{directory} has other files: {found ^ set(own.FILES)}")
    failed = False
    for file, check in own.FILES.items():
        words = json.loads((directory / file).read_text())
        cases = check(words)
        chance = random.Random(file)
        tried = [notices(file, words, path, chance)
                 for path in samples(file, words, chance)]
        failed |= not tried or not all(tried)
        print(f"{file}: {cases} cases agree; "
              f"{sum(tried)} of {len(tried)} alterations are noticed")
    sys.exit(failed)


if __name__ == "__main__":
    main()
