#!/usr/bin/env python3
"""Seeds for the fuzz targets, made of the official MLS vectors.

    seeds.py DIRECTORY

writes DIRECTORY/<target>/<name>; a target's first byte chooses among what it
reads (see the head of its LLVMFuzzerTestOneInput). The vectors are those of
$COVEY_VECTORS_DIR; without them it says so and exits 77.
"""
import hashlib
import json
import os
import pathlib
import sys

out = None
vectors = None


def load(name):
    return json.loads((vectors / "mls" / f"{name}.json").read_text())


def seed(target, data, choice=None):
    if choice is not None:
        data = bytes([choice]) + data
    directory = out / target
    directory.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(data).hexdigest()[:16]
    (directory / name).write_bytes(data)


def number(value, size):
    return value.to_bytes(size, "big")


def vec(data):
    """opaque<V>, RFC 9420 section 2.1.2."""
    if len(data) < 64:
        return bytes([len(data)]) + data
    return number(0x4000 | len(data), 2) + data


COMMIT, PROPOSAL, UPDATE_PATH, PSK_ID = range(4)
WELCOME, GROUP_INFO, GROUP_SECRETS = range(3)
CONTEXT, EXTENSIONS, CAPABILITIES = range(3)

PROPOSALS = {"add_proposal": 1, "update_proposal": 2, "remove_proposal": 3,
             "pre_shared_key_proposal": 4, "re_init_proposal": 5,
             "external_init_proposal": 6,
             "group_context_extensions_proposal": 7}


def of_messages():
    for case in load("messages")[:20]:
        case = {name: bytes.fromhex(text) for name, text in case.items()}
        for name in ("mls_welcome", "mls_group_info", "mls_key_package",
                     "public_message_application", "public_message_proposal",
                     "public_message_commit", "private_message"):
            seed("message", case[name])
        seed("key_package", case["mls_key_package"][4:], 0)
        # No extensions of the group, then a leaf.
        seed("key_package", b"\x00" + case["update_proposal"], 1)
        seed("welcome", case["mls_welcome"][4:], WELCOME)
        seed("welcome", case["mls_group_info"][4:], GROUP_INFO)
        seed("welcome", case["group_secrets"], GROUP_SECRETS)
        seed("commit", case["commit"], COMMIT)
        for name, kind in PROPOSALS.items():
            seed("commit", number(kind, 2) + case[name], PROPOSAL)
        seed("commit", case["pre_shared_key_proposal"], PSK_ID)
        seed("ratchet_tree", case["ratchet_tree"])


def of_trees():
    for case in load("tree-validation"):
        seed("ratchet_tree", bytes.fromhex(case["tree"]))
    for case in load("treekem"):
        seed("ratchet_tree", bytes.fromhex(case["ratchet_tree"]))
        for path in case["update_paths"]:
            seed("commit", bytes.fromhex(path["update_path"]), UPDATE_PATH)
    for case in load("tree-operations-suite1"):
        seed("ratchet_tree", bytes.fromhex(case["tree_before"]))
        seed("ratchet_tree", bytes.fromhex(case["tree_after"]))


def of_groups():
    for case in load("key-schedule"):
        for epoch in case["epochs"]:
            seed("group_context", bytes.fromhex(epoch["group_context"]), CONTEXT)
    for name in ("passive-client-welcome", "passive-client-handling-commit"):
        for case in load(name):
            seed("message", bytes.fromhex(case["welcome"]))
            seed("key_package", bytes.fromhex(case["key_package"])[4:], 0)
            for epoch in case["epochs"]:
                for message in epoch["proposals"] + [epoch["commit"]]:
                    seed("message", bytes.fromhex(message))


def of_nothing():
    """What the vectors do not have."""
    required = vec(number(0xf001, 2)) + vec(number(1, 2)) + vec(number(1, 2))
    own = number(0xf001, 2) + vec(b"roster")
    both = number(3, 2) + vec(required) + own
    seed("group_context", required, CAPABILITIES)
    seed("group_context", both, EXTENSIONS)
    seed("group_context", number(1, 2) + number(3, 2) + vec(b"group") +
         number(7, 8) + vec(bytes(32)) + vec(bytes(32)) + vec(both), CONTEXT)
    # Eight members, each of whom renews its path, then three go and one comes.
    path = 3 << 6 | 0x20  # and look at the tree
    grow = b"".join(bytes([0, path | leaf]) for leaf in range(8))
    seed("tree_changes", grow)
    seed("tree_changes", grow + bytes([2 << 6 | 1, 2 << 6 | 2, 2 << 6 | 7, path,
                                       0, path | 5, 1 << 6 | 3, path | 6]))
    seed("tree_changes", bytes(40) + grow)


def main():
    global out, vectors
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    out = pathlib.Path(sys.argv[1])
    vectors = pathlib.Path(os.environ.get("COVEY_VECTORS_DIR", ""))
    of_nothing()
    if not (vectors / "mls").is_dir():
        print(f"NOT CHECKED: no vectors to make seeds of in '{vectors}'")
        return 77
    of_messages()
    of_trees()
    of_groups()
    for target in sorted(out.iterdir()):
        print(f"{target.name}: {len(list(target.iterdir()))} seeds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
