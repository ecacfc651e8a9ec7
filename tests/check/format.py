#!/usr/bin/env python3
"""Checks that clang-format would change none of our C and C++ files.

Usage: format.py CHECKOUT CLANG_FORMAT [--fix]
"""

import shutil
import subprocess
import sys

import source

root, tool = sys.argv[1:3]
if not shutil.which(tool):
    sys.exit(f"{tool} is not installed; cmake/setup installs it")
fix = sys.argv[3:] == ["--fix"]
paths = [str(path) for path in source.files(root)]
how = ["-i"] if fix else ["--dry-run", "-Werror"]
done = subprocess.run([tool, "--style=file", *how, *paths], check=False)
if done.returncode:
    print('format: run "python3 tests/check/format.py . clang-format-19 --fix"')
else:
    print(f"format: {len(paths)} files in order")
sys.exit(done.returncode)
