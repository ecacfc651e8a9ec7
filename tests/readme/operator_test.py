"""Runs the fenced blocks of daemon/identity/OPERATOR.md in order, on a fresh mesh. Usage: operator_test.py BIN_FOLDER

A block "sh NAME" runs on the machine NAME: folders of its own in place of /etc/runard, /var/lib/runard and /run/runard, a home,
a real daemon behind `systemctl`, and `scp FILE... NAME:` to the others. What a line promises behind "# -> " has to be in what
the block printed.
"""
import os, pathlib, re, signal, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(sys.argv[1]).resolve()
sys.path.insert(0, str(ROOT / "tests/harness"))
from daemons import free_udp_port

GUIDE = ROOT / "daemon/identity/OPERATOR.md"

CONFIG = """node: {{ name: {name}, state_dir: {folder}/state }}
networks: {{ default: main, join: [main] }}
transport: {{ quic: {{ listen: "[::1]:{port}" }} }}
discovery: {{ multicast: off, peers: [{peers}] }}
plugins: {{ dir: {folder}/plugins, auto_enable: true, load: [] }}
control: {{ socket: {folder}/run/control.sock }}
"""

# What a machine has besides runard: systemctl for the one unit, and scp to the other machines.
SYSTEMCTL = '''#!/usr/bin/env python3
import os, pathlib, signal, socket, subprocess, sys, time
folder = pathlib.Path(os.environ["MACHINE"])
pid, notes = folder / "pid", folder / "notify"

def told(what):
    """Does it and waits until the daemon is ready."""
    notes.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(str(notes))
        s.settimeout(20)
        what()
        while b"READY=1" not in s.recv(4096):
            pass

def start():
    daemon = subprocess.Popen(["runard", "--config", folder / "etc/runard.yaml"], stderr=open(folder / "log", "ab"), stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, start_new_session=True, env={**os.environ, "NOTIFY_SOCKET": str(notes)})
    pid.write_text(str(daemon.pid))

def gone(process):
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True

def stop():
    process = int(pid.read_text())
    os.kill(process, signal.SIGTERM)
    while not gone(process):
        time.sleep(0.02)  # between two looks

what = sys.argv[1]
if what in ("stop", "restart"):
    stop()
if what in ("start", "restart"):
    told(start)
if what == "reload":
    told(lambda: os.kill(int(pid.read_text()), signal.SIGHUP))
'''
SCP = '''#!/bin/bash
set -e
to=${@: -1}
cp "${@:1:$#-1}" "$MACHINE/../${to%%:*}/home/"
'''


def blocks(text):
    """(machine, body) of each fenced block."""
    for match in re.finditer(r"^```sh ([\w-]+)\n(.*?)^```$", text, re.M | re.S):
        yield match[1], match[2]


class Machine:
    def __init__(self, folder, name, port, ports):
        self.folder, self.name = folder / name, name
        for sub in ("etc", "home", "run", "plugins", "bin"):
            (self.folder / sub).mkdir(parents=True, mode=0o700)
        peers = ", ".join(f'"[::1]:{p}"' for p in ports if p != port)
        (self.folder / "etc/runard.yaml").write_text(CONFIG.format(name=name, folder=self.folder, port=port, peers=peers))
        for command, text in (("systemctl", SYSTEMCTL), ("scp", SCP),
                              ("runarctl", f'#!/bin/bash\nexec {BIN}/runarctl --socket {self.folder}/run/control.sock "$@"\n')):
            path = self.folder / "bin" / command
            path.write_text(text)
            path.chmod(0o755)

    def run(self, body):
        """What the block printed; ends the test at the first command that fails."""
        for there, here in (("/etc/runard", "etc"), ("/var/lib/runard", "state"), ("/run/runard", "run"), ("/usr/lib/runar/plugins", "plugins")):
            body = body.replace(there, str(self.folder / here))
        env = {k: v for k, v in os.environ.items() if not k.startswith("RUNAR")}
        env |= {"PATH": f"{self.folder}/bin:{BIN}:{env['PATH']}", "MACHINE": str(self.folder), "HOME": str(self.folder / "home"),
                "PLUGINS": str(BIN.parent / "plugins")}
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", body], cwd=self.folder / "home", env=env, text=True, timeout=60,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise SystemExit(f"FAILED  on {self.name}, ended with {done.returncode}:\n{body}\n--- it printed\n{done.stdout}\n{self.log()}")
        for promise in re.findall(r"# -> (.*)$", body, re.M):
            if promise not in done.stdout:
                raise SystemExit(f"FAILED  on {self.name}: the guide promises {promise!r}:\n{body}\n--- it printed\n{done.stdout}\n{self.log()}")

    def log(self):
        log = self.folder / "log"
        return "--- log\n" + "\n".join(log.read_text().splitlines()[-25:]) if log.exists() else ""

    def end(self):
        pid = self.folder / "pid"
        if pid.exists():
            try:
                os.kill(int(pid.read_text()), signal.SIGKILL)
            except ProcessLookupError:
                pass


def main():
    steps = list(blocks(GUIDE.read_text()))
    names = sorted({machine for machine, _ in steps})
    with tempfile.TemporaryDirectory(prefix="runard-guide-") as name:
        ports = {machine: free_udp_port() for machine in names}
        machines = {m: Machine(pathlib.Path(name), m, ports[m], list(ports.values())) for m in names}
        try:
            for machine, body in steps:
                machines[machine].run(body)
                print(f"ok  {machine:6} {body.splitlines()[0][:90]}", flush=True)
        finally:
            for machine in machines.values():
                machine.end()
    print(f"{len(steps)} passed, 0 failed")


if __name__ == "__main__":
    main()
