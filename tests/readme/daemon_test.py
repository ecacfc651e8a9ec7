"""The twins of the Runar Node README in real daemons, driven by runarctl. Usage: daemon_test.py BIN_FOLDER [NAME...]

The daemons run the YAML twins as they are; only folders, ports and names of nodes differ, so that runs don't collide.
"""
import grp, json, os, pathlib, subprocess, sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "harness"))
os.environ["RUNARD_BUILD"] = str(pathlib.Path(sys.argv[1]).resolve().parent)
import checks  # noqa: E402
from authority import Authority  # noqa: E402
from daemons import Daemon, Failed, build_dir, free_udp_port, wait_for  # noqa: E402

GROUP = grp.getgrgid(os.getegid()).gr_name
AUTO = "auto_enable: true"


def expect(got, wanted):
    if got != wanted:
        raise Failed(f"expected {wanted!r}, got {got!r}")


def make(folder, add, twin, name="my-node", plugins=AUTO, more="", replace=()):
    """A daemon that will run the YAML twin."""
    daemon = Daemon(folder / name, name)
    daemon.port = free_udp_port()
    text = (HERE / f"{twin}.yaml").read_text()
    for old, new in (("{ name: my-node }", f"{{ name: {name}, state_dir: {daemon.folder}/state }}"),
                     ("transport: {}", f'transport: {{ quic: {{ listen: "[::1]:{daemon.port}" }} }}'),
                     ("[::]:8889", f"[::]:{daemon.port}"), *replace):
        text = text.replace(old, new)
    daemon.config.write_text(text + f"plugins: {{ dir: {daemon.folder}/plugins, {plugins} }}\n"
                             f"control: {{ socket: {daemon.folder}/c.sock, group: {GROUP} }}\n" + more)
    add(daemon)
    return daemon


def drop(daemon, twin, *services):
    """Drops the twin's plugin into the folder and waits for what it serves."""
    daemon.drop_plugin(twin, "readme_twins")
    for service in services:
        wait_for(f"{service} runs", lambda s=service: state_of(daemon, s) == "running")


def single(folder, add, twin, *services, **kw):
    daemon = make(folder, add, "quick_start", **kw).start()
    drop(daemon, twin, *services)
    return daemon


def pair(folder, add, twin, service):
    """Two nodes that found each other as networking.yaml says; the first serves the twin, the second sees it."""
    authority, group = Authority(folder / "ca", networks=("my-network",)), f"224.0.0.1:{free_udp_port()}"
    nodes = [make(folder, add, "networking", name, replace=[("224.0.0.1:8888", group)]) for name in ("node-a", "node-b")]
    for node in nodes:
        authority.enrol(node, ("my-network",))
        node.start()
    drop(nodes[0], twin, service)
    wait_for(f"node-b sees {service}", lambda: state_of(nodes[1], service) == "running", 20)
    return nodes


def state_of(daemon, path):
    return next((s["state"] for s in daemon.ask("service", "ls")["services"] if s["path"] == path), None)


def call(daemon, path, *pairs):
    return json.loads(daemon.ctl("-o", "json", "call", path, *pairs).stdout)["result"]


def refused(daemon, path, *pairs):
    """(exit code, stable code, text) of a call that has to fail."""
    done = daemon.ctl("-o", "json", "call", path, *pairs, check=False)
    error = json.loads(done.stderr)
    return done.returncode, error["code"], error["message"]


def test_quick_start_services_of_a_dropped_plugin_communicate(folder, add):
    daemon = single(folder, add, "quick_start", "greeter", "visitor")
    status = daemon.ask("status")
    expect((status["node"]["name"], status["networks"], status["mode"]), ("my-node", ["my-network"], "local-only"))
    expect(call(daemon, "visitor/visit", "-d", '"Ann"'), "Hello, Ann!")
    expect(call(daemon, "my-network:visitor/visit", "-d", '"Bob"'), "Hello, Bob!")


def test_quick_start_what_nobody_offers_ends_in_4(folder, add):
    daemon = single(folder, add, "quick_start", "greeter", "visitor")
    expect(refused(daemon, "greeter/gret")[:2], (4, "RUNAR-E1102"))
    expect(refused(daemon, "greeters/greet")[:2], (4, "RUNAR-E1101"))
    expect(refused(daemon, "other:greeter/greet")[:2], (4, "RUNAR-E1101"))
    expect(refused(daemon, "greeter:greet:now")[:2], (2, "RUNAR-E1401"))
    daemon.stop()
    expect(daemon.ctl("call", "greeter/greet", check=False).returncode, 3)


