"""The demo's steps, in order. Each does what its title says, checks it, and says what it saw."""
import json, os, subprocess, time
from dataclasses import dataclass
from typing import Callable

from authority import Authority, runarctl
from daemons import Failed, build_dir, wait_for
from mesh import Mesh


@dataclass
class Step:
    name: str
    title: str
    run: Callable[[Mesh], None]


ALL = []


def step(name, title):
    def add(function):
        ALL.append(Step(name, title, function))
        return function
    return add


def expect(what, got, wanted):
    if got != wanted:
        raise Failed(f"{what}: expected {wanted!r}, got {got!r}")


@step("enrol", "A certificate authority, the networks main and backup, and three nodes with certificates")
def enrol(mesh):
    mesh.authority = Authority(mesh.path / "ca", networks=("main", "backup"))
    for name, networks in (("alpha", ("main", "backup")), ("beta", ("main",)), ("gamma", ("main",))):
        node = mesh.make_node(name, networks)
        if not (mesh.spoiled("enrol") and name == "gamma"):
            mesh.authority.enrol(node, networks)
        if not (node.folder / "state" / "identity").exists():
            raise Failed(f"{name} has no identity")
    mesh.say("alpha, beta and gamma each made a key of their own, and the authority certified it")
    mesh.say("alpha is a member of main and backup, beta and gamma of main only")


@step("discover", "The daemons start and find each other, without being told where")
def discover(mesh):
    for node in mesh.nodes.values():
        if not (mesh.spoiled("discover") and node.name == "gamma"):
            node.start()
    for name in mesh.nodes:
        began = time.monotonic()
        others = set(mesh.nodes) - {name}
        wait_for(f"{name} is linked to {', '.join(sorted(others))}", lambda n=name, o=others: mesh.peers_of(n) == o, 15)
    mesh.say("every node is linked to the other two, over QUIC with certificates on both sides")


@step("plugin", "A plugin is dropped into the folder of a running node")
def plugin(mesh):
    if not mesh.spoiled("plugin"):
        mesh.nodes["alpha"].drop_plugin("math")
    wait_for("gamma sees the service math", lambda: any(
        s["path"] == "math" and s["state"] == "running" for s in mesh.nodes["gamma"].ask("service", "ls")["services"]), 10)
    mesh.say("math.so was copied into alpha's folder: alpha runs its service math, and gamma has heard of it")


@step("local", "A call on the node that has the service")
def local(mesh):
    numbers = ("a=2", "b=2") if mesh.spoiled("local") else ("a=2", "b=3")
    expect("2 + 3", float(mesh.nodes["alpha"].ctl("call", "math/add", *numbers).stdout), 5.0)
    mesh.say("alpha: runarctl call math/add a=2 b=3  ->  5")


@step("remote", "The same call on a node that does not have it")
def remote(mesh):
    path = "maths/multiply" if mesh.spoiled("remote") else "math/multiply"
    done = mesh.nodes["gamma"].ctl("-o", "json", "call", path, "a=6", "b=7")
    answer = json.loads(done.stdout)
    expect("6 * 7", answer["result"], 42)
    alpha = mesh.nodes["alpha"].ask("status")["node"]["id"]
    expect("who answered", answer["served_by"], alpha)
    mesh.say(f"gamma: runarctl call math/multiply a=6 b=7  ->  42, from alpha in {answer['elapsed_ns'] / 1000:.0f} us")


@step("error", "An error of the service reaches its caller on another node")
def error(mesh):
    divisor = "b=1" if mesh.spoiled("error") else "b=0"
    done = mesh.nodes["beta"].ctl("call", "math/divide", "a=1", divisor, check=False)
    if done.returncode == 0 or "zero" not in done.stderr:
        raise Failed(f"dividing by zero: exit {done.returncode}, {done.stderr.strip() or done.stdout.strip()}")
    mesh.say(f"beta: runarctl call math/divide a=1 b=0  ->  {done.stderr.strip().splitlines()[0]}")


