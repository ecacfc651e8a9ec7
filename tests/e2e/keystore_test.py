"""Keys at rest and in a running daemon: T23 to T26, W13, W14. Usage: keystore_test.py BIN_FOLDER [NAME...]"""
import base64, fcntl, grp, json, os, pathlib, re, resource, select, shutil, signal, stat, subprocess, sys, termios

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
os.environ["RUNARD_BUILD"] = str(pathlib.Path(sys.argv[1]).resolve().parent)
import checks  # noqa: E402
from authority import Authority  # noqa: E402
from daemons import Daemon, Failed, build_dir, free_udp_port, sanitized, wait_for  # noqa: E402

GROUP = grp.getgrgid(os.getegid()).gr_name
CONFIG = """\
node: {{ name: {name}, state_dir: {folder}/state }}
networks: {{ default: main, join: [main] }}
transport: {{ quic: {{ listen: "[::1]:PORT" }} }}
discovery: {{ multicast: off }}
identity: {{ keystore: {{ kek: KEK }} }}
logging: {{ level: trace }}
control: {{ socket: {folder}/c.sock, group: """ + GROUP + " }}\n"
PASSPHRASE = "correct horse battery staple"


def expect(what, good):
    if not good:
        raise Failed(what)


def secret_file(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(0o600)
    return path


def make(folder, add, kek="auto", authority=None):
    """An enrolled node whose private key the test knows: as an earlier version kept it, so it moves at the first start."""
    daemon = Daemon(folder / "n", "n")
    daemon.write_config(CONFIG.replace("KEK", kek.replace("{", "{{").replace("}", "}}")).replace("PORT", str(free_udp_port())))
    state = daemon.folder / "state"
    (state / "identity").mkdir(mode=0o700)
    daemon.key = folder / "known.key"
    subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", daemon.key],
                   check=True, capture_output=True)
    shutil.copy(daemon.key, state / "identity/node.key")
    (state / "identity/node.key").chmod(0o600)
    (authority or Authority(folder / "ca")).renew(daemon)
    add(daemon)
    return daemon


def known_secrets(daemon):
    """The node's private scalar, and forms in which it might stand somewhere."""
    text = subprocess.run(["openssl", "pkey", "-in", daemon.key, "-noout", "-text"], check=True, capture_output=True, text=True).stdout
    scalar = re.search(r"priv:\s*((?:[0-9a-f]{2}[:\s]*)+)pub:", text)[1]
    raw = bytes.fromhex(re.sub(r"[^0-9a-f]", "", scalar)).rjust(32, b"\0")[-32:]
    body = "".join(daemon.key.read_text().splitlines()[1:-1])
    return [raw, raw.hex().encode(), raw.hex().upper().encode(), base64.b64encode(raw)[:40], body[60:120].encode(), PASSPHRASE.encode()]


