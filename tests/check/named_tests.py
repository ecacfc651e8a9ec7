#!/usr/bin/env python3
"""Checks that every test which tests/sim/README.md or tests/SECURITY.md names is there.

Names in double quotes are Catch2 cases (one that ends with " …" is the beginning of a name), test_… in backquotes are
functions of tests/e2e.

Usage: named_tests.py CHECKOUT
"""

import pathlib
import re
import sys

PAGES = ("tests/sim/README.md", "tests/SECURITY.md")
COMMANDS = {"name", "thousands of seeds"}  # quoted as arguments of test_sim


def missing(readme, cases, functions):
    table = " ".join(line for line in readme.splitlines() if line.startswith("|"))
    quoted = set(re.findall(r'"([^"]+)"', table)) - COMMANDS
    lost = [name for name in sorted(quoted) if not any(
        case == name or (name.endswith(" …") and case.startswith(name[:-2])) for case in cases)]
    return lost + sorted(set(re.findall(r"`(test_\w+)`", readme)) - functions)


def main(root):
    cases, functions = set(), set()
    for path in (root / "tests").rglob("*_test.cc"):
        cases |= set(re.findall(r'TEST_CASE\(\s*"((?:[^"\\]|\\.)*)"', path.read_text()))
    for path in (root / "tests/e2e").glob("*_test.py"):
        functions |= set(re.findall(r"^\s*def (test_\w+)", path.read_text(), re.M))
    lost = [(page, name) for page in PAGES for name in missing((root / page).read_text(), cases, functions)]
    for page, name in lost:
        print(f"{page} names a test that is not there: {name}")
    print("named tests: " + (f"{len(lost)} missing" if lost else "all there"))
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