@step("event", "An event published on one node is heard on another")
def event(mesh):
    gamma = mesh.nodes["gamma"]
    listener = subprocess.Popen(
        [build_dir() / "bin" / "runarctl", "--socket", gamma.socket, "-o", "json", "sub", "math/result", "--count", "1"],
        stdout=subprocess.PIPE, text=True)
    try:
        wait_for("alpha knows of gamma's subscription", lambda: any(
            s["pattern"] == "math/result" for n in mesh.nodes["alpha"].ask("node", "ls")["nodes"] if n["name"] == "gamma"
            for s in n["subscriptions"]), 5)
        if not mesh.spoiled("event"):
            mesh.nodes["beta"].ctl("call", "math/add", "a=20", "b=22")
        try:
            out, _ = listener.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            raise Failed("gamma heard nothing within 5 s")
        heard = json.loads(out)
        expect("the event's topic", heard["topic"], "math/result")
        mesh.say("gamma: runarctl sub math/result; then beta: runarctl call math/add a=20 b=22, and alpha publishes what it did")
        mesh.say(f"gamma heard {heard['topic']} {json.dumps(heard['payload'])}")
    finally:
        listener.kill()
        listener.wait()


@step("private", "A private field is seen by who holds a key for it, and by nobody else")
def private(mesh):
    alpha, beta, gamma = (mesh.nodes[n] for n in ("alpha", "beta", "gamma"))
    own = next(n["node"] for n in beta.ask("node", "ls")["nodes"] if n["local"])
    folder, public, key, request = (mesh.path / f"ann{end}" for end in ("", ".profile", ".beta", ".csr"))
    beta.ctl("profile", "create", folder, "--name", "ann")
    ann = beta.ask("profile", "export", folder, "--node", "0" * 26 if mesh.spoiled("private") else own, "--out", public)["id"]
    beta.ctl("node", "csr", "--state", beta.folder / "state", "--name", "beta", "--out", request)
    beta.ctl("profile", "delegate", folder, "--to", request, "--out", key)
    for node, files in ((alpha, [public]), (beta, [public, key])):
        for file in files:
            node.ctl("profile", "import", file, "--state", node.folder / "state")
    for node in (alpha, beta):  # once all have it: a node that just hears of it holds its folder's lock
        node.ctl("config", "reload")
    mesh.say("ann made a profile; her node is beta, which may ask for her and holds her key; alpha knows the public part")
    alpha.drop_plugin("profiles")
    for node in (beta, gamma):
        wait_for("profiles is seen", lambda: any(s["path"] == "profiles" and s["state"] == "running" for s in node.ask("service", "ls")["services"]))
    alpha.ctl("call", "profiles/ann/profile/set", "name=Ann", f"owner={ann}", "birthday=1815-12-10", "phone=+44-20-4711")
    owner = beta.ask("call", "--profile", "ann", "profiles/ann/profile")["result"]
    expect("what ann's node sees", (owner["birthday"], owner["phone"]), ("1815-12-10", "+44-20-4711"))
    member = gamma.ask("call", "profiles/ann/profile")["result"]
    expect("what another member sees", (member["birthday"], member["phone"]), ({"$redacted": ["user"]}, "+44-20-4711"))
    delta = mesh.make_node("delta")
    mesh.authority.enrol(delta)
    delta.start()
    wait_for("delta sees profiles", lambda: any(s["path"] == "profiles" for s in delta.ask("service", "ls")["services"]))
    left_out = next(n["node"] for n in delta.ask("node", "ls")["nodes"] if n["local"])
    keyring = mesh.path / "main.keyring"
    runarctl("network", "rotate-key", "main", "--ca", mesh.authority.folder, "--exclude", left_out, "--activate-after", "0s", "--out", keyring)
    alpha.ctl("node", "install", keyring, "--state", alpha.folder / "state")
    alpha.ctl("config", "reload")
    hidden = {"birthday": {"$redacted": ["user"]}, "phone": {"$redacted": ["system"]}}
    wait_for("delta, an outsider, sees neither", lambda: hidden.items() <= delta.ask("call", "profiles/ann/profile")["result"].items())
    mesh.say("alpha holds ann's birthday (for ann alone) and phone (for members): beta, asking for ann, sees both")
    mesh.say(f"gamma, a member, sees {json.dumps(member)}")
    mesh.say("delta, which the network's new key leaves out, sees ann's name and nothing that is private")


