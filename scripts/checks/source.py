#!/usr/bin/env python3
"""Rules that can be read off the sources. One rule a run:

    source.py RULE      prints each breach as file:line: what, and exits 1
    source.py --list

Run from the top of the project.
"""
import pathlib
import re
import subprocess
import sys

# The order of docs: a room includes headers of itself and of those before it.
ROOMS = ["base", "crypto", "mls", "circle", "content", "relay", "store",
         "device", "transport"]

# What freestanding C and string.h give; nothing here allocates or does I/O.
SYSTEM_HEADERS = {"stdbool.h", "stddef.h", "stdint.h", "limits.h", "string.h",
                  "assert.h"}
# Others, each with the rooms that may use it.
FOREIGN_HEADERS = [
    (re.compile(r"sodium(\.h|/)"), {"crypto"}),
    (re.compile(r"valgrind/"), {"base"}),  # only under COVEY_CT_TEST
    (re.compile(r"protobuf-c/"), {"content", "relay"}),
    (re.compile(r"curl/"), {"transport"}),
]
PUBLIC_SYSTEM_HEADERS = {"stdbool.h", "stddef.h", "stdint.h"}

BANNED = ["malloc", "calloc", "realloc", "free", "alloca", "strdup", "strcpy",
          "strcat", "strncpy", "strncat", "sprintf", "vsprintf", "snprintf",
          "printf", "fprintf", "puts", "gets", "scanf", "sscanf", "strtok",
          "setjmp", "longjmp", "abort", "exit", "atexit", "rand", "srand",
          "random_r", "time", "clock", "getenv", "system", "atoi", "strtol"]


def fail(path, line, what):
    print(f"{path}:{line}: {what}")
    fail.count += 1


fail.count = 0


def files(*patterns):
    found = set()
    for pattern in patterns:
        found.update(pathlib.Path(".").glob(pattern))
    return sorted(found)


def code_of(text):
    """The text with comments and the insides of literals blanked; line and
    column numbers stay."""
    def blank(match):
        token = match.group(0)
        if token[0] in "\"'":
            return token[0] + " " * (len(token) - 2) + token[-1]
        return re.sub(r"[^\n]", " ", token)
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'
                  r"'(?:\\.|[^'\\\n])*'", blank, text, flags=re.S)


def includes(text):
    """Yields (line, name, quoted) of the includes that are not commented."""
    plain = code_of(text).splitlines()
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
        if match and plain[number - 1].lstrip().startswith("#"):
            yield number, match.group(2), match.group(1) == '"'


def rule_rooms():
    """A room includes only its own headers and those of rooms above it"""
    for path in files("lib/**/*.[ch]"):
        room = path.parts[1]
        if room not in ROOMS:
            fail(path, 1, f"no such room: {room}")
            continue
        allowed = ROOMS[:ROOMS.index(room) + 1]
        for line, name, quoted in includes(path.read_text()):
            head = name.split("/")[0]
            if quoted:
                if "/" not in name:
                    fail(path, line, f'write the room: "{room}/{name}"')
                elif head not in allowed:
                    fail(path, line, f"{room} may not include {name}: "
                         f"only {', '.join(allowed)}")
                elif not pathlib.Path("lib", name.replace(
                        ".pb-c.h", ".proto")).exists():
                    fail(path, line, f"lib/{name} does not exist")
            elif head != "covey" and name not in SYSTEM_HEADERS:
                rooms = next((rooms for pattern, rooms in FOREIGN_HEADERS
                              if pattern.match(name)), set())
                # Transport does real I/O and needs the system's headers.
                known = any(p.match(name) for p, _ in FOREIGN_HEADERS)
                if room not in rooms and (room != "transport" or known):
                    fail(path, line, f"{room} may not include <{name}>")
    for path in files("include/covey/*.h"):
        for line, name, quoted in includes(path.read_text()):
            if quoted:
                fail(path, line, f"public headers are included with <>: {name}")
            elif name.startswith("covey/"):
                if not pathlib.Path("include", name).exists():
                    fail(path, line, f"include/{name} does not exist")
            elif name not in PUBLIC_SYSTEM_HEADERS:
                fail(path, line, f"a public header may not include <{name}>")


