#!/usr/bin/env python3
"""Rules that are read off a build of the library, made by gcc with
-fcallgraph-info:

    objects.py RULE BUILD_DIRECTORY   prints each breach, and exits 1
    objects.py --list

Run from the top of the project.
"""
import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import source  # noqa: E402

# All that the library asks of anybody: memory functions, the compiler's own
# helpers, and libsodium from one room.
IMPORTS = re.compile(r"mem(cpy|move|set|cmp)|strlen|__assert_fail|"
                     r"__stack_chk_fail|_GLOBAL_OFFSET_TABLE_|"
                     r"__(u?div|u?mod|u?mul)[a-z]*[0-9]")
SODIUM = re.compile(r"crypto_\w+|sodium_\w+|randombytes\w*")
# The runtime has an allocator of its own, which calls malloc; what is given
# one of ours never reaches it (tests/unit/content_arena.c).
PROTOBUF = re.compile(r"protobuf_c_message_\w+")


def fail(what):
    print(what)
    fail.count += 1


fail.count = 0


# The transport is a library of its own: its header, its objects.
TRANSPORT_HEADER = pathlib.Path("include/covey/transport_curl.h")
TRANSPORT_OBJECTS = "lib/transport/CMakeFiles/covey_transport_objects.dir"


def objects(build, suffix="o"):
    """Yields (room, object) of the libraries' objects."""
    top = pathlib.Path(build, "lib/CMakeFiles/covey_objects.dir")
    for path in sorted(top.glob(f"*/*.{suffix}")):
        yield path.parent.name, path
    for path in sorted(pathlib.Path(build, TRANSPORT_OBJECTS).glob(
            f"*.{suffix}")):
        yield "transport", path


def symbols(path, *options):
    """Yields (type, name) of the symbols of an object or a library."""
    out = subprocess.run(["nm", "-P", *options, str(path)], check=True,
                         capture_output=True, text=True).stdout
    for line in out.splitlines():
        words = line.split()
        if len(words) >= 2:
            yield words[1], words[0]


def rule_state(build):
    """The library has no mutable object of its own: no .data, no .bss"""
    for room, path in objects(build):
        out = subprocess.run(["nm", "-f", "sysv", str(path)], check=True,
                             capture_output=True, text=True).stdout
        for line in out.splitlines():
            words = [word.strip() for word in line.split("|")]
            # .data.rel.ro is const data that holds addresses.
            if len(words) == 7 and re.match(
                    r"\.(data|bss|tdata|tbss)(?!\.rel\.ro)|\*COM\*", words[6]):
                fail(f"lib/{room}/{path.stem}: {words[0]} is mutable")


def rule_imports(build):
    """The library calls nothing but memory functions, libsodium, protobuf-c"""
    own = {name for _, path in objects(build)
           for kind, name in symbols(path) if kind in "TRDBCVW"}
    for room, path in objects(build):
        if room == "transport":
            continue
        for kind, name in symbols(path):
            if kind != "U" or name in own or IMPORTS.fullmatch(name):
                continue
            if not (room == "crypto" and SODIUM.fullmatch(name)
                    or room in ("content", "relay")
                    and PROTOBUF.fullmatch(name)):
                fail(f"lib/{room}/{path.stem}: calls {name}")


def rule_exports(build):
    """The libraries export what their headers declare, no less and no more"""
    headers = source.files("include/covey/*.h")
    check_exports(pathlib.Path(build, "libcovey.so"),
                  [path for path in headers if path != TRANSPORT_HEADER])
    if pathlib.Path(build, TRANSPORT_OBJECTS).exists():
        check_exports(pathlib.Path(build, "libcovey_transport.so"),
                      [TRANSPORT_HEADER])


def check_exports(library, headers):
    exported = {name for kind, name in symbols(library, "-D", "--defined-only")
                if kind in "TRDBVW"}
    declared = {}
    for path in headers:
        for line, name, _, _ in source.declarations(path.read_text()):
            declared[name] = f"{path}:{line}"
    for name in sorted(exported - declared.keys()):
        fail(f"{name} is exported, but no public header declares it "
             "with COVEY_API")
    for name in sorted(declared.keys() - exported):
        fail(f"{declared[name]}: {name} is declared, but not exported: not "
             "written, or its file does not include the header")
    for name in sorted(exported):
        if not name.startswith("covey_"):
            fail(f"{name} is exported without the prefix covey_")


def plain_name(name):
    """Position-independent code calls its own exported functions by another
    name: file.c:covey_x.localalias is covey_x."""
    match = re.fullmatch(r"(?:.*:)?(\w+)\.localalias", name)
    return match.group(1) if match else name


def call_graph(build):
    """{function: {called, ...}}; names of static functions carry their file.
    Calls through pointers are not in it: see rule_recursion."""
    graph = {}
    for _, path in objects(build, "ci"):
        for match in re.finditer(r'^edge: \{ sourcename: "([^"]+)" '
                                 r'targetname: "([^"]+)"', path.read_text(),
                                 re.M):
            caller, called = (plain_name(name) for name in match.groups())
            graph.setdefault(caller, set()).add(called)
    if not graph:
        fail("no call graph was written (gcc's -fcallgraph-info)")
    return graph


def cycles(graph):
    """The strongly connected components that contain a call to themselves
    (Tarjan, with a stack of our own)."""
    index, low, on_stack, stack, found = {}, {}, set(), [], []
    for root in graph:
        if root in index:
            continue
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        work = [(root, iter(sorted(graph.get(root, ()))))]
        while work:
            node, edges = work[-1]
            for called in edges:
                if called not in index:
                    index[called] = low[called] = len(index)
                    stack.append(called)
                    on_stack.add(called)
                    work.append((called, iter(sorted(graph.get(called, ())))))
                    break
                if called in on_stack:
                    low[node] = min(low[node], index[called])
            else:
                work.pop()
                if work:
                    parent = work[-1][0]
                    low[parent] = min(low[parent], low[node])
                if low[node] == index[node]:
                    component = []
                    while not component or component[-1] != node:
                        component.append(stack.pop())
                        on_stack.discard(component[-1])
                    if len(component) > 1 or node in graph.get(node, ()):
                        found.append(component)
    return found


def rule_recursion(build):
    """No function of lib/ calls itself, over whatever detour

    A call through a pointer goes to one node, __indirect_call. The pointers
    that the library calls are the suite's functions and the host's hooks; the
    former stand in lib/crypto and call nothing above it, the latter may not
    call back."""
    for component in cycles(call_graph(build)):
        fail("recursion: " + " -> ".join(reversed(component)))


RULES = {name[5:]: rule for name, rule in list(globals().items())
         if name.startswith("rule_")}


def main():
    if sys.argv[1:] == ["--list"]:
        for name, rule in RULES.items():
            print(f"{name}\t{rule.__doc__.splitlines()[0]}")
        return 0
    RULES[sys.argv[1]](sys.argv[2])
    return 1 if fail.count else 0


if __name__ == "__main__":
    sys.exit(main())
