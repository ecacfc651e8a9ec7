"""Nodes that sign for their mesh: their CA, whom they refuse, and its rotation under load. Usage: issuer_test.py BIN_FOLDER [NAME...]"""
import json, os, pathlib, signal, subprocess, sys, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
os.environ["RUNARD_BUILD"] = str(pathlib.Path(sys.argv[1]).resolve().parent)
import checks  # noqa: E402
from authority import Authority, attempt, runarctl  # noqa: E402
from daemons import Failed, build_dir, wait_for  # noqa: E402
from meshes import expect, make, sees  # noqa: E402


def issuer_of(folder, add, authority, more="", **kw):
    return make(folder, add, authority, "issuer", more=f"issuer: {{ ca: {folder}/ca{more} }}\n", **kw)


def enrol(node, issuer, *more):
    """By a token that the issuer makes; what runarctl said."""
    file = node.folder / "token"
    made = issuer.ask("token", "create", "--network", "main", "--address", f"[::1]:{issuer.port}", *more)
    file.write_text(made["token"])
    return subprocess.run([build_dir() / "bin" / "runarctl", "-o", "json", "node", "enroll", "--token-file", file, "--state",
                           node.folder / "state"], capture_output=True, text=True, timeout=60)


def code_of(done):
    return json.loads(done.stderr)["code"] if done.returncode else None


def mesh(node):
    return node.ask("status")["mesh"]


def certificate(node):
    return mesh(node)["certificate"]


def say(node, statement):
    runarctl("node", "install", statement, "--state", node.folder / "state")
    node.process.send_signal(signal.SIGHUP)


def test_T18_a_denied_node_is_neither_enrolled_nor_renewed(folder, add):
    authority = Authority(folder / "ca")
    issuer = issuer_of(folder, add, authority).start()
    bad = make(folder, add, None, "bad", peers=[f"[::1]:{issuer.port}"])
    expect(enrol(bad, issuer, "--node-name", "bad", "--cert-ttl", "6s").returncode, 0)
    bad.start()
    wait_for("it is linked", lambda: mesh(issuer)["linked"] == 1)
    # The CA's folder knows it at once; the mesh hears it later.
    runarctl("node", "revoke", "bad", "--ca", folder / "ca", "--out", folder / "deny.pem")
    wait_for("its renewal is refused", lambda: mesh(issuer)["issuer"]["renewals_refused"] > 0, 15)
    expect(("NODE_DENIED" in issuer.log_text(), certificate(bad)["renewals"]), (True, 0))
    say(issuer, folder / "deny.pem")
    wait_for("its link is cut", lambda: mesh(issuer)["linked"] == 0)
    bad.stop()
    signed = (folder / "ca" / "issued.log").read_text()
    expect(code_of(enrol(bad, issuer)), "RUNAR-E4203")
    expect((folder / "ca" / "issued.log").read_text(), signed)


def test_of_two_issuers_one_renews_while_the_other_is_stopped_and_its_tokens_say_where_they_are_made(folder, add):
    authority = Authority(folder / "ca")
    first = issuer_of(folder, add, authority).start()
    runarctl("ca", "copy", "--ca", folder / "ca", "--out", folder / "ca-2")
    second = make(folder, add, authority, "second", peers=[f"[::1]:{first.port}"], more=f"issuer: {{ ca: {folder}/ca-2 }}\n").start()
    expect((mesh(first)["issuer"]["renews_only"], mesh(second)["issuer"]["renews_only"]), (False, True))
    node = make(folder, add, None, "node", peers=[f"[::1]:{n.port}" for n in (first, second)])
    expect(enrol(node, first, "--node-name", "node", "--cert-ttl", "12s").returncode, 0)
    node.start()
    wait_for("each is linked to each", lambda: [mesh(n)["linked"] for n in (first, second, node)] == [2, 2, 2])
    done = second.ctl("-o", "json", "token", "create", "--network", "main", "--address", f"[::1]:{second.port}", check=False)
    expect((done.returncode, code_of(done), "make tokens at the issuer" in done.stderr), (7, "RUNAR-E1004", True))
    for command in ("node revoke node", "ca rotate prepare", "network create more", "network rotate-key main --out x"):
        done = attempt("-o", "json", *command.split(), "--ca", folder / "ca-2")
        expect((command, done.returncode, "only renews" in done.stderr), (command, 7, True))
    first.stop()
    for renewals in (1, 2):
        wait_for(f"renewal {renewals} goes on through the other", lambda: certificate(node)["renewals"] >= renewals, 30)
    expect((mesh(second)["issuer"]["renewed"] >= 2, certificate(node)["state"]), (True, "good"))
    logs = [(folder / ca / "issued.log").read_text().splitlines() for ca in ("ca", "ca-2")]
    serials = [line.split("serial=")[1].split()[0] for line in logs[0] + logs[1] if " name=node " in line]
    expect((len(serials) >= 3, len(set(serials))), (True, len(serials)))
    first.start()
    wait_for("the first is back", lambda: mesh(first)["linked"] == 2, 20)