MOUNTS = """load: [ { file: my_service.so, services: [
  { type: my-service, path: my-service, config: { period_ms: 50 } },
  { type: my-service, path: second, network: backup-network },
  { type: my-service, path: broken, restart: no, config: { period_ms: 0 } } ] } ]"""


def lifecycle(folder, add):
    daemon = make(folder, add, "quick_start", plugins=MOUNTS,
                  replace=[("[my-network]", "[my-network, backup-network]")])
    daemon.drop_plugin("my_service", "readme_twins")
    daemon.start()
    wait_for("it runs", lambda: state_of(daemon, "my-service") == "running")
    return daemon


def test_lifecycle_a_service_runs_from_start_to_stop(folder, add):
    daemon = lifecycle(folder, add)
    provider = daemon.ask("service", "info", "my-service")["providers"][0]
    expect((provider["name"], provider["version"], provider["description"], provider["network"]),
           ("my-service", "1.0.0", "My example service", "my-network"))
    heard = daemon.ctl("-o", "json", "sub", "my-service/beat", "--count", "2").stdout.splitlines()
    first, second = (json.loads(line)["payload"] for line in heard)
    expect(second, first + 1)
    about = call(daemon, "backup-network:second/about")
    expect((about["path"], about["network"]), ("second", "backup-network"))
    expect(daemon.stop(), 0)
    log = daemon.log_text()
    expect(log.find("started") < log.find("stopped after"), True)
    expect(log.count("stopped after"), 2)


def test_lifecycle_a_failing_init_harms_nobody_and_says_why(folder, add):
    daemon = lifecycle(folder, add)
    rows = {row["path"]: row for row in daemon.ask("status")["services"]}
    expect(rows["broken"]["state"], "failed")
    expect("config.period_ms: has to be above 0" in json.dumps(rows["broken"]["last_error"]), True)
    expect(refused(daemon, "broken/about")[0] != 0, True)
    expect(call(daemon, "my-service/about")["path"], "my-service")


def test_configuration_the_twins_are_accepted_and_run(folder, add):
    for twin, mode in (("quick_start", "local-only"), ("configuration_basic", "local-only"),
                       ("configuration_advanced", "mesh"), ("networking", "mesh")):
        done = subprocess.run([build_dir() / "bin" / "runard", "--check", "--config", HERE / f"{twin}.yaml"],
                              capture_output=True, text=True, timeout=10)
        expect((done.returncode, done.stdout), (0, f"ok: 0 services, {mode}\n"))
    networks = ("my-network", "backup-network")
    daemon = make(folder, add, "configuration_advanced")
    Authority(folder / "ca", networks=networks).enrol(daemon, networks)
    daemon.start()
    expect(daemon.ask("status")["networks"], list(networks))
    expect("request_timeout: 5s" in daemon.ctl("config", "show").stdout, True)


def test_configuration_a_timeout_without_unit_ends_in_78(folder, add):
    daemon = make(folder, add, "configuration_advanced", replace=[("5000ms", "5000")])
    done = subprocess.run([build_dir() / "bin" / "runard", "--config", daemon.config], capture_output=True, text=True, timeout=10)
    expect((done.returncode, 'request_timeout: "5000" has no unit, write 5000s or 5000ms' in done.stderr), (78, True))


def test_networking_a_call_reaches_the_other_node(folder, add):
    _, other = pair(folder, add, "request_handling", "math")
    expect(call(other, "math/add", "a=2", "b=3"), 5.0)
    expect("this node" in other.ctl("call", "math/add", "a=2", "b=3").stderr, False)
    expect(refused(other, "math/divide", "a=1", "b=0"), (1, "RUNAR-E1303", "division by zero"))
    expect(refused(other, "math/add", "a=1")[::2], (1, "b: is missing"))
    expect(refused(other, "math/substract", "a=1")[0], 4)


