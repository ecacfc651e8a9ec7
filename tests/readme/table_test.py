"""Checks README.md's table of twins: each of the original's fenced blocks has a row, each row has a twin and tests of both kinds
that are there, and no twin or test is without a row.
"""
import fnmatch, pathlib, re, sys

HERE = pathlib.Path(__file__).resolve().parent
BLOCKS = 9  # of the original


def rows(text):
    """(number, twins, patterns of test cases, patterns of functions) of each row."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 5 and cells[0].isdigit():
            yield int(cells[0]), *(re.findall(r"`([^`]+)`", cell) for cell in cells[2:])


def check(text, files, cases, functions):
    """What is wrong, a line each."""
    table, problems = list(rows(text)), []
    if [row[0] for row in table] != list(range(1, BLOCKS + 1)):
        problems.append(f"the rows are not 1 to {BLOCKS}: {[row[0] for row in table]}")
    for column, kind, there in ((1, "twin", files), (2, "test case", cases), (3, "daemon test", functions)):
        named = set()
        for row in table:
            found = [{name for name in there if fnmatch.fnmatchcase(name, pattern)} for pattern in row[column]]
            if not found or not all(found):
                problems.append(f"row {row[0]} names a {kind} that is not there, or none: {', '.join(row[column])}")
            named = named.union(*found)
        problems += [f"the {kind} {name} has no row" for name in sorted(set(there) - named) if not name.endswith("_test.cc")]
    return problems


def main():
    text = (HERE / "README.md").read_text()
    files = [path.name for pattern in ("*.cc", "*.yaml") for path in HERE.glob(pattern)]
    tests = "".join((HERE / name).read_text() for name in files if name.endswith("_test.cc"))
    cases = re.findall(r'^TEST_CASE\("([^"]+)"', tests, re.M)
    functions = re.findall(r"^def (test_\w+)", (HERE / "daemon_test.py").read_text(), re.M)
    problems = check(text, files, cases, functions)

    # It can fail: without a row, a twin, a test.
    fewer_files = [name for name in files if name != "networking.yaml"]
    fewer_cases = [name for name in cases if not name.startswith("logging:")]
    for wrong in ((text.replace("| 9 |", "| x |"), files, cases, functions), (text, files + ["new.cc"], cases, functions),
                  (text, fewer_files, cases, functions), (text, files, fewer_cases, functions), (text, files, cases, functions[:2])):
        if not check(*wrong):
            problems.append("this check notices nothing")
    print("\n".join(problems) or f"{BLOCKS} blocks, {len(cases)} test cases, {len(functions)} daemon tests: all in order")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