def test_a_ca_under_a_passphrase_needs_it_at_the_start_and_signs_with_it(folder, add):
    secret = folder / "passphrase"
    secret.write_text("open sesame\n")
    secret.chmod(0o600)
    ca, given = folder / "ca", ("--passphrase-file", secret)
    pin = json.loads(runarctl("-o", "json", "ca", "init", "--name", "acme", "--out", ca, *given))["fingerprint"]
    runarctl("network", "create", "main", "--ca", ca, *given)
    issuer = make(folder, add, None, "issuer")
    state = issuer.folder / "state"
    runarctl("node", "init", "--state", state)
    runarctl("node", "csr", "--state", state, "--out", folder / "i.csr")
    runarctl("ca", "sign", folder / "i.csr", "--ca", ca, "--network", "main", "--out", folder / "i.bundle", *given)
    runarctl("node", "install", folder / "i.bundle", "--state", state, "--ca-fingerprint", pin)

    def ends(more, code):
        issuer.config.write_text(f"{issuer.head}issuer: {{ ca: {ca}{more} }}\n")
        issuer.launch()
        expect(issuer.process.wait(15), 78)
        expect((more, code in issuer.log_tail(1)), (more, True))

    ends("", "KEYSTORE_KEK")
    expect("issuer.passphrase_file" in issuer.log_tail(1), True)
    wrong = folder / "wrong"
    wrong.write_text("sesame\n")
    wrong.chmod(0o600)
    ends(f", passphrase_file: {wrong}", "KEYSTORE_LOCKED")
    wrong.chmod(0o644)
    ends(f", passphrase_file: {wrong}", "FILE_MODE")
    ends(f", passphrase_file: {folder}/none", "KEYSTORE_KEK")
    issuer.config.write_text(f"{issuer.head}issuer: {{ ca: {ca}, passphrase_file: {secret} }}\n")
    issuer.start()
    node = make(folder, add, None, "node", peers=[f"[::1]:{issuer.port}"])
    done = enrol(node, issuer)
    expect((done.returncode, done.stderr), (0, ""))
    node.start()
    wait_for("it is linked", lambda: mesh(issuer)["linked"] == 1)
    expect("open sesame" in issuer.log_text(), False)


def test_what_is_no_ca_ends_the_start_with_78(folder, add):
    authority = Authority(folder / "other")
    issuer = issuer_of(folder, add, authority)
    issuer.launch()
    expect(issuer.process.wait(15), 78)
    expect("CA_MISSING" in issuer.log_tail(1), True)


class Load:
    """Calls of math/add, so many a second for so long; result() waits for the end."""

    def __init__(self, caller, seconds, rate=500):
        self.count = int(seconds * rate)
        self.process = subprocess.Popen(
            [build_dir() / "bin" / "runarctl", "--socket", caller.socket, "-o", "json", "bench", "call", "math/add", "a=1", "b=2",
             "--rate", str(rate), "--count", str(self.count), "--inflight", "1024"], stdout=subprocess.PIPE, text=True)

    def running(self):
        return self.process.poll() is None

    def check(self):
        result = json.loads(self.process.communicate(timeout=120)[0])
        print(f"        {result['count']} calls, {result['errors']} failed, p99 {result['p99_ns'] / 1e6:.1f} ms, the slowest "
              f"{result['max_ns'] / 1e6:.0f} ms")
        expect((result["errors"], result["count"]), (0, self.count))


def test_T29_the_ca_is_rotated_from_prepare_to_retire_while_certificates_renew_and_no_call_fails(folder, add):
    authority = Authority(folder / "ca")
    issuer = issuer_of(folder, add, authority, ttl="20s").start()
    one = make(folder, add, None, "one", peers=[f"[::1]:{issuer.port}"])
    two = make(folder, add, None, "two", peers=[f"[::1]:{issuer.port}", f"[::1]:{one.port}"])
    one.drop_plugin("math")
    for node in (one, two):
        expect(enrol(node, issuer, "--node-name", node.name, "--cert-ttl", "20s").returncode, 0)
        node.start()
    nodes = (issuer, one, two)
    wait_for("two sees math", lambda: sees(two, "math"))
    wait_for("each is linked to each", lambda: all(mesh(n)["linked"] == 2 for n in nodes))
    load = Load(two, 50)
    ca, trust, status = folder / "ca", folder / "trust.pem", folder / "status.json"
    runarctl("ca", "rotate", "prepare", "--ca", ca, "--ttl", "1d", "--out", trust)
    say(issuer, trust)
    wait_for("all trust both roots", lambda: all(len(n.ask("status")["trust"]["roots"]) == 2 for n in nodes))

    def try_to(step, *more):
        status.write_text(json.dumps(issuer.ask("status")))
        try:
            return runarctl("ca", "rotate", step, "--ca", ca, *more)
        except Failed as refused:
            early = "RUNAR-E1004" in str(refused) or "RUNAR-E7003" in str(refused)  # or the issuer signs at this moment
            expect((step, early or str(refused)), (step, True))
            return None

    wait_for("the new root signs", lambda: try_to("activate", "--acked", status) is not None)
    issuer.process.send_signal(signal.SIGHUP)
    wait_for("the issuer comes over at once", lambda: "this node's certificate was renewed" in issuer.log_text(), 5)
    expect(try_to("retire", "--out", trust), None)  # while certificates of the old root are valid
    wait_for("all have renewed themselves", lambda: try_to("retire", "--out", trust), 40)
    expect([certificate(n)["renewals"] > 0 for n in nodes], [True] * 3)
    say(issuer, trust)
    wait_for("all trust the new root alone", lambda: all(len(n.ask("status")["trust"]["roots"]) == 1 for n in nodes))
    expect(load.running(), True)
    load.check()
    expect([mesh(n)["linked"] for n in nodes], [2, 2, 2])
    cuts = [n.name for n in nodes if "a link was cut" in n.log_text()]
    expect(cuts, [])
    late = make(folder, add, None, "late", peers=[f"[::1]:{issuer.port}"])
    done = enrol(late, issuer)
    expect((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    sys.exit(checks.run(sys.modules[__name__]))
