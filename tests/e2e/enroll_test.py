"""Enrolment by token, approval, renewal and reloads, with real daemons. Usage: enroll_test.py BIN_FOLDER [NAME...]"""
import base64, datetime, json, os, pathlib, signal, subprocess, sys, threading, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
os.environ["RUNARD_BUILD"] = str(pathlib.Path(sys.argv[1]).resolve().parent)
import checks  # noqa: E402
from authority import Authority, runarctl  # noqa: E402
from daemons import Failed, build_dir, wait_for  # noqa: E402
from meshes import expect, make  # noqa: E402


def node_of(folder, add, name, peers=(), more=""):
    """A node without a certificate, not started."""
    return make(folder, add, None, name, peers=[f"[::1]:{p.port}" for p in peers], more=more)


def issuer_of(folder, add, name="issuer"):
    """A mesh with one node, which is an issuer."""
    authority = Authority(folder / "ca")
    issuer = make(folder, add, authority, name, more=f"issuer: {{ ca: {folder}/ca }}\n")
    return authority, issuer.start()


def token(folder, issuer, *more, name="token"):
    file = folder / name
    runarctl("token", "create", "--ca", folder / "ca", "--network", "main", "--address", f"[::1]:{issuer.port}", "--out", file, *more)
    return file


def enroll(daemon, file, *more):
    return subprocess.run([build_dir() / "bin" / "runarctl", "-o", "json", "node", "enroll", "--token-file", file, "--state",
                           daemon.folder / "state", *more], capture_output=True, text=True, timeout=60)


def code_of(done):
    return json.loads(done.stderr)["code"] if done.returncode else None


def enrolled(folder, add, issuer, name, *more, peers=()):
    """A running node that enrolled by a token of its own."""
    node = node_of(folder, add, name, peers=[issuer, *peers])
    done = enroll(node, token(folder, issuer, "--node-name", name, *more, name=f"{name}.token"))
    if done.returncode != 0:
        raise Failed(f"{name} did not enrol: {done.stderr}")
    return node.start()


def certificate(daemon):
    return daemon.ask("status")["mesh"]["certificate"]


def linked(daemon):
    return daemon.ask("status")["mesh"]["linked"]


def seconds_left(daemon):
    return certificate(daemon)["left_ns"] / 1e9


def issued(folder):
    return len((folder / "ca" / "issued.log").read_text().splitlines())


def test_a_token_becomes_a_certificate_and_a_link(folder, add):
    _, issuer = issuer_of(folder, add)
    node = node_of(folder, add, "node", peers=[issuer])
    file = token(folder, issuer, "--node-name", "web-1")
    expect(file.stat().st_mode & 0o777, 0o600)
    done = enroll(node, file)
    expect((done.returncode, done.stderr), (0, ""))
    told = json.loads(done.stdout)
    expect((told["name"], told["networks"]), ("web-1", ["main"]))
    end = datetime.datetime.fromisoformat(told["not_after"].replace("Z", "+00:00"))
    hours = (end - datetime.datetime.now(datetime.timezone.utc)).total_seconds() / 3600
    if not 23.9 < hours <= 24:
        raise Failed(f"a certificate of {hours} h")
    node.start()
    wait_for("they are linked", lambda: linked(node) == 1 and linked(issuer) == 1)
    expect(certificate(node)["state"], "good")


def test_a_token_comes_from_standard_input_too(folder, add):
    _, issuer = issuer_of(folder, add)
    node = node_of(folder, add, "node")
    text = token(folder, issuer).read_text()
    done = subprocess.run([build_dir() / "bin" / "runarctl", "node", "enroll", "--token-file", "-", "--state", node.folder / "state"],
                          input=text, capture_output=True, text=True, timeout=60)
    expect(done.returncode, 0)


