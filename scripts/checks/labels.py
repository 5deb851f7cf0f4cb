#!/usr/bin/env python3
"""What ctest knows about the tests.

    labels.py BUILD_DIRECTORY    each test has exactly one known label, or
                                 exits 1
    labels.py --count JUNIT_XML  prints "N passed, N failed, N skipped"
    labels.py --skipped JUNIT_XML  prints each skipped test and its last line
"""
import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

LABELS = {"unit", "vectors", "negative", "sim", "torture", "fuzz", "ct",
          "relay", "e2e", "bindings", "firmware", "bench"}


def labels(build):
    shown = subprocess.run(["ctest", "--test-dir", build,
                            "--show-only=json-v1"], check=True,
                           capture_output=True, text=True).stdout
    bad = 0
    for test in json.loads(shown)["tests"]:
        found = [label for entry in test.get("properties", [])
                 if entry["name"] == "LABELS" for label in entry["value"]]
        if len(found) != 1 or found[0] not in LABELS:
            print(f"{test['name']} has the labels {found}; "
                  f"it takes exactly one of {sorted(LABELS)}")
            bad = 1
    return bad


def count(path):
    try:
        suite = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError):
        print("0 passed, 1 failed, 0 skipped")  # ctest itself did not run
        return 1
    tests, failed, off, skipped = (
        int(suite.get(key, "0"))
        for key in ("tests", "failures", "disabled", "skipped"))
    print(f"{tests - failed - off - skipped} passed, {failed} failed, "
          f"{off + skipped} skipped")
    return 0


def skipped(path):
    try:
        cases = ElementTree.parse(path).getroot().iter("testcase")
    except (OSError, ElementTree.ParseError):
        return 1
    for case in cases:
        if case.find("skipped") is not None or case.get("status") == "notrun":
            lines = (case.findtext("system-out") or "").strip().splitlines()
            print(": ".join([case.get("name")] + lines[-1:]))
    return 0


if __name__ == "__main__":
    modes = {"--count": count, "--skipped": skipped}
    sys.exit(modes[sys.argv[1]](sys.argv[2]) if sys.argv[1] in modes
             else labels(sys.argv[1]))