def files_of(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def scan(what, data, secrets):
    for number, secret in enumerate(secrets):
        expect(f"secret {number} stands in {what}", secret not in data)


def ended(daemon, seconds=20):
    daemon.launch()
    return daemon.process.wait(seconds)


def keystore(daemon, *more, **kw):
    return daemon.ask("keystore", "inspect", "--state", daemon.folder / "state", *more, **kw)


def test_T23_no_secret_stands_in_any_file_of_the_state_nor_in_the_log(folder, add):
    phrase = secret_file(folder / "phrase", PASSPHRASE + "\n")
    daemon = make(folder, add, f"{{ passphrase_file: {phrase} }}")
    daemon.start()
    secrets = known_secrets(daemon)
    expect("encrypted", daemon.ask("status")["security"]["kek"] == "passphrase")
    pid = daemon.process.pid
    for file in ("cmdline", "environ"):
        path = pathlib.Path(f"/proc/{pid}/{file}")
        if os.geteuid() == 0:
            scan(path, path.read_bytes(), secrets)
    expect("its level is trace", daemon.ask("config", "show")["config"]["logging"]["level"] == "trace")
    daemon.process.send_signal(signal.SIGHUP)
    wait_for("reloaded", lambda: "reload" in daemon.log_text())
    daemon.stop()
    state = daemon.folder / "state"
    expect("the old key is gone", not (state / "identity/node.key").exists())
    for path in files_of(state):
        scan(path, path.read_bytes(), secrets)
    scan("the log", daemon.log.read_bytes(), secrets)
    expect("there is a log", "listening" in daemon.log_text())


def test_T23_a_wrong_passphrase_is_one_error_and_78(folder, add):
    phrase = secret_file(folder / "phrase", PASSPHRASE)
    daemon = make(folder, add, f"{{ passphrase_file: {phrase} }}")
    daemon.start().stop()
    node = keystore(daemon)["node"]
    for wrong in ("wrong", PASSPHRASE + "x"):
        secret_file(phrase, wrong)
        expect("78", ended(daemon) == 78)
        expect("constant", "RUNAR-E4103 KEYSTORE_LOCKED" in daemon.log_tail(2))
        done = daemon.ctl("key", "ls", "--state", daemon.folder / "state", "--passphrase-file", phrase, check=False)
        expect(f"denied: {done}", done.returncode == 6 and "RUNAR-E4103" in done.stderr and done.stdout == "")
    secret_file(phrase, PASSPHRASE)
    daemon.start()
    expect("the same node", keystore(daemon)["node"] == node)


def test_the_key_moves_once_and_the_node_stays_who_it_is(folder, add):
    daemon = make(folder, add)
    daemon.start()
    node = keystore(daemon)
    expect(f"{node}", node["authenticated"] and [k["kind"] for k in node["keys"]].count("identity") == 1)
    status = daemon.ask("status")["security"]
    expect(f"{status}", status["kek"] == "plaintext-file")
    expect("a loud warning", "THE KEYS OF THIS NODE ARE NOT ENCRYPTED" in daemon.log_text())
    daemon.stop()
    daemon.start()
    expect("the same", keystore(daemon)["node"] == node["node"])


def test_W14_the_node_that_was_made_is_the_one_that_starts(folder, add):
    authority = Authority(folder / "ca")
    daemon = Daemon(folder / "n", "n")
    daemon.write_config(CONFIG.replace("KEK", "none").replace("PORT", str(free_udp_port())))
    made = json.loads(daemon.ctl("-o", "json", "node", "init", "--state", daemon.folder / "state").stdout)["node"]
    authority.renew(daemon)
    add(daemon)
    daemon.start()
    expect("it is that one", f"id={made}" in daemon.log_text())


def test_W13_a_damaged_or_missing_keystore_ends_in_78_and_makes_no_new_node(folder, add):
    daemon = make(folder, add)
    daemon.start().stop()
    state = daemon.folder / "state"
    good = {path: path.read_bytes() for path in state.glob("keystore*") if path.is_file()}
    for damage in (lambda data: data[:-1] + bytes([data[-1] ^ 1]), lambda data: data[:50], lambda data: b"", None):
        for path in state.glob("keystore.rks*"):
            path.unlink() if damage is None else path.write_bytes(damage(path.read_bytes()))
        before = {path: path.read_bytes() for path in state.glob("keystore.rks*")}
        expect(f"78: {daemon.log_tail(3)}", ended(daemon) == 78)
        expect("nothing new", {path: path.read_bytes() for path in state.glob("keystore.rks*")} == before)
        for path, data in good.items():
            secret_file(path, data)
    daemon.start()


def test_T24_what_others_can_read_is_refused(folder, add):
    daemon = make(folder, add)
    daemon.start().stop()
    store = daemon.folder / "state/keystore.rks"
    store.chmod(0o640)
    expect("78", ended(daemon) == 78)
    expect("says why", "RUNAR-E4008 FILE_MODE" in daemon.log_tail(2))
    store.chmod(0o600)
    store.rename(folder / "elsewhere")
    store.symlink_to(folder / "elsewhere")
    expect("a link is not followed", ended(daemon) not in (0, None))
    store.unlink()
    (folder / "elsewhere").rename(store)
    daemon.start()
    for path in files_of(daemon.folder / "state"):
        if "keystore" in path.name:
            expect(path, stat.S_IMODE(path.stat().st_mode) == 0o600)


def test_T25_kill_9_while_rekeying_leaves_a_keystore_that_opens(folder, add):
    daemon = make(folder, add)
    daemon.start().stop()
    state, phrases = daemon.folder / "state", [secret_file(folder / f"p{i}", f"phrase {i}") for i in range(2)]
    ctl = build_dir() / "bin/runarctl"
    node, generation, now = keystore(daemon)["node"], 0, None
    for i in range(12):
        fresh = phrases[i % 2]
        old = ["--passphrase-file", now] if now else []
        run = subprocess.Popen([ctl, "keystore", "rekey", "--state", state, *old, "--new-passphrase-file", fresh],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            run.wait(timeout=0.05 * i)
        except subprocess.TimeoutExpired:
            run.kill()
            run.wait()
        found = None
        for candidate in (fresh, now):
            more = ["--passphrase-file", candidate] if candidate else []
            done = daemon.ctl("-o", "json", "keystore", "inspect", "--state", state, *more, check=False)
            if done.returncode == 0 and json.loads(done.stdout)["authenticated"]:
                found, told = candidate, json.loads(done.stdout)
                break
        expect(f"round {i}: {done.stderr}", done.returncode == 0)
        expect("the same node, and no step back", told["node"] == node and told["generation"] >= generation)
        generation, now = told["generation"], found if told["kek"] == "passphrase" else None


def test_T26_no_other_process_of_the_user_reads_its_memory_and_none_gets_a_core(folder, add):
    daemon = make(folder, add)
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    try:
        daemon.start()
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))
    pid = daemon.process.pid
    limits = subprocess.run(["cat", f"/proc/{pid}/limits"], capture_output=True, text=True).stdout
    expect(limits, re.search(r"Max core file size\s+0\s+0", limits))
    # Not dumpable: its /proc belongs to root, whoever runs it. Of root's own processes unit/crypto asks the kernel.
    if os.geteuid() != 0 and not sanitized():
        expect("not dumpable", os.stat(f"/proc/{pid}/mem").st_uid == 0 and os.stat(f"/proc/{pid}/environ").st_uid == 0)
    daemon.process.send_signal(signal.SIGSEGV)
    daemon.process.wait(20)
    daemon.process = None
    expect("no core", not [p for p in folder.rglob("core*")] and not [p for p in pathlib.Path().glob("core*")])


