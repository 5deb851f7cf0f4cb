#!/usr/bin/env python3
"""Each rule of scripts/check must catch a breach of it. In a small project of
its own, which passes, one breach after the other is planted, and the rule
must fail and name it."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
COPIED = ["CMakeLists.txt", "cmake", "scripts/check", "scripts/checks",
          "lib/CMakeLists.txt", ".clang-format", ".clang-tidy", "CHANGELOG.md",
          "include/covey/version.h", "include/covey/export.h"]

GOOD = {
    "include/covey/good.h": """\
/*
 * A header as it should be.
 */
#ifndef COVEY_GOOD_H
#define COVEY_GOOD_H

#include <covey/export.h>

/**
 * The sum of two numbers.
 *
 * @param a  One of them.
 * @param b  The other.
 *
 * @return The sum.
 */
COVEY_API int covey_good_add(int a, int b);

#endif
""",
    "lib/base/good.h": """\
#ifndef COVEY_BASE_GOOD_H
#define COVEY_BASE_GOOD_H

int covey_base_twice(int a);

#endif
""",
    "lib/base/good.c": """\
#include "base/good.h"

#include <covey/good.h>
#include <covey/version.h>

const char *covey_version(void)
{
    return COVEY_VERSION;
}

int covey_base_twice(int a)
{
    return covey_good_add(a, a);
}

int covey_good_add(int a, int b)
{
    return a + b;
}
""",
    "lib/crypto/sum.h": """\
#ifndef COVEY_CRYPTO_SUM_H
#define COVEY_CRYPTO_SUM_H

int covey_crypto_differ(const void *a, const void *b);

#endif
""",
    "lib/crypto/sum.c": """\
#include "crypto/sum.h"

#include <sodium/utils.h>

int covey_crypto_differ(const void *a, const void *b)
{
    return sodium_memcmp(a, b, 16);
}
""",
    "lib/mls/leaf.h": """\
#ifndef COVEY_MLS_LEAF_H
#define COVEY_MLS_LEAF_H

int covey_mls_leaf(const void *a, const void *b);

#endif
""",
    "lib/mls/leaf.c": """\
#include "mls/leaf.h"

#include "base/good.h"
#include "crypto/sum.h"

