#!/usr/bin/env python3
"""Installs the SDK into an empty prefix and builds the templates outside of the repository, as a user would.

Usage: outside_test.py BUILD_DIR BIN_DIR
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

BUILD, BIN = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])


def run(*command, **options):
    """The output of a command that must succeed."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\nended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def expect(condition, what):
    if not condition:
        sys.exit(f"failed: {what}")
    print(f"ok: {what}")


def instantiate(template, folder, name):
    """A copy of a template with its name filled in, in file names too."""
    folder.mkdir()
    for source in template.iterdir():
        text = source.read_text().replace("@NAME@", name)
        (folder / source.name.replace("@NAME@", name)).write_text(text)


def check_file(plugin, name):
    """Only the entry symbol leaves the file, nothing is unique or executable, the note is readable."""
    symbols = [line.split() for line in run("readelf", "--dyn-syms", "-W", plugin).splitlines()]
    rows = [row for row in symbols if len(row) >= 8 and row[0].rstrip(":").isdigit()]
    exported = [row[7] for row in rows if row[6] not in ("UND", "ABS") and row[4] != "LOCAL"]
    expect(exported == ["runar_plugin_v1@@RUNAR_1"], f"{name} exports the entry symbol only: {exported}")
    expect(all(row[4] != "UNIQUE" for row in rows), f"{name} has no unique symbol")
    headers = run("readelf", "-lW", plugin)
    stack = next(line for line in headers.splitlines() if "GNU_STACK" in line)
    expect("RWE" not in stack, f"{name} has no executable stack")
    note = run("readelf", "-x", ".note.runar", plugin)
    expect("Runa" in note, f"{name} carries its manifest")
    expect(f'"name":"{name}"'.encode() in plugin.read_bytes(), f"{name}'s manifest names it")


def build_project(prefix, folder, *options):
    run("cmake", "-S", folder, "-B", folder / "build", f"-DCMAKE_PREFIX_PATH={prefix}", *options)
    run("cmake", "--build", folder / "build")


def answer(plugin, *call):
    return run(BIN / "sdk_host_run", plugin, *call).strip()


def main(work):
    prefix = work / "prefix"
    run("cmake", "--install", BUILD, "--component", "sdk", "--prefix", prefix)
    templates = prefix / "share/runar/templates"

    cpp = work / "my-greeter"
    instantiate(templates / "cpp", cpp, "my-greeter")
    build_project(prefix, cpp)
    check_file(cpp / "build/my-greeter.so", "my-greeter")
    run("ctest", "--test-dir", cpp / "build", "--output-on-failure")
    expect(True, "the C++ template's own test passes")
    said = answer(cpp / "build/my-greeter.so", "my-greeter", "my-greeter/greet", "json", '{"name":"Ann"}')
    expect(said == '"Hello, Ann!"', f"the C++ template answers: {said}")
    run("cmake", "--install", cpp / "build", "--prefix", work / "there")
    expect((work / "there/lib/runar/plugins/my-greeter.so").is_file(), "it is installed into the plugin folder")

    plain = work / "plain"
    instantiate(templates / "c", plain, "plain")
    build_project(prefix, plain)
    check_file(plain / "build/plain.so", "plain")
    said = answer(plain / "build/plain.so", "plain", "plain/greet", "text", "Ann")
    expect(said == "hello Ann", f"the C template answers: {said}")

    static = work / "static"
    instantiate(templates / "cpp", static, "static")
    lists = static / "CMakeLists.txt"
    lists.write_text(lists.read_text().replace("static.cpp)", "static.cpp STATIC_RUNTIME)", 1))
    build_project(prefix, static)
    check_file(static / "build/static.so", "static")
    needed = [line for line in run("readelf", "-d", static / "build/static.so").splitlines() if "NEEDED" in line]
    expect(not any("stdc++" in line or "libgcc" in line for line in needed), "STATIC_RUNTIME carries the C++ runtime")

    by_hand(prefix, plain, work)


def by_hand(prefix, plain, work):
    """Without CMake: one compiler call with what pkg-config says."""
    if not shutil.which("pkg-config"):
        return
    environment = {"PKG_CONFIG_PATH": str(prefix / "share/pkgconfig"), "PATH": "/usr/bin:/bin"}

    def ask(*what):
        return run("pkg-config", *what, "runar-plugin", env=environment).strip()

    expect(ask("--variable=abi") == "1", "pkg-config knows the ABI's major")
    expect(ask("--variable=plugindir").endswith("/lib/runar/plugins"), "pkg-config knows the plugin folder")
    script = ask("--variable=versionscript")
    plugin = work / "by-hand.so"
    run("cc", "-std=c11", "-shared", "-fPIC", "-fvisibility=hidden", *ask("--cflags").split(), plain / "plain.c",
        f"-Wl,--version-script={script}", "-Wl,-z,defs", "-o", plugin)
    check_file(plugin, "plain")
    said = answer(plugin, "plain", "plain/greet", "text", "Bob")
    expect(said == "hello Bob", "a plugin that was built by hand answers")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="runar-sdk-") as folder:
        main(pathlib.Path(folder))
