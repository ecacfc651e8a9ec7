#!/usr/bin/env python3
"""Envelopes between two implementations: this one in Python and ours in C++.

Usage: vectors_test.py ENVELOPE_VECTORS (ends in 77 where the `cryptography` library is missing)
       vectors_test.py --write FILE     writes golden.json, which stays as it is as long as the format does
"""
import json, os, pathlib, subprocess, sys, tempfile

sys.dont_write_bytecode = True
try:
    import cryptography  # noqa: F401
except ImportError:
    print("skipped: python3 has no module cryptography (package python3-cryptography)")
    sys.exit(77)
import cases  # noqa: E402
import rfc9180  # noqa: E402


def ours_in_cpp(tool, folder):
    """What the C++ says about the envelopes of this program."""
    made = folder / "python.json"
    made.write_text(json.dumps(cases.all_cases()))
    done = subprocess.run([tool, "check", made], capture_output=True, text=True, timeout=300)
    return done.stdout.splitlines() if done.returncode == 0 else [done.stdout + done.stderr]


def theirs_here(tool, folder):
    """What this program says about the envelopes of the C++."""
    made = folder / "cpp.json"
    subprocess.run([tool, "write", made], check=True, timeout=300)
    problems = []
    for case in json.loads(made.read_text()):
        problems += cases.check(case)
    return problems


def official_vectors():
    """As tests/support/vectors.h has it."""
    beside = pathlib.Path(__file__).resolve().parents[3] / "../shared/vectors"
    return pathlib.Path(os.environ.get("RUNAR_VECTORS_DIR", beside))


def main(tool):
    problems = rfc9180.check(official_vectors() / "rfc9180-base.json")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        problems += ours_in_cpp(tool, folder) + theirs_here(tool, folder)
    print("\n".join(problems[:40]) if problems else "both implementations agree")
    return 1 if problems else 0


if __name__ == "__main__":
    if sys.argv[1] == "--write":
        pathlib.Path(sys.argv[2]).write_text(json.dumps(cases.all_cases(brief=True), separators=(",", ":")) + "\n")
    else:
        sys.exit(main(sys.argv[1]))