@step("isolation", "A service of network backup is not to be seen from network main")
def isolation(mesh):
    alpha, gamma = mesh.nodes["alpha"], mesh.nodes["gamma"]
    if mesh.spoiled("isolation"):
        mesh.admit(gamma, ("main", "backup"))
    vault = mesh.make_node("vault", ("backup",))
    mesh.authority.enrol(vault, ("backup",))
    vault.drop_plugin("math")
    vault.start()
    wait_for("alpha sees vault's service", lambda: any(
        s["network"] == "backup" and s["state"] == "running" for s in alpha.ask("service", "ls")["services"]), 15)
    expect("what alpha, a member, is answered", float(alpha.ctl("call", "backup:math/add", "a=2", "b=3").stdout), 5.0)
    vault.ctl("pub", "ledger/secret", "x=1", "--retain", "60s")
    if gamma.ctl("call", "backup:math/add", "a=2", "b=3", check=False).returncode == 0:
        raise Failed("gamma could call in a network that it is no member of")
    if gamma.ctl("sub", "backup:>", "--count", "1", check=False).returncode == 0:
        raise Failed("gamma could subscribe in a network that it is no member of")
    known = gamma.ctl("-o", "json", "node", "ls").stdout + gamma.ctl("-o", "json", "service", "ls").stdout + gamma.log_text()
    told = [line for line in known.splitlines() if "backup" in line]
    if told:
        raise Failed(f"gamma knows of a network that it is no member of: {told[0]}")
    mesh.say("vault serves math in backup: alpha, a member, calls it; gamma may neither call nor subscribe there,")
    mesh.say("and has heard neither of its services nor of the network's name")


@step("leave", "A node leaves, and comes back")
def leave(mesh):
    alpha, gamma = mesh.nodes["alpha"], mesh.nodes["gamma"]
    code = 0 if mesh.spoiled("leave") else alpha.stop()
    expect("alpha's exit code", code, 0)
    wait_for("gamma knows that alpha left", lambda: "alpha" not in mesh.peers_of("gamma"), 3)
    done = gamma.ctl("call", "math/add", "a=1", "b=1", check=False)
    expect("the exit code of a call that nobody can take", done.returncode, 4)
    alpha.start()
    wait_for("the call works again", lambda: gamma.ctl("call", "math/add", "a=1", "b=1", check=False).stdout.strip() == "2.0", 15)
    mesh.say("alpha was stopped: gamma's call ended at once in 4, nobody can take it; alpha was started: the call works again")


@step("stranger", "A node with a certificate of another authority is refused")
def stranger(mesh):
    node = mesh.make_node("mallory")
    foreign = mesh.authority if mesh.spoiled("stranger") else Authority(mesh.path / "other-ca", name="other", networks=("main",))
    foreign.enrol(node)
    members = [mesh.nodes[n] for n in ("alpha", "beta", "gamma")]
    before = sum(n.ask("status")["mesh"]["handshakes_failed"] for n in members)
    node.start()
    wait_for("a member refuses the stranger", lambda: sum(
        n.ask("status")["mesh"]["handshakes_failed"] for n in members) > before, 10)
    expect("the stranger's peers", mesh.peers_of("mallory"), set())
    if any("mallory" in mesh.peers_of(n) for n in ("alpha", "beta", "gamma")):
        raise Failed("mallory is in the mesh")
    mesh.say("mallory was refused while TLS shook hands: it has no peers, and no node lists it")
