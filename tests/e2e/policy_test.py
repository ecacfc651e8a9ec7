"""Real daemons and their rules of authorization: receiver, sender, registry, events, reload, can-i.
Usage: policy_test.py BIN_FOLDER [NAME...]"""
import json, os, pathlib, shutil, signal, subprocess, sys, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
os.environ["RUNARD_BUILD"] = str(pathlib.Path(sys.argv[1]).resolve().parent)
import checks  # noqa: E402
from authority import Authority, runarctl  # noqa: E402
from daemons import Daemon, build_dir, wait_for  # noqa: E402
from meshes import GROUP, expect, make  # noqa: E402


class Mesh:
    """`server` serves math and profiles and its rules are the test's; `client` is in group web and has no rules of its own."""

    def __init__(self, folder, add, rules="", client_rules="", networks=("main",)):
        self.folder, self.add = folder, add
        self.authority = Authority(folder / "ca", networks=networks)
        self.server = self.make("server", networks, rules)
        for plugin in ("math", "profiles"):
            self.server.drop_plugin(plugin)
        self.client = self.make("client", ("main",), client_rules, peers=[self.server])
        self.server.start(), self.client.start()
        self.ids = {d.name: d.ask("status")["node"]["id"] for d in (self.server, self.client)}
        wait_for("they are linked", lambda: self.linked())

    def make(self, name, networks, rules, peers=()):
        return make(self.folder, self.add, self.authority, name, networks, [f"[::1]:{p.port}" for p in peers],
                    groups=["web" if name == "client" else "ops"], more=rules)

    def linked(self):
        return all(any(p["linked"] and p["state"] == "up" for p in d.ask("status")["mesh"]["peers"])
                   for d in (self.server, self.client))

    def reload(self, daemon, rules):
        """SIGHUP, until the daemon has said what came of it."""
        before = len(daemon.log_text())
        daemon.config.write_text(daemon.head + rules)
        daemon.process.send_signal(signal.SIGHUP)
        return wait_for("the reload is told", lambda: next(
            (line for line in daemon.log_text()[before:].splitlines() if "reloaded" in line or "reload failed" in line), None))

    def call(self, path="math/add", *args, at=None):
        return (at or self.client).ctl("call", path, "a=2", "b=3", *args, check=False)

    def read(self, who, at=None):
        """An action with a parameter: what is denied of it is denied by the receiver. 1: there is no such profile."""
        return (at or self.client).ctl("call", f"profiles/{who}/profile", check=False).returncode

    def actions(self, path="math"):
        """What of the service the client knows."""
        providers = self.client.ask("service", "info", path)["providers"]
        return {a["name"] for p in providers for a in p["actions"]}

    def sees(self, path="math"):
        return any(s["path"] == path for s in self.client.ask("service", "ls")["services"])

    def denied(self, daemon=None):
        return (daemon or self.server).ask("status")["authorization"]["denied"]

    def handled(self):
        """How many requests the server's services have got."""
        return sum(a["requests"] for s in self.server.ask("status")["services"] for a in s["actions"])


def told(done):
    """Exit code and what was said, without the path that was typed."""
    return done.returncode, done.stderr.splitlines()[0] if done.stderr else ""


def test_T20_default_deny_denies_an_undeclared_call_and_no_handler_runs(folder, add_daemon):
    rules = """authorization:
  default: deny
  rules: [ { allow: [call], path: "math/multiply" }, { allow: [call], path: "profiles/ann/profile" } ]
"""
    mesh = Mesh(folder, add_daemon, rules)
    wait_for("the client sees both", lambda: mesh.sees() and mesh.sees("profiles"))
    done = mesh.call("profiles/bob/profile")
    expect(done.returncode, 6)
    expect("RUNAR-E1302" in done.stderr, True)
    expect(mesh.call().returncode, 4)
    expect(mesh.handled(), 0)
    expect(mesh.denied()["call"], 1)
    expect(mesh.read("ann"), 1)
    expect(mesh.call("math/multiply").returncode, 0)
    expect(mesh.handled(), 2)
    line = next(l for l in mesh.server.log_text().splitlines() if "denied" in l)
    for part in (mesh.ids["client"], "call", "main:profiles/bob/profile", "default: deny"):
        expect((part, part in line), (part, True))