def make_of(folder, add, user):
    """A node that belongs to that user."""
    daemon = make(folder, add)
    folder.chmod(0o755)
    for path in (daemon.folder, *daemon.folder.rglob("*")):
        os.chown(path, user, user)
    daemon.config.write_text(daemon.config.read_text().replace(f"group: {GROUP}", "group: daemon"))
    tools = folder / "bin"  # the user may not read where they were built
    tools.mkdir(mode=0o755)
    shutil.copy(build_dir() / "bin/runard", tools)
    return daemon


def start_as(folder, daemon, user, memlock=None):
    """`memlock`: the most memory that it may lock, in bytes; None: as much as this process."""
    seen = daemon.log_text().count("listening")
    limit = None if memlock is None else lambda: resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, memlock))  # it raises its own
    with open(daemon.log, "ab") as log:
        daemon.process = subprocess.Popen([folder / "bin/runard", "--config", daemon.config], user=user, group=user,
                                          extra_groups=[], stderr=log, preexec_fn=limit)
    wait_for("it runs", lambda: daemon.log_text().count("listening") > seen)


def expect_locked(folder, add, memlock, locked):
    if os.geteuid() != 0:
        raise checks.Skipped("root, to start a daemon as somebody else")
    user = grp.getgrnam("daemon").gr_gid
    daemon = make_of(folder, add, user)
    start_as(folder, daemon, user, memlock)
    status = subprocess.run(["cat", f"/proc/{daemon.process.pid}/status"], capture_output=True, text=True).stdout
    kib = int(re.search(r"VmLck:\s+(\d+) kB", status)[1])
    expect(f"limit {memlock}, locked {kib} KiB", (kib >= 128 << 10) == locked and (locked or kib == 0))
    expect("status", daemon.ask("status")["security"]["memory_locked"] == locked)
    expect("the log", daemon.log_text().count("the memory for keys is not locked") == (0 if locked else 1))


def test_T26_the_operator_is_told_when_the_memory_for_keys_is_not_locked(folder, add):
    expect_locked(folder, add, 0, False)


def test_T26_the_memory_for_keys_is_locked_where_that_is_allowed(folder, add):
    most, (soft, hard) = 160 << 20, resource.getrlimit(resource.RLIMIT_MEMLOCK)
    if hard != resource.RLIM_INFINITY and hard < most:
        try:
            resource.setrlimit(resource.RLIMIT_MEMLOCK, (soft, most))
        except (ValueError, PermissionError):
            raise checks.Skipped("more locked memory than this user may have")
    expect_locked(folder, add, most, True)


