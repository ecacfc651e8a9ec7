"""Rotation of keys under load fails no call. Usage: rotation_test.py BIN_FOLDER [--seconds N] [NAME...]"""
import json, os, pathlib, signal, sys, threading, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
os.environ["RUNARD_BUILD"] = str(pathlib.Path(sys.argv[1]).resolve().parent)
import checks  # noqa: E402
from authority import Authority, attempt, runarctl  # noqa: E402
from daemons import Failed, sanitized, wait_for  # noqa: E402
from meshes import expect, make, sees  # noqa: E402

SECONDS = 8.0
if "--seconds" in sys.argv:
    at = sys.argv.index("--seconds")
    SECONDS = float(sys.argv[at + 1])
    del sys.argv[at:at + 2]
RATE = 1000  # calls a second
KEPT = 0.95  # of it, over a minute: what a stall held up is made afterwards, so this is no matter of how fast the machine is


class Load(threading.Thread):
    """Calls of one node at a rate: each is due whether or not the last was answered."""

    def __init__(self, caller, call=("math/add", "a=1", "b=2"), rate=RATE, seconds=SECONDS):
        super().__init__(daemon=True)
        self.caller, self.call, self.rate, self.seconds = caller, call, rate, seconds
        self.began = time.monotonic()
        self.start()

    def run(self):
        self.done = self.caller.ctl("-o", "json", "bench", "call", *self.call, "--rate", self.rate,
                                    "--count", int(self.rate * self.seconds), "--inflight", 1024, check=False, timeout=600)

    def left(self):
        return self.began + self.seconds - time.monotonic()

    def made(self):
        return self.caller.ask("status")["calls"]["total"]

    def runs(self):
        """Until another second's calls are made."""
        before = self.made()
        wait_for("calls go on", lambda: not self.is_alive() or self.made() >= before + self.rate, 30)

    def check(self):
        self.join(self.seconds + 60)
        result = json.loads(self.done.stdout)
        rate = result["count"] / result["elapsed_ns"] * 1e9
        print(f"        {result['count']} calls, {rate:.0f} a second, {result['errors']} failed, p50 "
              f"{result['p50_ns'] / 1e6:.1f} ms, p99 {result['p99_ns'] / 1e6:.1f} ms, the slowest {result['max_ns'] / 1e6:.0f} ms")
        expect((result["errors"], result["count"]), (0, int(self.rate * self.seconds)))
        if self.seconds >= 60 and not sanitized():
            expect((rate >= KEPT * self.rate, rate), (True, rate))


def reload(node):
    node.process.send_signal(signal.SIGHUP)


def say(node, statement):
    runarctl("node", "install", statement, "--state", node.folder / "state")
    reload(node)


def generations(node):
    status = node.ask("status")
    return [status["trust"]["generation"]] + [p["trust"] for p in status["mesh"]["peers"] if p["linked"]]


def test_T29_the_root_ca_is_rotated_under_load_and_no_call_fails(folder, add_daemon):
    authority = Authority(folder / "ca")
    first = make(folder, add_daemon, authority, "first", ttl="1h")
    first.drop_plugin("math")
    second = make(folder, add_daemon, authority, "second", peers=[f"[::1]:{first.port}"], ttl="1h")
    first.start(), second.start()
    wait_for("second sees math", lambda: sees(second, "math"))
    load = Load(second)
    load.runs()
    ca, trust, status = authority.folder, folder / "trust.pem", folder / "status.json"
    runarctl("ca", "rotate", "prepare", "--ca", ca, "--ttl", "1d", "--out", trust)
    status.write_text(json.dumps(first.ask("status")))
    try:
        runarctl("ca", "rotate", "activate", "--ca", ca, "--acked", status)
        raise AssertionError("activated before the nodes knew of it")
    except Failed as refused:
        expect("RUNAR-E1004" in str(refused), True)
    say(first, trust)
    wait_for("both trust both roots", lambda: generations(first) == [1, 1])
    status.write_text(json.dumps(first.ask("status")))
    runarctl("ca", "rotate", "activate", "--ca", ca, "--acked", status)
    refused = attempt("ca", "rotate", "retire", "--ca", ca)
    expect((refused.returncode, refused.stderr.count("it has none of the new root"), "RUNAR-E1004" in refused.stderr), (7, 2, True))
    for node in (first, second):
        authority.renew(node, ttl="1h")
        reload(node)
        load.runs()  # on the new certificate
    expect(generations(first), [1, 1])
    refused = attempt("ca", "rotate", "retire", "--ca", ca)
    ids = [node.ask("status")["node"]["id"] for node in (first, second)]
    expect((refused.returncode, refused.stderr.count("signed by hand"), [i in refused.stderr for i in ids]), (7, 3, [True, True]))

    def retired():
        status.write_text(json.dumps(first.ask("status")))
        return attempt("ca", "rotate", "retire", "--ca", ca, "--acked", status, "--out", trust).returncode == 0
    wait_for("first and second are seen to show the new ones", retired)
    say(first, trust)
    wait_for("both trust the new root alone", lambda: {len(node.ask("status")["trust"]["roots"]) for node in (first, second)} == {1})
    load.runs()
    load.check()
    expect(["a link was cut" in node.log_text() for node in (first, second)], [False, False])


