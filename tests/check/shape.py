#!/usr/bin/env python3
"""Checks the shape of our C and C++ code: length of files and functions, and words that have no place in it.

Usage: shape.py CHECKOUT
"""

import pathlib
import re
import sys

import source

FILE_LIMIT = 600
FUNCTION_LIMIT = 80

# Files that may be longer, each with its reason: {"daemon/x/y.cc": "why"}.
LONG_FILES = {}


class Rule:
    """Code matching `pattern` is refused in files whose path matches `where`, but for those that match `but`."""

    def __init__(self, pattern, why, where=r"", but=r"$^"):
        self.pattern = re.compile(pattern)
        self.why = why
        self.where = re.compile(where)
        self.but = re.compile(but)

    def applies(self, path):
        return self.where.match(path) and not self.but.search(path)


RULES = [
    Rule(r"#\s*include\s*<boost/asio\.hpp>", "include the precise Asio headers (this one costs 3 s a file)"),
    Rule(
        r"\bthis_thread\s*::\s*sleep",
        "wait for a condition with a deadline, or use a timer",
        r"",
        r"^tests/support/thread_executor\.cc$",  # eventually(), which does just that
    ),
    Rule(r"\b(secure_)?getenv\b", "only a main reads the environment", r"daemon/", r"main\.cc$"),
    Rule(
        r"\bthrow\b",
        "expected failure is a Result, a broken invariant a RUNARD_CHECK",
        r"daemon/",
        r"^daemon/config/tree\.cc$",  # nothing else stops yaml-cpp's parser in the middle of a document
    ),
    Rule(r"\bdetached\b", "every coroutine and thread has an owner that waits for it"),
    Rule(
        r"\b(system_clock|steady_clock|high_resolution_clock)\s*::\s*now\b|\b(clock_gettime|gettimeofday)\s*\(",
        "time comes from core::Clock",
        r"daemon/",
        r"^daemon/(core/clock|node/notify)\.cc$",  # systemd wants a reading of CLOCK_MONOTONIC itself
    ),
    Rule(r"(?<![\w.>])(rand\s*\(\s*\)|srand\s*\()|\brandom_device\b", "randomness comes from core::Random", r"daemon/"),
    Rule(r"\busing\s+namespace\b(?!\s+std::(\w+_)?literals)", "a header must not open a namespace for all who include it", r"", r"\.(cc|cpp|c)$"),
]


def check_words(path, text):
    code = source.code_of(text)
    includes = {n: f"#include <{h}>" for n, style, h in source.include_lines(text) if style == "<"}
    rules = [rule for rule in RULES if rule.applies(path)]
    problems = []
    for number, line in enumerate(code.splitlines(), 1):
        for rule in rules:
            match = rule.pattern.search(includes.get(number, line))
            if match:
                problems.append(f"{path}:{number}: {match[0].strip()}: {rule.why}")
    return problems


_TYPE = re.compile(r"\b(namespace|class|struct|union|enum|concept)\b[^()]*$|\bextern\s*\"\s*\"\s*$")


def _opens_function(header):
    """Whether a brace that follows this text, outside of functions, opens a function's body."""
    header = re.sub(r"\[\[.*?\]\]|\b(alignas|__attribute__|noexcept|requires|explicit)\s*\([^()]*\)", " ", header)
    if header.rstrip().endswith(("=", "(", ",", "return")) or _TYPE.search(header):
        return False
    close = header.rfind(")")
    return close >= 0 and not re.search(r"(?<![=!<>])=(?!=)", header[close:])


def functions(text):
    """(first line, last line) of each function body; lambdas inside a function count as part of it."""
    code = re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda m: re.sub(r"[^\n]", " ", m[0]), source.code_of(text), flags=re.M)
    scopes = []  # True: a function's body; its first line
    header = ""  # what stands before the next brace
    line = 1
    inside = 0  # how many open scopes are functions
    for index, char in enumerate(code):
        if char == "\n":
            line += 1
        if char == "{":
            is_function = inside == 0 and _opens_function(header)
            scopes.append((is_function, line, header))
            inside += is_function
            header = ""
        elif char == "}" and scopes:
            is_function, first, before = scopes.pop()
            inside -= is_function
            header = ""
            if re.match(r"\s*[,{(]", code[index + 1 :index + 200]) and inside == 0:
                header = before  # a member's initializer "x_{1}": the function's own brace comes later
            elif is_function:
                yield first, line
        elif char == ";":
            header = ""
        else:
            header += char


def check_lengths(path, text):
    problems = []
    lines = text.count("\n")
    if lines > FILE_LIMIT and path not in LONG_FILES:
        problems.append(f"{path}: {lines} lines, over {FILE_LIMIT}: which second concept is in it?")
    for first, last in functions(text):
        if last - first + 1 > FUNCTION_LIMIT:
            problems.append(f"{path}:{first}: a function of {last - first + 1} lines, over {FUNCTION_LIMIT}")
    return problems


def check(root):
    problems = []
    for path in source.files(root):
        name = str(path.relative_to(root))
        text = path.read_text()
        problems += check_lengths(name, text) + check_words(name, text)
    return problems


def statistics(root):
    """One line of figures: medians, ninth deciles and maxima."""

    def figures(values):
        values = sorted(values) or [0]
        return f"median {values[len(values) // 2]}, p90 {values[len(values) * 9 // 10]}, longest {values[-1]}"

    texts = [path.read_text() for path in source.files(root)]
    bodies = [last - first + 1 for text in texts for first, last in functions(text)]
    lengths = [text.count("\n") for text in texts]
    return f"{len(texts)} files: {figures(lengths)} lines; {len(bodies)} functions: {figures(bodies)} lines"


if __name__ == "__main__":
    top = pathlib.Path(sys.argv[1])
    found = check(top)
    print("\n".join(found) if found else "shape: in order")
    print(statistics(top))
    sys.exit(bool(found))