def test_topic_routing_a_template_action_gets_its_parameter(folder, add):
    users = "load: [ { file: profiles.so, services: [ { type: profiles, path: users } ] } ]"
    daemon = make(folder, add, "quick_start", plugins=users)
    daemon.drop_plugin("profiles")
    daemon.start()
    wait_for("it runs", lambda: state_of(daemon, "users") == "running")
    daemon.ctl("call", "users/123/profile/set", "name=Ann")
    expect(call(daemon, "users/123/profile")["name"], "Ann")
    expect(refused(daemon, "users/124/profile")[2], "no profile of user 124")
    expect(refused(daemon, "users/*/profile")[:2], (2, "RUNAR-E1401"))


def test_request_handling_good_and_bad_parameters(folder, add):
    daemon = single(folder, add, "request_handling", "math")
    expect((call(daemon, "math/add", "a=2", "b=3"), call(daemon, "math/add_map", "a=2", "b=3")), (5.0, 5.0))
    expect(refused(daemon, "math/add", "a=2")[::2], (1, "b: is missing"))
    expect(refused(daemon, "math/add_map", "a=2")[::2], (1, "b: is missing"))
    expect(refused(daemon, "math/add", "a=2", "b=x")[2], "b: expected a number, found a text")
    expect(refused(daemon, "math/divide", "a=1", "b=0"), (1, "RUNAR-E1303", "division by zero"))


def test_events_reach_who_the_options_say(folder, add):
    publisher, other = pair(folder, add, "event_publishing", "math")
    drop(other, "event_subscribing")
    wait_for("node-a knows the subscription", lambda: any("math/result" in json.dumps(n["subscriptions"])
             for n in publisher.ask("node", "ls")["nodes"] if not n["local"]))
    call(publisher, "math/announce", "value=1")
    call(publisher, "math/announce", "value=2", "broadcast:=false")
    call(publisher, "math/announce", "value=3", "target=node-b")
    call(publisher, "math/announce", "value=4", "target=node-a")
    expect(refused(publisher, "math/announce", "value=0", "target=node-c")[::2], (4, "math/result: not found"))
    call(publisher, "math/announce", "value=5")
    wait_for("the last one came", lambda: call(other, "listener/heard")[-1:] and call(other, "listener/heard")[-1]["value"] == 5)
    heard = call(other, "listener/heard")
    expect([(e["value"], e["retained"], e["remote"]) for e in heard], [(v, False, True) for v in (1, 3, 5)])


def test_events_are_retained_for_who_comes_later(folder, add):
    daemon = single(folder, add, "event_publishing", "math")
    call(daemon, "math/announce", "value=1")
    drop(daemon, "event_subscribing", "listener")
    call(daemon, "math/announce", "value=2")
    wait_for("both came", lambda: len(call(daemon, "listener/heard")) == 2)
    expect([(e["value"], e["retained"]) for e in call(daemon, "listener/heard")], [(1, True), (2, False)])
    expect("received math result: 2" in daemon.log_text(), True)


def test_errors_carry_the_context_of_each_level(folder, add):
    first, other = pair(folder, add, "error_handling", "errors")
    told = "failed to call: failed to perform operation: the input is negative"
    for node in (first, other):
        expect(call(node, "errors/caller", "-d", "9"), 3.0)
        expect(refused(node, "errors/caller", "-d", "-1"), (1, "RUNAR-E1303", told))
        expect(refused(node, "errors/to", "-d", '"nobody/there"')[0] != 0, True)


def test_logging_lines_carry_fields_and_their_request(folder, add):
    daemon = single(folder, add, "structured_logging", "worker", more="logging: { level: debug, format: json }\n")
    expect(call(daemon, "worker/process", "-d", "8"), 4)
    expect(refused(daemon, "worker/process", "-d", "7")[2], "7 is odd")
    lines = {line["message"].split(":")[0]: line for line in map(json.loads, daemon.log_text().splitlines())}
    expect(lines["service started successfully"]["level"], "info")
    processing, failed = lines["processing request"], lines["operation failed"]
    expect((processing["level"], processing["service"]), ("debug", "my-network:worker"))
    expect(processing["x.request_id"], processing["request"])  # x.: the plugin's own fields
    expect((failed["level"], failed["x.error"], failed["request"] == processing["request"]), ("error", "7 is odd", True))


if __name__ == "__main__":
    sys.exit(checks.run(sys.modules[__name__]))
