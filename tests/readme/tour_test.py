"""Runs the fenced blocks of README.md in order, as a new user would. Usage: tour_test.py BIN_FOLDER

sh blocks run in one bash; a cpp or cmake block is written to the file that the text before it names. What a comment behind a
command promises ("# Hello, world!") has to be in what the block printed. Only the folders differ: each run has its own.
"""
import json, os, pathlib, re, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(sys.argv[1]).resolve().parent


def blocks(text):
    """(language, body, the text before it) of each fenced block."""
    end = 0
    for match in re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.M | re.S):
        yield match[1], match[2], text[end:match.start()]
        end = match.end()


def local(text, folder):
    """The same with this run's folders."""
    text = text.replace("$PWD/", "")
    for path, own in (("build/release", BUILD), ("/tmp/tour", folder / "tour"), ("/etc/runard", folder / "etc"),
                      ("/var/lib/runard", folder / "state")):
        text = text.replace(path, str(own))
    return text.replace("edge-1.csr", str(folder / "edge-1.csr")).replace("edge-1.bundle", str(folder / "edge-1.bundle"))


class Shell:
    def __init__(self, folder):
        self.log = folder / "shell.err"
        self.process = subprocess.Popen(["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
                                        stderr=open(self.log, "w"))
        self.process.stdin.write("set -m\n")

    def run(self, body):
        """What the block printed; fails with the first command that fails."""
        self.process.stdin.write("".join(f"{line}\n" for line in ("{", "set -e", body, "}", "set +e", "echo '--end--'")))
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if line == "--end--\n":
                return "".join(lines)
            lines.append(line)
        raise SystemExit(f"the block ended the shell:\n{body}\n--- it printed\n{''.join(lines)}\n--- errors\n{self.log.read_text()}")


def main():
    with tempfile.TemporaryDirectory(prefix="runard-tour-") as name:
        folder = pathlib.Path(name)
        (folder / "etc").mkdir()
        shell, count = Shell(folder), 0
        for language, body, before in blocks((ROOT / "README.md").read_text()):
            body, before = local(body, folder), local(before, folder)
            if "cmake --preset" in body:
                continue  # this build is what runs the test
            count += 1
            if language != "sh":
                path = pathlib.Path(re.findall(r"`([^`]*)`", before)[-1])
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(body)
                continue
            if "$FINGERPRINT" in body:
                body = body.replace("--out " + str(folder / "etc" / "ca"), "--out " + str(folder / "etc" / "ca") + " -o json > " + str(folder / "ca.json"), 1)
                body = body.replace("runarctl network create", f"FINGERPRINT=$(python3 -c 'import json; print(json.load(open(\"{folder}/ca.json\"))[\"fingerprint\"])')\nrunarctl network create", 1)
            printed = shell.run(body)
            for promise in re.findall(r"^ctl .*?  # (.*)$", body, re.M):
                if promise not in printed:
                    raise SystemExit(f"the README promises {promise!r}; printed was:\n{printed}")
            print(f"ok  {body.splitlines()[0][:70]}")
        shell.process.stdin.close()
        shell.process.wait(30)
    print(f"{count} passed, 0 failed")


if __name__ == "__main__":
    main()
