"""Rotation of keys under load fails no call. Usage: rotation_test.py BIN_FOLDER [--seconds N] [NAME...]"""
import json, os, pathlib, signal, sys, threading, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
os.environ["RUNARD_BUILD"] = str(pathlib.Path(sys.argv[1]).resolve().parent)
import checks  # noqa: E402
from authority import Authority, runarctl  # noqa: E402
from daemons import Failed, wait_for  # noqa: E402
from meshes import expect, make, sees  # noqa: E402

SECONDS = 8.0
if "--seconds" in sys.argv:
    at = sys.argv.index("--seconds")
    SECONDS = float(sys.argv[at + 1])
    del sys.argv[at:at + 2]
RATE = 1000  # calls a second


class Load(threading.Thread):
    """From one node to the other's math service: RATE calls a second, due whether or not the last was answered."""

    def __init__(self, caller, seconds=SECONDS):
        super().__init__(daemon=True)
        self.caller, self.seconds = caller, seconds
        self.began = time.monotonic()
        self.start()

    def run(self):
        self.done = self.caller.ctl("-o", "json", "bench", "call", "math/add", "a=1", "b=2", "--rate", RATE,
                                    "--count", int(RATE * self.seconds), "--inflight", 1024, check=False, timeout=600)

    def left(self):
        return self.began + self.seconds - time.monotonic()

    def made(self):
        return self.caller.ask("status")["calls"]["total"]

    def runs(self):
        """Until another second's calls are made."""
        before = self.made()
        wait_for("calls go on", lambda: not self.is_alive() or self.made() >= before + RATE, 30)

    def check(self):
        self.join(self.seconds + 60)
        result = json.loads(self.done.stdout)
        rate = result["count"] / result["elapsed_ns"] * 1e9
        print(f"        {result['count']} calls, {rate:.0f} a second, {result['errors']} failed, p50 "
              f"{result['p50_ns'] / 1e6:.1f} ms, p99 {result['p99_ns'] / 1e6:.1f} ms, the slowest {result['max_ns'] / 1e6:.0f} ms")
        expect((result["errors"], result["count"]), (0, int(RATE * self.seconds)))


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
    try:
        runarctl("ca", "rotate", "retire", "--ca", ca)
        raise AssertionError("retired while certificates of the old root are valid")
    except Failed as refused:
        expect("RUNAR-E1004" in str(refused), True)
    activated = int(time.time())
    wait_for("the second of the activation is over: what is issued in it counts as old", lambda: int(time.time()) > activated)
    for node in (first, second):
        authority.renew(node, ttl="1h")
        reload(node)
        load.runs()  # on the new certificate
    expect(generations(first), [1, 1])
    load.check()
    expect({len(node.ask("status")["trust"]["roots"]) for node in (first, second)}, {2})


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


if __name__ == "__main__":
    sys.exit(checks.run(sys.modules[__name__]))