def test_T26_the_same_user_can_not_open_the_memory(folder, add):
    if os.geteuid() != 0:
        raise checks.Skipped("root, to start a daemon as somebody else")
    if sanitized():
        raise checks.Skipped("a build without sanitizers, which trace the process")
    user = grp.getgrnam("daemon").gr_gid
    daemon = make_of(folder, add, user)
    start_as(folder, daemon, user)
    tried = subprocess.run(["cat", f"/proc/{daemon.process.pid}/mem"], user=user, group=user, extra_groups=[], capture_output=True, text=True)
    expect(f"{tried.stderr}", tried.returncode != 0 and "Permission denied" in tried.stderr)


def test_rekey_inspect_and_ls(folder, add):
    daemon = make(folder, add)
    daemon.start()
    state, phrase = daemon.folder / "state", secret_file(folder / "phrase", PASSPHRASE)
    busy = daemon.ctl("keystore", "rekey", "--state", state, "--new-passphrase-file", phrase, check=False)
    expect(f"{busy}", busy.returncode == 7 and "RUNAR-E7003" in busy.stderr and "systemctl stop runard" in busy.stderr)
    daemon.stop()
    told = daemon.ask("keystore", "rekey", "--state", state, "--new-passphrase-file", phrase)
    expect(f"{told}", told["kek"] == "passphrase")
    expect("no key in clear", not list(state.glob("keystore.kek-*")))
    shut = keystore(daemon)
    expect(f"{shut}", not shut["authenticated"] and "keys" not in shut and shut["kdf"].startswith("argon2id m=65536KiB t=3 p=4"))
    opened = keystore(daemon, "--passphrase-file", phrase)
    expect(f"{opened}", opened["authenticated"] and opened["node"] == shut["node"])
    piped = daemon.ctl("-o", "json", "key", "ls", "--state", state, "--passphrase-fd", "0", input=PASSPHRASE)
    expect(piped.stdout, json.loads(piped.stdout)["keys"][0]["kind"] == "identity")
    scan("what is told", (piped.stdout + json.dumps(opened)).encode(), known_secrets(daemon))
    expect("the configuration says otherwise: 78", ended(daemon) == 78 and "RUNAR-E4105" in daemon.log_tail(2))
    daemon.ctl("keystore", "rekey", "--state", state, "--passphrase-file", phrase, "--kek", "none")
    daemon.start()


def test_a_credential_of_systemd_is_taken_without_being_asked_for(folder, add):
    daemon = make(folder, add)
    credentials = folder / "credentials"
    credentials.mkdir(mode=0o700)
    secret_file(credentials / "runard.kek", os.urandom(32))
    os.environ["CREDENTIALS_DIRECTORY"] = str(credentials)
    try:
        daemon.start()
    finally:
        del os.environ["CREDENTIALS_DIRECTORY"]
    expect("systemd", daemon.ask("status")["security"]["kek"] == "systemd")
    expect("no warning", "NOT ENCRYPTED" not in daemon.log_text())
    daemon.stop()
    expect("without it: 78", ended(daemon) == 78 and "RUNAR-E4105" in daemon.log_tail(2))
    done = daemon.ctl("key", "ls", "--state", daemon.folder / "state", "--credential", credentials / "runard.kek")
    expect(done.stdout, "identity" in done.stdout)


def test_the_key_of_a_ca_under_a_passphrase(folder, add):
    ca, phrase = folder / "ca", secret_file(folder / "phrase", PASSPHRASE + "\n")
    daemon = Daemon(folder / "n", "n")
    made = daemon.ask("ca", "init", "--name", "acme", "--out", ca, "--passphrase-file", phrase)
    expect(f"{made}", made["encrypted"])
    expect("no key in clear", "PRIVATE KEY" not in (ca / "ca.key").read_text())
    daemon.ctl("network", "create", "main", "--ca", ca, "--passphrase-file", phrase)
    wrong = secret_file(folder / "wrong", "wrong")
    done = daemon.ctl("network", "create", "x", "--ca", ca, "--passphrase-file", wrong, check=False)
    expect(f"{done}", done.returncode == 6 and "RUNAR-E4103" in done.stderr)
    done = alone("network", "create", "x", "--ca", ca)
    expect(f"{done}", done.returncode == 2 and "--passphrase-file" in done.stderr)
    daemon.ctl("ca", "inspect", ca)  # takes no key


def alone(*args):
    """runarctl with no terminal to ask at."""
    return subprocess.run([build_dir() / "bin/runarctl", *map(str, args)], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          start_new_session=True, timeout=20)