def changed(file, **fields):
    """The token with some fields of its CBOR exchanged, found by their places: all have fixed sizes behind the address."""
    text = file.read_text().strip().removeprefix("rnt1.")
    body = bytearray(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    places = {"root": body.index(b"\x02\x58\x20") + 3, "id": body.index(b"\x03\x50") + 2, "secret": body.index(b"\x04\x58\x20") + 3}
    for name in fields:
        if name == "end":
            at = body.index(b"\x05\x1b", places["secret"] + 32) + 2
            body[at:at + 8] = (int.from_bytes(body[at:at + 8], "big") + 600_000).to_bytes(8, "big")
        else:
            body[places[name]] ^= 1
    other = file.with_suffix(".changed")
    other.write_text("rnt1." + base64.urlsafe_b64encode(bytes(body)).decode().rstrip("=") + "\n")
    return other


def test_where_nobody_answers_is_said_and_ends_in_5(folder, add):
    Authority(folder / "ca")
    node = node_of(folder, add, "node")
    runarctl("token", "create", "--ca", folder / "ca", "--network", "main", "--address", f"[::1]:{node.port}", "--out", folder / "token")
    done = enroll(node, folder / "token")
    told = json.loads(done.stderr.splitlines()[-1])
    expect((done.returncode, told["code"], f"[::1]:{node.port}" in told["message"], "UDP" in told["remedy"]), (5, "RUNAR-E1201", True, True))


def test_used_wrong_and_foreign_tokens_are_refused_and_nothing_is_signed(folder, add):
    _, issuer = issuer_of(folder, add)
    file = token(folder, issuer)
    node = node_of(folder, add, "node")
    before = issued(folder)
    for field, error in (("root", "RUNAR-E4019"), ("id", "RUNAR-E4203"), ("secret", "RUNAR-E4005")):
        done = enroll(node, changed(file, **{field: True}))
        expect((field, done.returncode != 0, code_of(done)), (field, True, error))
    expect(issued(folder), before)
    expect((node.folder / "state/identity/node.bundle").exists(), False)
    expect(enroll(node, file).returncode, 0)
    expect(issued(folder), before + 1)
    done = enroll(node_of(folder, add, "late"), file)
    expect((done.returncode, code_of(done)), (6, "RUNAR-E4203"))
    short = token(folder, issuer, "--ttl", "1s", name="short")
    made = time.monotonic()
    wait_for("its time is over", lambda: time.monotonic() > made + 1.1)
    expect(code_of(enroll(node_of(folder, add, "later"), short)), "RUNAR-E4202")
    # One that says it has more time: the issuer knows better.
    expect(code_of(enroll(node_of(folder, add, "liar"), changed(short, end=True))), "RUNAR-E4203")
    expect(issued(folder), before + 1)


def test_a_used_token_stays_used_after_a_restart_of_the_issuer(folder, add):
    _, issuer = issuer_of(folder, add)
    file = token(folder, issuer)
    expect(enroll(node_of(folder, add, "first"), file).returncode, 0)
    before = issued(folder)
    issuer.process.kill()
    issuer.process.wait()
    issuer.start()
    done = enroll(node_of(folder, add, "second"), file)
    expect((done.returncode, code_of(done), issued(folder)), (6, "RUNAR-E4203", before))
    if "no such token, or it is used up" not in issuer.log_text():
        raise Failed("the issuer's log does not say why")


def test_attempts_from_one_address_are_limited(folder, add):
    _, issuer = issuer_of(folder, add)
    file = token(folder, issuer)
    node = node_of(folder, add, "node")
    wrong = changed(file, id=True)
    expect([code_of(enroll(node, wrong)) for _ in range(6)], ["RUNAR-E4203"] * 5 + ["RUNAR-E1203"])


def test_the_secret_is_in_no_log_no_argument_and_no_file(folder, add):
    _, issuer = issuer_of(folder, add)
    file = token(folder, issuer, "--approve")
    node = node_of(folder, add, "node")
    secret = file.read_text().strip()
    raw = base64.urlsafe_b64decode(secret[5:] + "=" * (-len(secret[5:]) % 4))
    at = raw.index(b"\x04\x58\x20") + 3
    traces = [secret[5:60].encode(), raw[at:at + 32], raw[at:at + 32].hex().encode()]
    process = subprocess.Popen([build_dir() / "bin" / "runarctl", "node", "enroll", "--token-file", file, "--state",
                                node.folder / "state"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        waiting = wait_for("it waits", lambda: issuer.ask("token", "ls")["pending"])
        seen = b"".join(pathlib.Path(f"/proc/{process.pid}/{name}").read_bytes() for name in ("cmdline", "environ"))
        issuer.ctl("token", "approve", waiting[0]["node"])
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    expect(process.returncode, 0)
    seen += out + err + issuer.log.read_bytes()
    seen += b"".join(p.read_bytes() for root in (folder / "ca", node.folder, issuer.folder) for p in root.rglob("*") if p.is_file())
    expect([trace for trace in traces if trace in seen], [])


def test_an_operator_approves_and_denies(folder, add):
    _, issuer = issuer_of(folder, add)
    made = issuer.ask("token", "create", "--network", "main", "--approve", "--uses", "2", "--address", f"[::1]:{issuer.port}")
    file = folder / "token"
    file.write_text(made["token"])
    results = {}

    def run(name, daemon):
        results[name] = subprocess.run([build_dir() / "bin" / "runarctl", "node", "enroll", "--token-file", file, "--state",
                                        daemon.folder / "state", "--name", name], capture_output=True, text=True, timeout=60)

    for name, command, code in (("good", "approve", 0), ("bad", "deny", 6)):
        thread = threading.Thread(target=run, args=(name, node_of(folder, add, name)))
        thread.start()
        waiting = wait_for("it waits", lambda: issuer.ask("token", "ls")["pending"])
        expect(waiting[0]["wished_name"], name)
        issuer.ctl("token", command, waiting[0]["node"])
        thread.join()
        expect(results[name].returncode, code)
        if waiting[0]["fingerprint"] not in results[name].stderr:
            raise Failed(f"other words: {waiting[0]['words']} and {results[name].stderr}")
    expect(json.loads(runarctl("-o", "json", "ca", "inspect", folder / "good/state/identity/node.bundle"))["name"], "good")
    expect(issuer.ask("token", "ls")["tokens"][0]["left"], 1)
    issuer.ctl("token", "rm", made["id"])
    expect(issuer.ask("token", "ls")["tokens"], [])


def load(daemon, count):
    """Calls math/add over the link, `count` at most 8 at once; its report, later, by result()."""
    process = subprocess.Popen([build_dir() / "bin" / "runarctl", "--socket", daemon.socket, "-o", "json", "bench", "call", "math/add",
                                "a=2", "b=3", "--count", str(count), "--inflight", "8"], stdout=subprocess.PIPE, text=True)
    process.result = lambda: json.loads(process.communicate(timeout=120)[0])
    return process


def test_certificates_are_renewed_by_themselves_and_no_call_fails(folder, add):
    _, issuer = issuer_of(folder, add)
    one = enrolled(folder, add, issuer, "one", "--cert-ttl", "30s")
    one.drop_plugin("math")
    two = enrolled(folder, add, issuer, "two", "--cert-ttl", "30s", peers=[one])
    wait_for("two sees math", lambda: two.ctl("call", "math/add", "a=1", "b=2", check=False).returncode == 0)
    until = certificate(two)["until"]
    errors = answers = 0
    end = time.monotonic() + 75  # longer than two lives
    while time.monotonic() < end:
        report = load(two, 2000).result()
        errors, answers = errors + report["errors"], answers + report["count"]
        if certificate(one)["renewals"] >= 2 and certificate(two)["renewals"] >= 2:
            break
    expect((errors, answers > 0), (0, True))
    for node in (one, two):
        if certificate(node)["renewals"] < 2:
            raise Failed(f"{node.name}: {certificate(node)}")
    expect(certificate(two)["until"] > until, True)
    expect(linked(two), 2)


def test_an_issuer_that_is_away_for_half_of_what_is_left_costs_nothing(folder, add):
    _, issuer = issuer_of(folder, add)
    one = enrolled(folder, add, issuer, "one", "--cert-ttl", "40s")
    one.drop_plugin("math")
    two = enrolled(folder, add, issuer, "two", "--cert-ttl", "40s", peers=[one])
    wait_for("two sees math", lambda: two.ctl("call", "math/add", "a=1", "b=2", check=False).returncode == 0)
    issuer.stop()
    wait_for("renewal was tried and failed", lambda: certificate(two)["renewal_failures"] > 0, 40)
    expect("could not be renewed" in two.log_text(), True)
    away = seconds_left(two) / 2
    wait_for("half of what is left has passed", lambda: load(two, 200).result()["errors"] == 0 and seconds_left(two) < away, 30)
    # It dials them, as where nodes announce themselves: their own dials to it have become rare by now, for a life of 40 s.
    issuer.config.write_text(issuer.config.read_text().replace("peers: []", f'peers: ["[::1]:{one.port}", "[::1]:{two.port}"]'))
    issuer.start()
    wait_for("both are renewed", lambda: certificate(one)["renewals"] > 0 and certificate(two)["renewals"] > 0, 30)
    expect(load(two, 500).result()["errors"], 0)


def test_reloads_under_load_drop_no_call(folder, add):
    authority, issuer = issuer_of(folder, add)
    node = make(folder, add, authority, "node", peers=[f"[::1]:{issuer.port}"])
    node.start()
    issuer.drop_plugin("math")
    wait_for("it sees math", lambda: node.ctl("call", "math/add", "a=1", "b=2", check=False).returncode == 0)
    handshakes = node.ask("status")["mesh"]["handshakes"]
    running = load(node, 20000)
    for daemon in (node, issuer) * 3:
        authority.renew(daemon)
        daemon.ctl("config", "reload")
    expect(running.result()["errors"], 0)
    wait_for("new links came up", lambda: node.ask("status")["mesh"]["handshakes"] >= handshakes + 6)
    expect((linked(node), linked(issuer)), (1, 1))


def test_a_bad_pair_leaves_the_old_one_and_says_so(folder, add):
    authority, issuer = issuer_of(folder, add)
    node = make(folder, add, authority, "node", peers=[f"[::1]:{issuer.port}"])
    node.start()
    wait_for("they are linked", lambda: linked(node) == 1)
    before = certificate(node)["until"]
    bundle = node.folder / "state/identity/node.bundle"
    good = bundle.read_text()
    for bad in ((issuer.folder / "state/identity/node.bundle").read_text(), "garbage", good[:-200]):
        bundle.write_text(bad)
        done = node.ctl("config", "reload", check=False)
        if done.returncode == 0 or "error: " not in done.stderr:
            raise Failed(f"a bad pair: {done}")
    node.process.send_signal(signal.SIGHUP)
    wait_for("the log says so", lambda: node.log_text().count("everything stays as it was") >= 4)
    expect((certificate(node)["until"], linked(node)), (before, 1))
    bundle.write_text(good)
    node.ctl("config", "reload")


def test_a_certificate_that_nobody_renews_is_warned_about_and_ends_its_links(folder, add):
    authority = Authority(folder / "ca")
    one = make(folder, add, authority, "one")
    two = make(folder, add, authority, "two", peers=[f"[::1]:{one.port}"], ttl="15s")
    one.start(), two.start()
    wait_for("they are linked", lambda: linked(one) == 1)
    wait_for("a warning before the end", lambda: "certificate ends soon" in two.log_text(), 20)
    wait_for("the end is told", lambda: certificate(two)["state"] == "expired", 20)
    expect("ENDED" in two.ctl("status").stdout, True)
    wait_for("the log says so", lambda: "certificate has ended" in two.log_text())
    wait_for("its links are gone", lambda: linked(one) == 0 and linked(two) == 0)


if __name__ == "__main__":
    sys.exit(checks.run(sys.modules[__name__]))