def rule_banned():
    """lib/ allocates nothing, prints nothing, reads no clock, has no errno"""
    calls = re.compile(r"\b(" + "|".join(BANNED) + r")\s*\(")
    for path in files("lib/**/*.[ch]"):
        if path.parts[1] == "transport":
            continue
        for number, line in enumerate(code_of(path.read_text()).splitlines(), 1):
            for match in calls.finditer(line):
                # A member named so is a hook of the host, not the function.
                before = line[:match.start()].rstrip()
                if not before.endswith(("->", ".")):
                    fail(path, number, f"banned: {match.group(1)}()")
            if re.search(r"\berrno\b", line):
                fail(path, number, "banned: errno")


def rule_floats():
    """No floating point in lib/ nor in the public headers"""
    for path in files("lib/**/*.[ch]", "include/**/*.h"):
        for number, line in enumerate(code_of(path.read_text()).splitlines(), 1):
            if re.search(r"\b(float|double|_Complex)\b|\b\d+\.\d+", line):
                fail(path, number, "floating point: " + line.strip())


def rule_unfinished():
    """Nothing is marked as still to be done"""
    marks = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"])
                       + r")\b")
    for path in files("lib/**/*.[ch]", "include/**/*.h", "tests/**/*.[ch]",
                      "tests/**/*.py", "examples/**/*.[ch]", "bench/**/*.[ch]",
                      "scripts/*", "scripts/**/*.py", "**/CMakeLists.txt"):
        if path.parts[0] == "build" or not path.is_file():
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if marks.search(line):
                fail(path, number, line.strip())


def declarations(text):
    """Yields (line, name, parameters, comment) of each COVEY_API declaration
    of a header; comment is the block before it, "" without one."""
    plain = code_of(text)
    for match in re.finditer(r"^COVEY_API\b[^;{]*;", plain, re.M):
        start = match.start()
        before = text[:start].rstrip()
        comment = ""
        if before.endswith("*/"):
            opened = before.rfind("/*")
            comment = before[opened:]
        declaration = re.sub(r"\s+", " ", match.group(0))
        found = re.search(r"(\w+) ?\((.*)\) ?;$", declaration)
        line = text.count("\n", 0, start) + 1
        if not found:
            yield line, declaration, [], comment
            continue
        name, inner = found.groups()
        parameters = []
        for parameter in split_parameters(inner):
            parameter = re.sub(r"\[[^\]]*\]", "", parameter).strip()
            pointer = re.search(r"\(\s*\*\s*(\w+)\s*\)", parameter)
            last = pointer or re.search(r"(\w+)$", parameter)
            if parameter not in ("void", "") and last:
                parameters.append(last.group(1))
        yield line, name, parameters, comment


def split_parameters(inner):
    depth, part, parts = 0, "", []
    for char in inner:
        depth += char in "(["
        depth -= char in ")]"
        if char == "," and depth == 0:
            parts.append(part)
            part = ""
        else:
            part += char
    return parts + [part]


