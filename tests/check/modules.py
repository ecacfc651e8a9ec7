#!/usr/bin/env python3
"""Checks daemon/ against daemon/modules.txt, the architecture.

A module may name only modules above it in the list (so a cycle can't be written), a file may include only what its
module names, an outside header that a module owns is included by its owners alone, and daemon/README.md, once it is
there, explains every module.

Usage: modules.py CHECKOUT
"""

import pathlib
import re
import sys

import source


class Registry:
    """modules.txt: for each module what it may include, and who owns which outside header."""

    def __init__(self, text):
        self.allowed = {}
        self.owners = {}
        self.problems = []
        for number, line in enumerate(text.splitlines(), 1):
            line = line.split("#")[0].strip()
            if line:
                self._add(number, line)

    def _add(self, number, line):
        where = f"daemon/modules.txt:{number}"
        match = re.fullmatch(r"([a-z][a-z_]*)\s*:([^|]*)\|?([^|]*)", line)
        if not match:
            self.problems.append(f'{where}: a row is "name: modules | outside headers"')
            return
        name, uses, owned = match[1], match[2].split(), match[3].split()
        if name in self.allowed:
            self.problems.append(f"{where}: {name} has a row already")
        for other in uses:
            if other not in self.allowed:
                self.problems.append(f"{where}: {name} names {other}, which is not above it")
        self.allowed[name] = set(uses)
        for header in owned:
            self.owners.setdefault(header, set()).add(name)

    def owners_of(self, header):
        """Who may include an outside header; None if everybody may."""
        for owned, owners in self.owners.items():
            folder = re.sub(r"\.(h|hpp)$", "", owned) + "/"  # boost/json.hpp stands for boost/json/… too
            if header == owned or header.startswith(folder):
                return owners
        return None


def check_file(registry, module, where, text):
    """Problems with the includes of one file of a module."""
    problems = []
    for number, style, header in source.include_lines(text):
        owners = registry.owners_of(header)
        if owners is not None:
            if module not in owners:
                problems.append(f"{where}:{number}: only {', '.join(sorted(owners))} may include {header}")
            continue
        first = header.split("/")[0]
        ours = first in registry.allowed and "/" in header
        if style == "<":
            if ours:
                problems.append(f'{where}:{number}: write "{header}", with quotes: it is ours')
        elif "/" not in header:
            problems.append(f'{where}:{number}: name {header} from daemon/ on, as in "{module}/{header}"')
        elif first != module and first not in registry.allowed[module]:
            problems.append(f"{where}:{number}: {module} may not include {header} (daemon/modules.txt)")
    return problems


def check_readme(registry, text):
    """daemon/README.md names each module, as code or as the first cell of a row."""
    return [
        f"daemon/README.md: module {name} of modules.txt is not explained"
        for name in registry.allowed
        if not re.search(rf"`{name}/?`", text)
    ]


def check(root):
    daemon = pathlib.Path(root) / "daemon"
    registry = Registry((daemon / "modules.txt").read_text())
    problems = list(registry.problems)
    for path in source.files(root, ["daemon"]):
        inside = path.relative_to(daemon)
        module = inside.parts[0]
        if len(inside.parts) == 1:
            problems.append(f"daemon/{inside}: a file belongs to a module's folder")
        elif module not in registry.allowed:
            problems.append(f"daemon/{inside}: module {module} is not in daemon/modules.txt")
        else:
            problems += check_file(registry, module, f"daemon/{inside}", path.read_text())
    readme = daemon / "README.md"
    if readme.exists():
        problems += check_readme(registry, readme.read_text())
    return problems


if __name__ == "__main__":
    found = check(sys.argv[1])
    print("\n".join(found) if found else "modules: in order")
    sys.exit(bool(found))