def test_T20_a_deny_beats_any_allow_and_a_group_is_what_the_certificate_says(folder, add_daemon):
    rules = """authorization:
  rules:
    - { allow: [call], path: "profiles/bob/profile" }
    - { deny: [call], from: { group: web }, path: "profiles/bob/*" }
    - { deny: [call], from: { group: ops }, path: ">" }
"""
    mesh = Mesh(folder, add_daemon, rules)
    wait_for("the client sees profiles", lambda: mesh.sees("profiles"))
    expect(mesh.read("bob"), 6)
    expect(mesh.handled(), 0)
    expect("rules[1]" in mesh.server.log_text(), True)
    expect(mesh.read("bob", at=mesh.server), 1)  # what stays on a node passes no link


def test_T20_a_node_label_is_what_the_certificate_says_and_a_renewed_one_counts(folder, add_daemon):
    rules = 'authorization: { rules: [ { deny: [call], from: { label: region=eu }, path: "profiles/bob/*" } ] }\n'
    mesh = Mesh(folder, add_daemon, rules)
    wait_for("the client sees profiles", lambda: mesh.sees("profiles"))
    expect(mesh.read("bob"), 1)  # a certificate without labels
    mesh.authority.renew(mesh.client, groups=["web"], labels=["region=eu", "rack=7"])
    mesh.client.ctl("config", "reload")
    wait_for("the rule is about the client", lambda: mesh.read("bob") == 6)
    expect("rules[0]" in mesh.server.log_text(), True)
    asked = json.loads(mesh.server.ctl("-o", "json", "auth", "can-i", "call", "profiles/bob/profile", "--as", "client", check=False).stdout)
    expect((asked["rule"], asked["groups"], asked["node_labels"]), ("rules[0]", ["web"], ["rack=7", "region=eu"]))
    for label, code in (("region=eu", 6), ("region=us", 0)):
        expect(mesh.server.ctl("auth", "can-i", "call", "profiles/bob/profile", "--label", label, check=False).returncode, code)
    mesh.authority.renew(mesh.client, groups=["web"], labels=["region=us"])
    mesh.client.ctl("config", "reload")
    wait_for("the rule is about the client no more", lambda: mesh.read("bob") == 1)


def test_T20_a_bad_policy_on_reload_keeps_the_old_one(folder, add_daemon):
    deny = 'authorization: { rules: [ { deny: [call], path: "profiles/bob/*" } ] }\n'
    mesh = Mesh(folder, add_daemon, deny)
    wait_for("the client sees profiles", lambda: mesh.sees("profiles"))
    expect(mesh.read("bob"), 6)
    for bad in ('authorization: { rules: [ { deny: [fly] } ] }\n', "authorization: { rules: [ {} ] }\n", "authorization: [\n"):
        expect("reload failed" in mesh.reload(mesh.server, bad), True)
        expect(mesh.read("bob"), 6)
    done = mesh.server.ctl("config", "reload", check=False)
    expect((done.returncode != 0, "runard.yaml" in done.stderr), (True, True))
    expect(mesh.server.ask("status")["authorization"]["generation"], 1)
    mesh.server.config.write_text(mesh.server.head)
    mesh.server.ctl("config", "reload")
    expect(mesh.read("bob"), 1)
    expect(mesh.server.ask("status")["authorization"]["generation"], 2)
    expect("reloaded" in mesh.reload(mesh.server, deny), True)
    expect(mesh.read("bob"), 6)


