#!/usr/bin/env python3
"""Compiles the C ABI header alone, in every language that promises to take it, with gcc and clang.

Usage: plugin_header.py HEADER
"""

import shutil
import subprocess
import sys

COMPILERS = {"c": ["gcc", "clang-19"], "c++": ["g++", "clang++-19"]}
STANDARDS = {"c": ["c11", "c17"], "c++": ["c++11", "c++17", "c++20"]}
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Wundef", "-Werror"]

failed = 0
for language, compilers in COMPILERS.items():
    for compiler in compilers:
        if not shutil.which(compiler):
            sys.exit(f"{compiler} is not installed; cmake/setup installs it")
        for standard in STANDARDS[language]:
            # Included twice: the guard works. By name, so that warnings inside of it count.
            text = f'#include "{sys.argv[1]}"\n' * 2
            command = [compiler, f"-std={standard}", "-x", language, "-fsyntax-only", *WARNINGS, "-"]
            done = subprocess.run(command, input=text, text=True, capture_output=True, check=False)
            print(f"{compiler} -std={standard}: {'ok' if done.returncode == 0 else 'failed'}")
            print(done.stderr, end="")
            failed += done.returncode != 0
sys.exit(bool(failed))