def typed(answers, *args):
    """runarctl at a terminal of its own, where each of `answers` is typed once it asks. Its exit code, and what the terminal showed."""
    master, terminal = os.openpty()
    shown = b""
    process = subprocess.Popen([build_dir() / "bin/runarctl", *map(str, args)], stdin=terminal, stdout=subprocess.DEVNULL, stderr=terminal,
                               start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    os.close(terminal)
    try:
        for count, answer in enumerate(answers, 1):
            while shown.count(b"assphrase of the keystore: ") < count:
                expect(f"nothing is asked: {shown}", select.select([master], [], [], 20)[0])
                shown += os.read(master, 4096)
            wait_for("it reads without echo", lambda: not termios.tcgetattr(master)[3] & termios.ECHO)
            os.write(master, answer.encode() + b"\n")
        code = process.wait(20)
        while select.select([master], [], [], 0)[0]:
            shown += os.read(master, 4096)
    except OSError:  # how the end of a terminal is told
        code = process.wait(20)
    finally:
        process.kill()
        os.close(master)
    return code, shown.decode()


def test_a_profile_under_a_passphrase(folder, add):
    ann, out, phrase = folder / "ann", folder / "ann.profile", secret_file(folder / "phrase", PASSPHRASE + "\n")
    made = alone("profile", "create", ann, "--name", "ann", "--passphrase-file", phrase)
    expect(f"{made}", made.returncode == 0 and "not encrypted" not in made.stderr)
    for file in files_of(ann):
        scan(file, file.read_bytes(), [b"PRIVATE KEY", PASSPHRASE.encode()])
    done = alone("profile", "export", ann, "--out", out)
    expect(f"{done}", done.returncode == 2 and "--passphrase-file" in done.stderr and "--passphrase-fd" in done.stderr)
    wrong = secret_file(folder / "wrong", "wrong")
    done = alone("profile", "export", ann, "--out", out, "--passphrase-file", wrong)
    expect(f"{done}", done.returncode == 6 and "RUNAR-E4103" in done.stderr)
    expect("nothing came of it", not out.exists() and not (ann / "profile.pem").exists())
    daemon = Daemon(folder / "n", "n")
    daemon.ctl("profile", "export", ann, "--out", out, "--passphrase-fd", "0", input=PASSPHRASE)
    expect("it is exported", out.exists())


def test_a_profile_in_clear_is_warned_of_and_can_be_encrypted(folder, add):
    ann, out, phrase = folder / "ann", folder / "ann.profile", secret_file(folder / "phrase", PASSPHRASE + "\n")
    made = alone("--quiet", "profile", "create", ann, "--name", "ann")
    expect(f"{made}", made.returncode == 0 and "warning: the profile's root key and seed are not encrypted" in made.stderr and f"keystore rekey --state {ann}" in made.stderr)
    done = alone("keystore", "rekey", "--state", ann, "--new-passphrase-file", phrase)
    expect(f"{done}", done.returncode == 0)
    expect("it takes the passphrase", alone("profile", "export", ann, "--out", out).returncode == 2)
    expect("and is whole", alone("profile", "export", ann, "--out", out, "--passphrase-file", phrase).returncode == 0)


def test_a_new_profile_at_a_terminal_asks_for_its_passphrase(folder, add):
    ann, out, phrase = folder / "ann", folder / "ann.profile", secret_file(folder / "phrase", PASSPHRASE)
    code, shown = typed([PASSPHRASE, "another"], "profile", "create", ann, "--name", "ann")
    expect(f"{code} {shown}", code == 2 and not ann.exists() and PASSPHRASE not in shown)
    code, shown = typed([PASSPHRASE, PASSPHRASE], "profile", "create", ann, "--name", "ann")
    expect(f"{code} {shown}", code == 0 and "not encrypted" not in shown and PASSPHRASE not in shown)
    expect("it takes the passphrase", alone("profile", "export", ann, "--out", out, "--passphrase-file", phrase).returncode == 0)
    code, shown = typed([PASSPHRASE], "profile", "export", ann, "--out", out)
    expect(f"{code} {shown}", code == 0)
    code, shown = typed([], "profile", "create", folder / "bob", "--name", "bob", "--kek", "none")
    expect(f"{code} {shown}", code == 0 and "root key and seed are not encrypted" in shown)


if __name__ == "__main__":
    sys.exit(checks.run(sys.modules[__name__]))