def test_T20_a_revoked_subscription_stops_within_a_second(folder, add_daemon):
    mesh = Mesh(folder, add_daemon)
    heard = folder / "heard"
    with open(heard, "w") as out:
        listener = subprocess.Popen([build_dir() / "bin" / "runarctl", "--socket", mesh.client.socket, "-o", "json", "sub", "news/>"], stdout=out)
    try:
        def publish(n):
            mesh.server.ctl("pub", "news/a", f"n={n}", "--retain", "60s")
            return f'"n":{n}' in heard.read_text().replace(" ", "")
        wait_for("the first event arrives", lambda: publish(1))
        mesh.reload(mesh.server, 'authorization: { rules: [ { deny: [subscribe], from: { group: web }, path: "news/>" } ] }\n')
        began = time.monotonic()
        mesh.server.ctl("pub", "news/b", "n=2", "--retain", "60s")
        expect(time.monotonic() - began < 1, True)
        mesh.server.ctl("pub", "other", "n=3")
        mesh.reload(mesh.server, "")
        wait_for("events arrive again", lambda: publish(4))
        expect('"n":2' in heard.read_text().replace(" ", ""), False)
        # Nor by the back door of what is retained.
        mesh.reload(mesh.server, 'authorization: { rules: [ { deny: [subscribe], from: { group: web }, path: "news/b" } ] }\n')
        past = mesh.client.ctl("-o", "json", "sub", "news/>", "--past", "60s", "--count", "1")
        expect({json.loads(line)["topic"] for line in past.stdout.splitlines()}, {"news/a"})
    finally:
        listener.kill()
        listener.wait()


def test_T12_a_missing_and_a_forbidden_path_are_told_alike(folder, add_daemon):
    closed = "authorization: { default: deny }\n"
    mesh = Mesh(folder, add_daemon, closed)
    expect(mesh.sees(), False)  # a service that may not be used is not told of
    expect(told(mesh.call("math/add"))[0], told(mesh.call("nope/add"))[0])
    mesh.reload(mesh.client, closed)  # with the same rules on both: the early answer
    forbidden, missing = told(mesh.call("math/add")), told(mesh.call("nope/add"))
    expect(forbidden[0], 6)
    expect(forbidden[1].replace("math/add", "PATH"), missing[1].replace("nope/add", "PATH"))
    expect(mesh.handled(), 0)


def test_T12_an_action_that_may_not_be_called_is_told_as_one_that_does_not_exist(folder, add_daemon):
    rules = """authorization:
  rules: [ { deny: [call], from: { group: web }, path: "math/multiply" }, { deny: [call], from: { group: web }, path: "math/nothing" } ]
"""
    mesh = Mesh(folder, add_daemon, rules)
    wait_for("the client sees math", mesh.sees)

    def hidden():
        forbidden, missing = told(mesh.call("math/multiply")), told(mesh.call("math/nothing"))
        expect(forbidden[1].replace("math/multiply", "PATH"), missing[1].replace("math/nothing", "PATH"))
        expect((forbidden[0], missing[0]), (4, 4))
        expect(mesh.actions(), {"add", "subtract", "divide"})
        expect(mesh.client.ctl("action", "info", "math/multiply", check=False).returncode, 4)
        expect("multiply" in mesh.client.ctl("-o", "json", "action", "ls").stdout, False)
        expect((mesh.handled(), mesh.denied()["call"]), (0, 0))
    hidden()
    mesh.reload(mesh.server, "")
    wait_for("multiply is back", lambda: "multiply" in mesh.actions(), 2)
    mesh.reload(mesh.server, rules)
    wait_for("multiply is gone", lambda: "multiply" not in mesh.actions(), 2)
    hidden()
    expect("multiply" in mesh.server.ctl("action", "ls").stdout, True)


def test_T12_a_member_of_one_network_sees_and_calls_nothing_of_another(folder, add_daemon):
    mesh = Mesh(folder, add_daemon, 'authorization: { rules: [ { allow: [call, subscribe, publish], path: ">" } ] }\n',
                networks=("main", "backup"))
    wait_for("the client sees math", mesh.sees)
    expect(mesh.call("backup:math/add").returncode in (4, 6), True)
    expect(mesh.client.ctl("sub", "backup:>", "--count", "1", check=False).returncode, 6)
    expect({s["network"] for s in mesh.client.ask("service", "ls")["services"]}, {"main"})
    done = mesh.server.ctl("-o", "json", "auth", "can-i", "call", "math/add", "--network", "backup", "--as", "client", check=False)
    expect((done.returncode, json.loads(done.stdout)["rule"]), (6, "not a member"))