def test_T30_reloads_under_load_drop_no_call_and_a_bad_bundle_leaves_the_old_one(folder, add_daemon):
    authority = Authority(folder / "ca")
    first = make(folder, add_daemon, authority, "first")
    first.drop_plugin("math")
    second = make(folder, add_daemon, authority, "second", peers=[f"[::1]:{first.port}"])
    first.start(), second.start()
    wait_for("second sees math", lambda: sees(second, "math"))
    load = Load(second)
    reloads = 0
    while load.left() > SECONDS * 0.2:
        for node in (first, second):
            authority.renew(node, ttl=f"{40 + reloads}d")
            reload(node)
        reloads += 2
    print(f"        {reloads} reloads under load")
    load.check()
    before = first.ask("status")["mesh"]["certificate_until"]
    bundle = first.folder / "state" / "identity" / "node.bundle"
    bundle.write_text(bundle.read_text().replace("RUNARD NETWORKS", "RUNARD NOTHING"))
    reload(first)
    wait_for("the log says so", lambda: "reload failed, everything stays as it was" in first.log_text())
    expect(first.ask("status")["mesh"]["certificate_until"], before)


PHONE = "+44 20 7946 0001"


def enrolled(folder, add, authority, name, issuer, peers, ttl):
    """A running node with a certificate of seconds, which it renews by itself."""
    node = make(folder, add, None, name, peers=[f"[::1]:{p.port}" for p in (issuer, *peers)])
    token = folder / f"{name}.token"
    runarctl("token", "create", "--ca", authority.folder, "--network", "main", "--address", f"[::1]:{issuer.port}",
             "--node-name", name, "--cert-ttl", ttl, "--out", token)
    runarctl("node", "enroll", "--token-file", token, "--state", node.folder / "state")
    return node.start()


def acknowledged(folder, nodes):
    file = folder / "status.json"
    file.write_text(json.dumps(nodes[0].ask("status")))
    return file


def test_the_keys_of_nodes_network_and_ca_are_rotated_under_load_and_no_call_fails(folder, add_daemon):
    """Certificates live seconds, keys of the network and of nodes a few; a field sealed to the members stays readable."""
    seconds = max(SECONDS, 30.0)  # a certificate is renewed at two thirds of its life, and the old root goes after that
    ttl = "30s" if seconds >= 60 else "18s"
    authority = Authority(folder / "ca")
    ca = authority.folder
    issuer = make(folder, add_daemon, authority, "issuer", more=f"issuer: {{ ca: {ca} }}\n").start()
    server = enrolled(folder, add_daemon, authority, "server", issuer, [], ttl)
    server.drop_plugin("math"), server.drop_plugin("profiles")
    client = enrolled(folder, add_daemon, authority, "client", issuer, [server], ttl)
    nodes = (issuer, server, client)
    wait_for("client sees both", lambda: sees(client, "math") and sees(client, "profiles"))
    server.ctl("call", "profiles/ann/profile/set", "name=Ann", f"phone={PHONE}")
    loads = [Load(client, rate=RATE // 2, seconds=seconds), Load(client, ("profiles/ann/profile",), RATE // 2, seconds)]
    done = []

    def say_all(*command):
        runarctl(*command, "--ca", ca, "--out", folder / "statement")
        tried = attempt("node", "install", folder / "statement", "--state", issuer.folder / "state")
        # The issuer, which renews meanwhile, may have said it already in a newer one.
        expect((tried.returncode == 0 or "network of generation" in tried.stderr, tried.stderr), (True, tried.stderr))
        reload(issuer)

    def prepare():
        say_all("ca", "rotate", "prepare")
        done.append("prepare")

    def activate():
        wait_for("all trust both roots", lambda: generations(issuer) == [1] * 3)
        runarctl("ca", "rotate", "activate", "--ca", ca, "--acked", acknowledged(folder, nodes))
        activated = int(time.time())
        wait_for("what is issued in the second of the activation counts as old", lambda: int(time.time()) > activated)
        authority.renew(issuer)  # signed by hand; the others do it themselves
        reload(issuer)
        done.append("activate")

    def retire():
        tried = attempt("ca", "rotate", "retire", "--ca", ca, "--acked", acknowledged(folder, nodes), "--out", folder / "retired")
        if tried.returncode == 0:
            say(issuer, folder / "retired")
            done.append("retire")
        else:  # as long as somebody shows a certificate of the old root
            expect((tried.returncode, "RUNAR-E1004" in tried.stderr), (7, True))

    steps = {"prepare": prepare, "activate": activate, "retire": retire}
    rounds = 0
    while loads[0].left() > 2:
        if len(done) < len(steps):
            list(steps.values())[len(done)]()
        say_all("network", "rotate-key", "main", "--activate-after", "1s", "--overlap", "5s")
        for node in nodes:
            node.ctl("key", "rotate")
        loads[0].runs(), loads[1].runs()
        expect(client.ask("call", "profiles/ann/profile")["result"]["phone"], PHONE)
        rounds += 1
    renewals = [node.ask("status")["mesh"]["certificate"]["renewals"] for node in (server, client)]
    print(f"        {rounds} keys of the network and of each node, certificates renewed {renewals} times, a new root: {done}")
    for load in loads:
        load.check()
    expect(done, ["prepare", "activate", "retire"])
    wait_for("all trust the new root alone", lambda: [len(node.ask("status")["trust"]["roots"]) for node in nodes] == [1] * 3)
    expect(client.ask("call", "profiles/ann/profile")["result"]["phone"], PHONE)
    expect(["a link was cut" in node.log_text() for node in nodes], [False] * 3)
    expect(min(renewals) >= (2 if SECONDS >= 60 else 1), True)


if __name__ == "__main__":
    sys.exit(checks.run(sys.modules[__name__]))
