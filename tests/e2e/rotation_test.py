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
    """From one node to the other's math service: so many calls each second, for some seconds."""

    def __init__(self, node, seconds):
        super().__init__(daemon=True)
        self.node, self.end = node, time.monotonic() + seconds
        self.calls = self.errors = self.slowest = 0
        self.broken = None
        self.start()

    def run(self):
        try:
            while time.monotonic() < self.end:
                due = time.monotonic() + 1
                done = self.node.ctl("-o", "json", "bench", "call", "math/add", "a=1", "b=2", "--count", RATE,
                                     "--inflight", 4, check=False, timeout=60)
                result = json.loads(done.stdout)
                self.calls += result["count"]
                self.errors += result["errors"]
                self.slowest = max(self.slowest, result["max_ns"])
                time.sleep(max(0, due - time.monotonic()))  # a fixed rate
        except Exception as error:
            self.broken = error

    def check(self):
        self.join(SECONDS + 60)
        if self.broken:
            raise Failed(f"the load broke off: {self.broken}")
        print(f"        {self.calls} calls, {self.errors} failed, the slowest took {self.slowest / 1e6:.0f} ms")
        expect(self.errors, 0)


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
    load = Load(second, SECONDS)
    step = SECONDS / 8
    time.sleep(step)  # the load runs
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
    time.sleep(1.1)  # what is issued in the second of the activation counts as old
    for node in (first, second):
        authority.renew(node, ttl="1h")
        reload(node)
        time.sleep(step)  # load on the new certificate
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
    load = Load(second, SECONDS)
    end = time.monotonic() + SECONDS * 0.8
    reloads = 0
    while time.monotonic() < end:
        for node in (first, second):
            authority.renew(node, ttl=f"{40 + reloads}d")
            reload(node)
        reloads += 2
        time.sleep(0.2)  # between two reloads
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