def test_services_come_and_go_in_a_peers_list_with_its_rights(folder, add_daemon):
    mesh = Mesh(folder, add_daemon)
    wait_for("the client sees math", mesh.sees)
    mesh.reload(mesh.server, 'authorization: { rules: [ { deny: [call, subscribe], from: { group: web }, path: "math/>" } ] }\n')
    wait_for("math is gone from its list", lambda: not mesh.sees(), 2)
    expect(mesh.call().returncode, 4)
    mesh.reload(mesh.server, "")
    wait_for("math is back", mesh.sees, 2)
    expect(mesh.call().returncode, 0)


def test_a_node_that_may_not_register_offers_nothing(folder, add_daemon):
    mesh = Mesh(folder, add_daemon)
    wait_for("the client sees math", mesh.sees)
    mesh.reload(mesh.client, f'authorization: {{ rules: [ {{ deny: [register], from: {{ node: "{mesh.ids["server"]}" }}, path: "math" }} ] }}\n')
    wait_for("math is not taken", lambda: not mesh.sees(), 2)
    expect(mesh.call().returncode, 4)
    mesh.reload(mesh.client, "")
    wait_for("math is back", mesh.sees, 2)


def test_what_a_peer_may_not_publish_reaches_nobody(folder, add_daemon):
    mesh = Mesh(folder, add_daemon, 'authorization: { rules: [ { deny: [publish], from: { group: web }, path: "alarm/>" } ] }\n')
    heard = folder / "heard"
    with open(heard, "w") as out:
        listener = subprocess.Popen([build_dir() / "bin" / "runarctl", "--socket", mesh.server.socket, "-o", "json", "sub", ">"], stdout=out)
    try:
        def publish(topic):
            mesh.client.ctl("pub", topic, "n=1")
            return f'"{topic}"' in heard.read_text()
        wait_for("others arrive", lambda: publish("news/a"))
        mesh.client.ctl("pub", "alarm/fire", "n=1")
        wait_for("it is counted", lambda: mesh.denied()["publish"] >= 1)
        wait_for("others still arrive", lambda: publish("news/b"))
        expect("alarm/fire" in heard.read_text(), False)
    finally:
        listener.kill()
        listener.wait()
    mesh.reload(mesh.client, 'authorization: { rules: [ { deny: [publish], path: "alarm/>" } ] }\n')
    expect(mesh.client.ctl("pub", "alarm/fire", "n=1", check=False).returncode, 6)  # told at once


def test_T27_a_plugin_keeps_to_what_allow_says(folder, add_daemon):
    daemon = Daemon(folder / "one", "one")
    add_daemon(daemon)
    shutil.copy(build_dir() / "plugins" / "math.so", daemon.folder / "plugins")

    def write(allow):
        daemon.config.write_text(f"""\
node: {{ name: one, state_dir: {daemon.folder}/state }}
control: {{ socket: {daemon.socket}, group: {GROUP} }}
plugins:
  dir: {daemon.folder}/plugins
  load:
    - file: math.so
      allow: {allow}
      services: [ {{ type: math, path: math }} ]
""")

    def published():
        """Whether a call of math also publishes its result."""
        daemon.start()
        wait_for("math runs", lambda: daemon.ctl("call", "math/add", "a=2", "b=3", check=False).returncode == 0)
        before = daemon.ask("status")["events"]["published"]
        daemon.ctl("call", "math/add", "a=2", "b=3")
        after = daemon.ask("status")["events"]["published"]
        daemon.stop()
        return after - before
    write('{ serve: ["other/>"] }')
    done = subprocess.run([build_dir() / "bin" / "runard", "--check", "--config", daemon.config], capture_output=True, text=True)
    expect((done.returncode, "is not in allow.serve" in done.stderr), (78, True))
    write('{ serve: [math], publish: ["math/result"] }')
    expect(published(), 1)
    write('{ serve: [math], publish: ["other/>"] }')
    expect(published(), 0)
    expect("RUNAR_E_DENIED" in daemon.log_text(), True)