def rule_documented():
    """Every public function has its contract before it, parameters named"""
    for path in files("include/covey/*.h"):
        text = path.read_text()
        plain = code_of(text)
        # A COVEY_API that is not at the start of a line would not be seen.
        for number, line in enumerate(plain.splitlines(), 1):
            if re.search(r"\S.*\bCOVEY_API\b", line) and "#" not in line:
                fail(path, number, "COVEY_API does not begin the line")
        for line, name, parameters, comment in declarations(text):
            if not comment.startswith("/**"):
                fail(path, line, f"{name}: no /** comment right before it")
                continue
            declaration = declaration_of(plain, line)
            # One that only gives a value of its object says which, no more.
            if (len(parameters) <= 1 and "@" not in comment
                    and not re.match(r"COVEY_API (int|void) \w+ ?\(",
                                     declaration)):
                continue
            for parameter in parameters:
                if not re.search(r"@param(\[[a-z,]+\])?[\w, ]*\b"
                                 + parameter + r"\b", comment):
                    fail(path, line, f"{name}: no @param for {parameter}")
            if "@ret" not in comment and not re.match(
                    r"COVEY_API void \w+ ?\(", declaration):
                fail(path, line, f"{name}: no @retval or @return")
        opening = text.lstrip()
        if not opening.startswith("/*"):
            fail(path, 1, "no opening paragraph: what this is, order of calls")


def declaration_of(plain, line):
    rest = "\n".join(plain.splitlines()[line - 1:])
    return re.sub(r"\s+", " ", rest.split(";")[0]).replace(
        "COVEY_MUST_CHECK ", "")


def rule_versions():
    """CMakeLists.txt, version.h and CHANGELOG.md agree on the version"""
    def find(path, pattern):
        text = pathlib.Path(path).read_text() if pathlib.Path(
            path).exists() else ""
        match = re.search(pattern, text, re.M)
        if not match:
            fail(path, 1, f"no version found ({pattern})")
        return match.group(1) if match else None
    project = find("CMakeLists.txt", r"^\s*VERSION (\d+\.\d+\.\d+)$")
    header = find("include/covey/version.h",
                  r'^#define COVEY_VERSION "(\d+\.\d+\.\d+)"$')
    if project and header and project != header:
        fail("include/covey/version.h", 1,
             f"{header}, but CMakeLists.txt says {project}")
    # The newest heading is the version being made, or the one released.
    log = find("CHANGELOG.md", r"^## \[(\d+\.\d+\.\d+)\]")
    if project and log and project != log:
        fail("CHANGELOG.md", 1, f"{log}, but CMakeLists.txt says {project}")


def rule_paths():
    """No path of one machine, no registry's host"""
    # Written so that this file does not find itself.
    pattern = re.compile("|".join([
        "(?<![\\w.])/wor[k]/", "/far[m]/", "/opt/swif[t]", "/hom[e]/\\w",
        "(?<![\\w.])/roo[t]/", "[.]librar[y]/", "deb[.]debian[.]or[g]",
        "pypi[.]or[g]", "archive[.]ubunt[u]"]))
    try:
        names = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"], check=True,
            capture_output=True, text=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        names = [str(path) for path in pathlib.Path(".").rglob("*")
                 if path.is_file() and path.parts[0] not in ("build", ".git")]
    for name in names:
        try:
            text = pathlib.Path(name).read_text()
        except (UnicodeDecodeError, OSError):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if pattern.search(line):
                fail(name, number, line.strip()[:100])


def rule_claims():
    """Every test that docs/CLAIMS.md names is there"""
    path = pathlib.Path("docs/CLAIMS.md")
    if not path.exists():
        return
    for number, line in enumerate(path.read_text().splitlines(), 1):
        for name, test in re.findall(r"`(tests/[\w./-]+)(?::(\w+))?`", line):
            source = pathlib.Path(name)
            if not source.exists():
                fail(path, number, f"{name} does not exist")
            elif test and not re.search(rf"\b{test}\b", source.read_text()):
                fail(path, number, f"{name} has no {test}")


RULES = {name[5:]: rule for name, rule in list(globals().items())
         if name.startswith("rule_")}


def main():
    if sys.argv[1:] == ["--list"]:
        for name, rule in RULES.items():
            print(f"{name}\t{rule.__doc__}")
        return 0
    RULES[sys.argv[1]]()
    return 1 if fail.count else 0


if __name__ == "__main__":
    sys.exit(main())
