"""What systemd is told, and what it says of the unit. Usage: systemd_test.py BIN_FOLDER [NAME...]"""
import ctypes, grp, json, os, pathlib, shutil, signal, socket, subprocess, sys, threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
os.environ["RUNARD_BUILD"] = str(pathlib.Path(sys.argv[1]).resolve().parent)
import checks  # noqa: E402
from daemons import ROOT, Daemon, Failed, build_dir, wait_for  # noqa: E402

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


def test_a_wrong_configuration_is_no_reason_to_try_again(folder, add):
    """systemd looks at the exit status of the daemon only: a check before it would be tried for ever."""
    unit = unit_in(folder).read_text()
    expect(("RestartPreventExitStatus=78" in unit, "ExecStartPre" in unit), (True, False))


def test_any_other_reason_is_tried_again_without_end(folder, add):
    lines = unit_in(folder).read_text().splitlines()
    expect([line for line in lines if line.startswith(("Restart=", "RestartSec=", "StartLimit"))],
           ["StartLimitIntervalSec=0", "Restart=on-failure", "RestartSec=2s"])


def told_daemon(folder, add, path, config):
    daemon = Daemon(folder / "n", "n")
    daemon.write_config(config)
    add(daemon)
    with open(daemon.log, "ab") as log:
        daemon.process = subprocess.Popen([build_dir() / "bin" / "runard", "--config", daemon.config], stderr=log,
                                          env={**os.environ, "NOTIFY_SOCKET": str(path)})
    return daemon


def test_systemd_is_asked_for_patience_while_a_service_takes_its_time_to_start(folder, add):
    path = folder / "notify"
    told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    told.bind(str(path))
    told.settimeout(10)
    daemon = told_daemon(folder, add, path, CONFIG + f"""plugins: {{{{ load: [ {{{{ file: {build_dir()}/test_plugins/waiter.so, services: [
      {{{{ type: waiter, path: waiter, restart: no, config: {{{{ patience_ms: 3000 }}}} }}}} ] }}}} ] }}}}\n""")
    expect(told.recv(4096).decode().splitlines(), ["EXTEND_TIMEOUT_USEC=20000000", "STATUS=services start: 0 of 1 run"])
    daemon.process.send_signal(signal.SIGHUP)  # it is no end of the start
    expect(told.recv(4096).decode(), "STATUS=reloaded")
    expect(told.recv(4096).decode().splitlines(), ["READY=1", "STATUS=0 of 1 services run"])
    expect(daemon.stop(), 0)
    expect(told.recv(4096).decode(), "STOPPING=1")


def test_ready_reload_and_stop_are_told(folder, add):
    path = folder / "notify"
    told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    told.bind(str(path))
    told.settimeout(10)
    daemon = told_daemon(folder, add, path, CONFIG)
    ready = told.recv(4096).decode()
    expect((ready.splitlines()[0], "STATUS=" in ready), ("READY=1", True))
    daemon.process.send_signal(signal.SIGHUP)
    reloading = told.recv(4096).decode()
    expect((reloading.splitlines()[0], "MONOTONIC_USEC=" in reloading), ("RELOADING=1", True))
    expect(told.recv(4096).decode().splitlines()[0], "READY=1")
    daemon.process.send_signal(signal.SIGTERM)
    expect(told.recv(4096).decode(), "STOPPING=1")
    expect(daemon.process.wait(10), 0)


def popen_in_user_namespace(arguments, user, group, **more):
    """As PrivateUsers=yes of the unit: only root and the daemon's own user and group have a number inside."""
    told, tell = os.pipe()
    wait, go = os.pipe()

    def enter():
        if ctypes.CDLL(None, use_errno=True).unshare(0x10000000) != 0:  # CLONE_NEWUSER
            raise OSError(ctypes.get_errno(), "unshare")
        os.write(tell, str(os.getpid()).encode())
        os.read(wait, 1)
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)

    def map_ids():
        pid = os.read(told, 16).decode()
        if pid:
            for file, number in (("uid_map", user), ("gid_map", group)):
                pathlib.Path(f"/proc/{pid}/{file}").write_text(f"0 0 1\n{number} {number} 1\n")
            os.write(go, b"x")

    mapper = threading.Thread(target=map_ids)
    mapper.start()
    try:
        return subprocess.Popen(arguments, preexec_fn=enter, **more)
    finally:
        os.close(tell)
        mapper.join()
        for end in (told, wait, go):
            os.close(end)


def test_the_daemon_itself_refuses_who_is_neither_root_nor_of_the_group(folder, add):
    """Also when the socket's mode would let them in."""
    if os.geteuid() != 0:
        raise checks.Skipped("root")
    daemon = Daemon(folder / "n", "n")
    daemon.write_config(CONFIG.replace(f"group: {GROUP} ", "group: daemon "))
    add(daemon)
    daemon.start()
    for path in (folder, daemon.folder):
        path.chmod(0o755)
    daemon.socket.chmod(0o666)
    tools = folder / "bin"
    tools.mkdir()
    shutil.copy(build_dir() / "bin" / "runarctl", tools)
    group = grp.getgrnam("daemon").gr_gid
    for groups, wanted in (([], 6), ([group], 0)):
        done = subprocess.run([tools / "runarctl", "--socket", daemon.socket, "status"], capture_output=True, text=True,
                              user=65534, group=65534, extra_groups=groups)
        expect((done.returncode, "RUNAR-E1302" in done.stderr), (wanted, wanted == 6))


def test_the_group_talks_to_a_daemon_in_a_user_namespace(folder, add):
    if os.geteuid() != 0:
        raise checks.Skipped("root")
    if subprocess.run(["unshare", "--user", "true"], capture_output=True).returncode != 0:
        raise checks.Skipped("user namespaces, which are refused here (in a chroot they are)")
    user = grp.getgrnam("daemon").gr_gid
    daemon = Daemon(folder / "n", "n")
    daemon.write_config(CONFIG.replace(f"group: {GROUP} ", "group: daemon "))
    add(daemon)
    for path in (folder, daemon.folder):
        path.chmod(0o755)
    for path in (daemon.folder, daemon.folder / "state"):
        os.chown(path, user, user)
    tools = folder / "bin"  # the operator may not read where they were built
    shutil.copytree(build_dir() / "bin", tools, ignore=lambda _, names: [n for n in names if n not in ("runard", "runarctl")])
    with open(daemon.log, "ab") as log:
        daemon.process = popen_in_user_namespace([tools / "runard", "--config", daemon.config], user, user, stderr=log)
    ask = lambda **who: subprocess.run([tools / "runarctl", "--socket", daemon.socket, "status"], capture_output=True, text=True, **who)
    wait_for("root is answered", lambda: daemon.process.poll() is not None or ask().returncode == 0)
    operator = ask(user=2001, group=2001, extra_groups=[user])
    expect((operator.returncode, operator.stderr), (0, ""))
    stranger = ask(user=2002, group=2002, extra_groups=[])
    expect((stranger.returncode, "RUNAR-E1302" in stranger.stderr, "usermod -aG daemon" in stranger.stderr), (6, True, True))


if __name__ == "__main__":
    sys.exit(checks.run(sys.modules[__name__]))
