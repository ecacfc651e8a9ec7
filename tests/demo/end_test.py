"""A demo that is told to stop leaves nothing behind; one with --keep leaves a mesh that the printed line ends."""
import os, pathlib, re, signal, subprocess, sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "harness"))
import checks  # noqa: E402
from daemons import Failed, wait_for  # noqa: E402


def start(*options):
    return subprocess.Popen([sys.executable, HERE / "run", *options], stdout=subprocess.PIPE, text=True)


def daemons_of(path):
    """Processes that were given something in that folder."""
    found = set()
    for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if os.fsencode(path) + b"/" in entry.read_bytes():
                found.add(int(entry.parent.name))
        except OSError:
            pass  # it has ended meanwhile
    return found


def expect(got, wanted):
    if got != wanted:
        raise Failed(f"expected {wanted!r}, got {got!r}")


def test_sigterm_ends_the_demo_and_its_daemons(folder, add):
    for sig in (signal.SIGTERM, signal.SIGINT):
        demo = start()
        path = re.match("A throw-away mesh in (.*);", demo.stdout.readline())[1]
        while not demo.stdout.readline().startswith("[4/"):
            expect(demo.poll(), None)
        expect(len(daemons_of(path)) >= 3, True)
        demo.send_signal(sig)
        demo.communicate(timeout=60)
        expect((demo.returncode, daemons_of(path), os.path.exists(path)), (128 + sig, set(), False))


def test_keep_leaves_a_mesh_that_the_printed_line_ends(folder, add):
    demo = start("--keep")
    said, _ = demo.communicate(timeout=120)
    path = re.match("A throw-away mesh in (.*);", said)[1]
    end = said.rstrip().splitlines()[-1].strip()
    try:
        expect((demo.returncode, end.startswith("kill "), end.endswith(f" && rm -r {path}")), (0, True, True))
        expect(daemons_of(path), {int(pid) for pid in end.split(" && ")[0].split()[1:]})
        ctl = re.search(r"ctl\(\) \{ (\S+) --socket (\S+) ", said)
        done = subprocess.run([ctl[1], "--socket", ctl[2], "call", "math/add", "a=2", "b=3"], capture_output=True, text=True)
        expect((done.returncode, float(done.stdout)), (0, 5.0))
    finally:
        subprocess.run(end.split(" && ")[0].split(), check=True)
        wait_for("all have ended", lambda: not daemons_of(path), 30)
        subprocess.run(["sh", "-c", end.split(" && ")[1]], check=True)
    expect(os.path.exists(path), False)


if __name__ == "__main__":
    sys.exit(checks.run(sys.modules[__name__]))