def test_a_service_of_another_node_is_paused_by_whom_its_rules_let_administer(folder, add_daemon):
    mesh = Mesh(folder, add_daemon)
    wait_for("the client sees math", mesh.sees)

    def control(verb, node="server", service="math", code=0):
        done = mesh.client.ctl("-o", "json", "service", verb, service, "--node", node, check=False)
        expect((verb, service, done.returncode), (verb, service, code))
        return json.loads(done.stdout if code == 0 else done.stderr)
    expect(control("pause", code=6)["code"], "RUNAR-E1302")  # admin is never a default
    expect((mesh.denied()["admin"], mesh.call().returncode), (1, 0))
    allow = 'authorization: { rules: [ { allow: [admin], from: { group: web }, path: "math" } ] }\n'
    mesh.reload(mesh.server, allow)
    expect(control("pause")["state"], "paused")
    expect(mesh.server.ask("service", "info", "math")["providers"][0]["state"], "paused")
    expect(mesh.call().returncode, 4)
    expect(control("resume", node=mesh.ids["server"])["state"], "running")
    expect(mesh.call().returncode, 0)
    control("pause", service="other", code=6)  # no rule for it, whether or not it is there
    mesh.reload(mesh.server, allow.replace('"math"', '">"'))
    control("pause", service="other", code=4)
    expect("no node" in control("pause", node="nobody", code=4)["message"], True)
    expect(mesh.client.ctl("service", "pause", "math", "--node", "client", check=False).returncode, 4)  # not there
    mesh.reload(mesh.server, "")
    control("pause", code=6)
    expect({s["node_name"] for s in mesh.client.ask("service", "ls", "--node", "server")["services"]}, {"server"})
    expect(mesh.client.ask("service", "ls", "--node", "client")["services"], [])
    expect([p["node_name"] for p in mesh.client.ask("service", "info", "math", "--node", "server")["providers"]], ["server"])
    expect(mesh.client.ctl("service", "info", "math", "--node", "client", check=False).returncode, 4)
    expect(mesh.client.ctl("service", "ls", "--node", "nobody", check=False).returncode, 4)


def test_can_i_tells_the_rule_online_and_offline_alike(folder, add_daemon):
    rules = """authorization:
  default: deny
  rules:
    - { allow: [call], from: { group: web }, path: "math/*" }
    - { deny: [call], path: "math/secret" }
"""
    mesh = Mesh(folder, add_daemon, rules)
    for args, wanted in ((("call", "math/add", "--as", "client"), (0, "rules[0]")),
                         (("call", "math/add", "--as", mesh.ids["client"]), (0, "rules[0]")),
                         (("call", "math/secret", "--group", "web"), (6, "rules[1]")),
                         (("call", "math/add", "--group", "db"), (6, "default: deny")),
                         (("publish", "math/add"), (6, "default: deny")),
                         (("admin", "math", "--group", "web"), (6, "admin is never a default"))):
        done = mesh.server.ctl("-o", "json", "auth", "can-i", *args, check=False)
        expect((done.returncode, json.loads(done.stdout)["rule"]), wanted)
        if "--as" not in args:
            done = mesh.server.ctl("-o", "json", "auth", "can-i", *args, "--config", mesh.server.config, check=False)
            expect((done.returncode, json.loads(done.stdout)["rule"]), wanted)
    table = mesh.server.ctl("auth", "can-i", "call", "math/add", "--group", "web").stdout
    expect("rules[0]" in table, True)
    expect(mesh.server.ctl("auth", "can-i", "fly", "math/add", check=False).returncode, 2)
    expect(mesh.server.ctl("auth", "can-i", "call", "a//*", check=False).returncode, 2)
    expect(mesh.server.ctl("auth", "can-i", "call", "math/add", "--as", "nobody", check=False).returncode, 4)


if __name__ == "__main__":
    sys.exit(checks.run(sys.modules[__name__]))
