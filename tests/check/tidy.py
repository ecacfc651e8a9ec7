#!/usr/bin/env python3
"""Runs clang-tidy over our code, in parallel, and only over what changed since it last passed.

A file has passed as long as nothing that decides its result has changed: the tool, .clang-tidy, the compile command,
and every file that it includes (ninja's record of them; ours by content, the system's by size and time).

The static analyzer looks into each function but barely into those it calls, which is ten times as fast; --deep lets it.

Usage: tidy.py CHECKOUT BUILD CLANG_TIDY [--deep] [--jobs N] [PART_OF_A_PATH…]
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import time

FOLDERS = ("daemon", "plugin-sdk", "plugins")
KEEP_DAYS = 30
COMPILER_FLAGS = ["-Wno-unknown-warning-option"]  # the commands are gcc's
SHALLOW = ["-Xclang", "-analyzer-config", "-Xclang", "mode=shallow"]


def cache_folder():
    base = os.environ.get("RUNARD_CACHE")
    if not base:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
        base = os.path.join(base, "runard")
    folder = pathlib.Path(base) / "tidy"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def recorded_includes(build):
    """{object file: [every file it was made of]}, as ninja recorded it."""
    text = subprocess.run(["ninja", "-C", build, "-t", "deps"], capture_output=True, text=True, check=True).stdout
    found, current = {}, None
    for line in text.splitlines():
        if line.startswith("    "):
            current.append(os.path.normpath(os.path.join(build, line.strip())))
        elif ": #deps" in line:
            current = found.setdefault(line.split(": #deps")[0], [])
    return found


class Job:
    """One translation unit: where it is, how it is compiled."""

    def __init__(self, entry):
        self.path = entry["file"]
        words = shlex.split(entry["command"])
        self.object = words[words.index("-o") + 1]
        source_at = words.index("-c")
        self.flags = []
        skip = False
        for word in words[1:source_at]:  # without compiler and launcher, output and source
            if skip or word == "-o":
                skip = not skip
            elif word.startswith("-"):
                self.flags.append(word)
            elif self.flags and self.flags[-1] in ("-isystem", "-I", "-include", "-D", "-MF", "-MT"):
                self.flags.append(word)
        self.folder = entry["directory"]


class Tidy:
    def __init__(self, root, build, tool, deep):
        self.root = root
        self.tool = tool
        self.flags = COMPILER_FLAGS + ([] if deep else SHALLOW)
        self.includes = recorded_includes(build)
        self.cache = cache_folder()
        self.digests = {}
        settings = [path.read_bytes() for path in sorted(pathlib.Path(root).glob("**/.clang-tidy"))]
        version = subprocess.run([tool, "--version"], capture_output=True, check=True).stdout
        self.base = hashlib.sha256(b"\0".join([version, str(self.flags).encode(), *settings])).hexdigest()

    def digest(self, path):
        """What stands for a file's content."""
        if path not in self.digests:
            if path.startswith(self.root):
                self.digests[path] = hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
            else:
                status = os.stat(path)
                self.digests[path] = f"{path} {status.st_size} {status.st_mtime_ns}"
        return self.digests[path]

    def key(self, job):
        """The name of a pass in the cache; None if what the file includes is not known."""
        files = self.includes.get(job.object)
        if not files or not all(map(os.path.exists, files)):
            return None
        flags = [flag.replace(self.root, "") for flag in job.flags]
        parts = [self.base, os.path.relpath(job.path, self.root), *flags, *map(self.digest, sorted(files))]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def passed(self, key):
        if key and (self.cache / key).exists():
            os.utime(self.cache / key)
            return True
        return False

    def run(self, job):
        """(job, seconds, output); the output is empty if the file is in order."""
        begin = time.monotonic()
        command = [self.tool, "--quiet", job.path, "--", *job.flags, *self.flags]
        done = subprocess.run(command, cwd=job.folder, capture_output=True, text=True, check=False)
        output = readable(done.stdout + done.stderr)
        if done.returncode and not output:
            output = f"{self.tool} ended with {done.returncode}"
        return job, time.monotonic() - begin, output


def readable(output):
    """What a run printed without its counts; of a file that does not compile only why, as the rest is guesswork."""
    output = re.sub(r"^(\d+ warnings?( and \d+ errors?)? generated|Suppressed \d+|Use -header-filter).*\n", "", output, flags=re.M)
    findings = re.split(r"^(?=\S+:\d+:\d+: error: )", output, flags=re.M)
    broken = [finding for finding in findings if "[clang-diagnostic-error]" in finding.partition("\n")[0]]
    return "".join(broken or findings).strip()


def jobs_of(root, build, parts):
    database = json.loads((pathlib.Path(build) / "compile_commands.json").read_text())
    folders = tuple(os.path.join(root, folder) + os.sep for folder in FOLDERS)
    jobs = [Job(entry) for entry in database if entry["file"].startswith(folders)]
    unique = {job.path: job for job in jobs if not parts or any(part in job.path for part in parts)}
    return sorted(unique.values(), key=lambda job: job.path)


def forget_old_passes(folder):
    limit = time.time() - KEEP_DAYS * 86400
    for path in folder.iterdir():
        if path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)


def main():
    parser = argparse.ArgumentParser(description="clang-tidy over what changed")
    parser.add_argument("checkout")
    parser.add_argument("build")
    parser.add_argument("tool")
    parser.add_argument("--deep", action="store_true")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("parts", nargs="*", help="only files whose path has one of these in it")
    options = parser.parse_args()
    if not shutil.which(options.tool):
        sys.exit(f"{options.tool} is not installed; cmake/setup installs it")
    root, build = os.path.realpath(options.checkout), os.path.realpath(options.build)

    tidy = Tidy(root, build, options.tool, options.deep)
    jobs = jobs_of(root, build, options.parts)
    keys = {job.path: tidy.key(job) for job in jobs}
    waiting = [job for job in jobs if not tidy.passed(keys[job.path])]
    print(f"tidy: {len(jobs)} files, {len(waiting)} to look at", flush=True)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = [pool.submit(tidy.run, job) for job in waiting]
        for number, run in enumerate(concurrent.futures.as_completed(runs), 1):
            job, seconds, output = run.result()
            print(f"[{number}/{len(waiting)}] {os.path.relpath(job.path, root)} {seconds:.1f} s", flush=True)
            if output:
                failed += 1
                print(output, flush=True)
            elif keys[job.path]:
                (tidy.cache / keys[job.path]).touch()
    forget_old_passes(tidy.cache)
    print(f"tidy: {failed} files have findings" if failed else "tidy: in order")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
