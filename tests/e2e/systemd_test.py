"""What systemd is told, and what it says of the unit. Usage: systemd_test.py BIN_FOLDER [NAME...]"""
import grp, json, os, pathlib, shutil, signal, socket, subprocess, sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
os.environ["RUNARD_BUILD"] = str(pathlib.Path(sys.argv[1]).resolve().parent)
import checks  # noqa: E402
from daemons import ROOT, Daemon, Failed, build_dir  # noqa: E402

GROUP = grp.getgrgid(os.getegid()).gr_name
CONFIG = """\
node: {{ name: {name}, state_dir: {folder}/state }}
control: {{ socket: {folder}/c.sock, group: """ + GROUP + " }}\n"


def expect(got, wanted):
    if got != wanted:
        raise Failed(f"expected {wanted!r}, got {got!r}")


def unit_in(folder):
    """The unit as it is installed, with the real binary's path."""
    text = (ROOT / "systemd" / "runard.service.in").read_text()
    unit = folder / "runard.service"
    unit.write_text(text.replace("@BINDIR@", str(build_dir() / "bin")).replace("@SYSCONFDIR@", "/etc"))
    return unit


def test_systemd_finds_nothing_to_say_about_the_unit(folder, add):
    if shutil.which("systemd-analyze") is None:
        raise Failed("systemd-analyze is not installed: cmake/setup installs it")
    done = subprocess.run(["systemd-analyze", "verify", unit_in(folder)], capture_output=True, text=True, timeout=60)
    expect((done.returncode, done.stdout, done.stderr), (0, "", ""))


def test_the_unit_is_hardened(folder, add):
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--json=short", unit_in(folder)],
                          capture_output=True, text=True, timeout=60)
    checked = json.loads(done.stdout[done.stdout.index("["):done.stdout.rindex("]") + 1])
    exposed = sum(float(c["exposure"] or 0) for c in checked if c["exposure"])
    print(f"        exposure {exposed:.1f}")
    if exposed > 2.0:
        raise Failed(f"exposure {exposed}")


def test_ready_reload_and_stop_are_told(folder, add):
    path = folder / "notify"
    told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    told.bind(str(path))
    told.settimeout(10)
    daemon = Daemon(folder / "n", "n")
    daemon.write_config(CONFIG)
    add(daemon)
    with open(daemon.log, "ab") as log:
        daemon.process = subprocess.Popen([build_dir() / "bin" / "runard", "--config", daemon.config], stderr=log,
                                          env={**os.environ, "NOTIFY_SOCKET": str(path)})
    ready = told.recv(4096).decode()
    expect((ready.splitlines()[0], "STATUS=" in ready), ("READY=1", True))
    daemon.process.send_signal(signal.SIGHUP)
    reloading = told.recv(4096).decode()
    expect((reloading.splitlines()[0], "MONOTONIC_USEC=" in reloading), ("RELOADING=1", True))
    expect(told.recv(4096).decode().splitlines()[0], "READY=1")
    daemon.process.send_signal(signal.SIGTERM)
    expect(told.recv(4096).decode(), "STOPPING=1")
    expect(daemon.process.wait(10), 0)


if __name__ == "__main__":
    sys.exit(checks.run(sys.modules[__name__]))