int covey_mls_leaf(const void *a, const void *b)
{
    return covey_base_twice(covey_crypto_differ(a, b));
}
""",
}

HEADER = "include/covey/good.h"
BASE = "lib/base/good.c"
CRYPTO = "lib/crypto/sum.c"
MLS = "lib/mls/leaf.c"


def replace(old, new):
    def change(text):
        assert old in text, old
        return text.replace(old, new, 1)
    return change


def append(more):
    return lambda text: text + more


def before_includes(line):
    return lambda text: text.replace("#include", line + "\n#include", 1)


# Rule, file, how it is broken, what the rule must say.
BREACHES = [
    ("format", BASE, replace("    return a + b;", "  return a+b;"), BASE),
    ("scripts", "scripts/odd", lambda _: "#!/usr/bin/env bash\nif\n",
     "not executable"),
    ("rooms", CRYPTO, before_includes('#include "mls/leaf.h"'),
     "crypto may not include mls/leaf.h"),
    ("rooms", MLS, before_includes("#include <sodium.h>"), "<sodium.h>"),
    ("rooms", BASE, before_includes("#include <stdio.h>"), "<stdio.h>"),
    ("rooms", BASE, before_includes('#include "good.h"'), "write the room"),
    ("rooms", HEADER, before_includes('#include "base/good.h"'),
     "public headers"),
    ("rooms", HEADER, before_includes("#include <sodium.h>"), "<sodium.h>"),
    ("banned", BASE, append("\nvoid *x = malloc(3);\n"), "malloc()"),
    ("banned", MLS, append("\nint y = errno;\n"), "errno"),
    ("floats", MLS, append("\nstatic double half(void);\n"), "double"),
    ("floats", MLS, append("\n#define HALF 0.5\n"), "0.5"),
    ("unfinished", MLS, append("\n/* TO" + "DO: later */\n"), "later"),
    ("documented", HEADER, replace("/**\n", "/*\n"), "no /** comment"),
    ("documented", HEADER, replace(" * @param b  The other.\n", ""),
     "no @param for b"),
    ("documented", HEADER, replace(" * @return The sum.\n", ""), "no @ret"),
    ("documented", HEADER, append(
        "/** Nothing more. */\nCOVEY_API int covey_go(void *all);\n"),
     "no @param for all"),
    ("documented", HEADER, replace("COVEY_API int", "int COVEY_API"),
     "does not begin"),
    ("versions", "include/covey/version.h", replace('"0.', '"7.'), "says"),
    ("versions", "CHANGELOG.md", replace("[0.", "[7."), "says"),
    ("paths", "README.md", lambda _: "see /wor" + "k/main\n", "README.md:1"),
    ("claims", "docs/CLAIMS.md", lambda _: "x `tests/unit/gone.c:no_test`\n",
     "does not exist"),
    ("build", BASE, replace("return a + b;", "short c = a;\n\n    return c + b;"),
     "=conversion"),
    ("state", BASE, append("\nint covey_count(void);\nint covey_count(void)\n"
                           "{\n    static int n;\n    return ++n;\n}\n"),
     "is mutable"),
    ("imports", BASE, append("\nint puts(const char *);\nvoid covey_say(void);"
                             "\nvoid covey_say(void)\n{\n    puts(\"\");\n}\n"),
     "calls puts"),
    ("imports", MLS, append("\nvoid sodium_misuse(void);\nvoid covey_m(void);"
                            "\nvoid covey_m(void)\n{\n    sodium_misuse();\n}\n"),
     "calls sodium_misuse"),
    ("exports", BASE, append(
        "\nCOVEY_API int covey_door(void);\nint covey_door(void)\n{\n"
        "    return 1;\n}\n"), "covey_door is exported"),
    ("exports", HEADER, append("COVEY_API int covey_gone(void);\n"),
     "covey_gone is declared, but not exported"),
    # Over two rooms; a direct one; a static one.
    ("recursion", BASE, replace("return a + b;",
                                "int covey_mls_leaf(const void *, const void *);"
                                "\n    return covey_mls_leaf(&a, &b);"),
     "covey_mls_leaf"),
    ("recursion", BASE, replace("return a + b;", "return a ? covey_good_add"
                                "(a - 1, b) : b;"), "covey_good_add"),
    ("cppcheck", BASE, replace("return a + b;",
                               "int c[2] = {a, b};\n    return c[2];"),
     "arrayIndexOutOfBounds"),
    ("tidy", BASE, replace("return a + b;", "if (a > 3) {\n        b = 1;\n    "
                           "} else {\n        b = 1;\n    }\n    return b;"),
     "bugprone-branch-clone"),
]


def check(project, *steps):
    run = subprocess.run(["scripts/check", *steps], cwd=project,
                         capture_output=True, text=True)
    return run.returncode, run.stdout + run.stderr


def main():
    bad = 0
    with tempfile.TemporaryDirectory() as work:
        project = pathlib.Path(work)
        for name in COPIED:
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            if (TOP / name).is_dir():
                shutil.copytree(TOP / name, project / name)
            else:
                shutil.copy2(TOP / name, project / name)
        for name, text in GOOD.items():
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            (project / name).write_text(text)
        subprocess.run(["git", "init", "--quiet"], cwd=project, check=False)
        (project / ".gitignore").write_text("build/\n")

        status, out = check(project)
        if status:
            print(out)
            print("FAILED: the project without a breach does not pass")
            return 1
        print("ok: the project without a breach passes")

        for rule, name, breach, says in BREACHES:
            path = project / name
            old = path.read_text() if path.exists() else None
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(breach(old))
            status, out = check(project, rule)
            if old is None:
                path.unlink()
            else:
                path.write_text(old)
            if "SKIPPED" in out:
                print(f"SKIPPED: {rule}: {out.strip()}")
            elif status == 1 and says in out:
                print(f"ok: {rule} finds: {says}")
            else:
                print(f"FAILED: {rule} does not find: {says}\n{out}")
                bad = 1
        uncovered = ({line.split()[0] for line in
                      check(project, "--list")[1].splitlines()}
                     - {rule for rule, _, _, _ in BREACHES})
        if uncovered:
            print(f"FAILED: no breach is planted for: {sorted(uncovered)}")
            bad = 1
    return bad


if __name__ == "__main__":
    sys.exit(main())
