"""One real daemon without a mesh: plugins, calls, events, errors, signals. Usage: local_test.py BIN_FOLDER [NAME...]"""
import grp, json, os, pathlib, shutil, signal, subprocess, sys, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
os.environ["RUNARD_BUILD"] = str(pathlib.Path(sys.argv[1]).resolve().parent)
import checks  # noqa: E402
from daemons import Daemon, Failed, build_dir, wait_for  # noqa: E402

GROUP = grp.getgrgid(os.getegid()).gr_name
CONFIG = """\
node: {{ name: {name}, state_dir: {folder}/state }}
plugins: {{ dir: {folder}/plugins, auto_enable: true }}
control: {{ socket: {folder}/c.sock, group: """ + GROUP + " }}\n"


def start(folder, add, name="edge", config=CONFIG, plugins=("math",)):
    daemon = Daemon(folder / name, name)
    daemon.write_config(config)
    add(daemon)
    for plugin in plugins:
        daemon.drop_plugin(plugin)
    daemon.start()
    for plugin in plugins:
        wait_for(f"{plugin} runs", lambda p=plugin: state_of(daemon, p) == "running")
    return daemon


def state_of(daemon, path):
    return next((s["state"] for s in daemon.ask("service", "ls")["services"] if s["path"] == path), None)


def expect(got, wanted):
    if got != wanted:
        raise Failed(f"expected {wanted!r}, got {got!r}")


def test_a_node_without_transport_needs_no_identity(folder, add):
    daemon = start(folder, add, plugins=())
    expect(daemon.ask("status")["mode"], "local-only")
    expect((daemon.folder / "state" / "identity").exists(), False)


def test_a_call_prints_its_result_on_stdout_and_talk_on_stderr(folder, add):
    done = start(folder, add).ctl("call", "math/add", "a=2", "b=3")
    expect(float(done.stdout), 5.0)
    expect("this node" in done.stderr, True)


def test_exit_codes_are_those_of_the_contract(folder, add):
    daemon = start(folder, add)
    code = lambda *args: daemon.ctl(*args, check=False).returncode
    expect(code("call", "math/add", "a=1", "b=1"), 0)
    expect(code("call", "math/divide", "a=1", "b=0"), 1)
    expect(code("call", "math/add", "a"), 2)
    expect(code("dance"), 2)
    expect(code("call", "maths/add", "a=1"), 4)
    expect(code("service", "info", "maths"), 4)
    expect(daemon.ctl("pub", "$registry/x", check=False).returncode, 6)
    other = subprocess.run([build_dir() / "bin" / "runarctl", "--socket", folder / "nothing", "status"], capture_output=True, text=True)
    expect(other.returncode, 3)
    expect("RUNAR-E7001" in other.stderr, True)


def test_an_unknown_name_gets_a_suggestion(folder, add):
    daemon = start(folder, add)
    expect("did you mean math/add" in daemon.ctl("call", "math/ad", check=False).stderr, True)
    expect("did you mean math" in daemon.ctl("service", "info", "maht", check=False).stderr, True)


def test_errors_are_json_when_data_is(folder, add):
    done = start(folder, add).ctl("-o", "json", "call", "math/divide", "a=1", "b=0", check=False)
    error = json.loads(done.stderr)
    expect(done.stdout, "")
    expect((error["code"], error["kind"], error["executed"]), ("RUNAR-E1303", "application", "yes"))


def test_bad_parameters_are_refused_by_the_service(folder, add):
    daemon = start(folder, add)
    done = daemon.ctl("call", "math/add", "a=2", check=False)
    expect(done.returncode, 1)
    expect("b" in done.stderr, True)
    expect(daemon.ctl("call", "math/add", "a=two", "b=1", check=False).returncode, 1)


def test_an_error_of_a_service_carries_the_number_that_its_author_gave(folder, add):
    daemon = start(folder, add)
    expect("[RUNAR-E1303 APPLICATION 1" in daemon.ctl("call", "math/divide", "a=1", "b=0", check=False).stderr, True)
    asked = daemon.ctl("-o", "json", "call", "math/divide", "a=1", "b=0", check=False)
    expect(json.loads(asked.stderr)["app_code"], 1)


def test_a_paused_service_refuses_until_it_is_resumed(folder, add):
    daemon = start(folder, add)
    daemon.ctl("service", "pause", "math")
    expect(state_of(daemon, "math"), "paused")
    refused = daemon.ctl("call", "math/add", "a=1", "b=1", check=False)
    expect((refused.returncode, "RUNAR-E1104" in refused.stderr), (4, True))
    expect(daemon.ctl("service", "pause", "math", check=False).returncode, 7)
    daemon.ctl("service", "resume", "math")
    expect(float(daemon.ctl("call", "math/add", "a=1", "b=1").stdout), 2.0)


def test_events_are_streamed_and_retained_ones_replayed(folder, add):
    daemon = start(folder, add)
    daemon.ctl("call", "math/add", "a=1", "b=2")
    daemon.ctl("pub", "news/today", "headline=works", "--retain", "60s")
    done = daemon.ctl("-o", "json", "sub", "news/*", "--past", "60s", "--count", "1")
    event = json.loads(done.stdout)
    expect((event["topic"], event["payload"], event["retained"]), ("news/today", {"headline": "works"}, True))
    expect(daemon.ctl("pub", "news/*", "a=1", check=False).returncode, 2)
    expect(daemon.ctl("pub", "news/x", "a=1", "--guaranteed", check=False).returncode, 2)


def test_broken_plugin_files_harm_nobody_and_are_named(folder, add):
    daemon = start(folder, add)
    plugins = daemon.folder / "plugins"
    math = (build_dir() / "plugins" / "math.so").read_bytes()
    broken = {"empty": b"", "garbage": os.urandom(4096), "text": b"#!/bin/sh\n", "cut": math[: len(math) // 2],
              "not-a-plugin": pathlib.Path("/bin/true").read_bytes()}
    for name, content in broken.items():
        (plugins / f".{name}").write_bytes(content)
        os.rename(plugins / f".{name}", plugins / f"{name}.so")
    for name in broken:
        wait_for(f"{name}.so is named in the log", lambda n=name: f"{n}.so" in daemon.log_text())
    expect(float(daemon.ctl("call", "math/add", "a=1", "b=1").stdout), 2.0)
    expect([s["path"] for s in daemon.ask("service", "ls")["services"]], ["math"])


def test_a_dropped_file_that_can_not_run_is_in_the_status_until_it_can_or_is_gone(folder, add):
    daemon = start(folder, add)

    def failed():
        return {pathlib.Path(one["file"]).name: one["why"] for one in daemon.ask("status")["failed_plugins"]}

    (daemon.folder / "plugins/new.so").touch()
    shutil.copy(daemon.folder / "plugins/math.so", daemon.folder / "plugins/math2.so")
    wait_for("both are named", lambda: set(failed()) == {"new.so", "math2.so"})
    expect(all("RUNAR-E" in why for why in failed().values()), True)
    shown = daemon.ctl("status").stdout
    expect("not run:" in shown and "new.so" in shown, True)
    expect(all("do=" in line for line in daemon.log_text().splitlines() if "a dropped plugin can't be run" in line), True)
    (daemon.folder / "plugins/math2.so").unlink()
    daemon.drop_plugin("profiles")
    os.rename(daemon.folder / "plugins/profiles.so", daemon.folder / "plugins/new.so")
    wait_for("the good file runs", lambda: state_of(daemon, "profiles") == "running")
    expect(failed(), {})


def test_a_dropped_file_that_others_may_write_runs_once_they_may_not(folder, add):
    daemon = start(folder, add)
    files = daemon.folder / "plugins"
    files.chmod(0o777)
    daemon.drop_plugin("profiles")
    (files / "profiles.so").chmod(0o666)
    wait_for("it is refused", lambda: "profiles.so: others may write it" in str(daemon.ask("status")["failed_plugins"]))
    (files / "profiles.so").chmod(0o644)
    wait_for("its folder is named", lambda: "plugins: others may write it" in str(daemon.ask("status")["failed_plugins"]))
    files.chmod(0o755)
    wait_for("it runs", lambda: state_of(daemon, "profiles") == "running")
    expect(daemon.ask("status")["failed_plugins"], [])


def test_a_plugin_folder_that_is_made_later_is_found_by_a_reload(folder, add):
    daemon = Daemon(folder / "edge", "edge")
    daemon.write_config(CONFIG)
    (daemon.folder / "plugins").rmdir()
    add(daemon)
    daemon.start()
    wait_for("it is told", lambda: "a folder can't be watched" in daemon.log_text() and "do=" in daemon.log_text())
    (daemon.folder / "plugins").mkdir()
    daemon.drop_plugin("math")
    expect(daemon.ctl("config", "reload").returncode, 0)
    wait_for("math runs", lambda: state_of(daemon, "math") == "running")


def test_one_type_on_two_networks_is_reached_by_its_own_path_only(folder, add):
    config = CONFIG.replace("plugins: {{ dir: {folder}/plugins, auto_enable: true }}", """\
networks: {{ default: main, join: [main, backup] }}
plugins:
  dir: {folder}/plugins
  load:
    - file: math.so
      services:
        - {{ type: math, path: math, network: main }}
        - {{ type: math, path: sums, network: backup }}""")
    daemon = start(folder, add, config=config, plugins=())
    daemon.stop()
    daemon.drop_plugin("math")
    daemon.start()
    wait_for("both run", lambda: {state_of(daemon, "math"), state_of(daemon, "sums")} == {"running"})
    expect(float(daemon.ctl("call", "main:math/add", "a=1", "b=1").stdout), 2.0)
    expect(float(daemon.ctl("call", "backup:sums/add", "a=1", "b=1").stdout), 2.0)
    expect(daemon.ctl("call", "backup:math/add", "a=1", "b=1", check=False).returncode, 4)
    expect(daemon.ctl("call", "main:sums/add", "a=1", "b=1", check=False).returncode, 4)


def test_a_service_that_is_too_slow_is_told_what_it_lost_and_so_is_the_operator(folder, add):
    daemon = start(folder, add, plugins=())
    daemon.drop_plugin("slow", "test_plugins")
    wait_for("slow runs", lambda: state_of(daemon, "slow") == "running")
    heard = lambda: daemon.ask("call", "slow/heard", "-d", "null")["result"]
    daemon.ctl("pub", "flood/a", "-d", "1")
    wait_for("the first event holds it up", lambda: heard()["events"] == 1)
    for n in range(9):
        daemon.ctl("pub", "flood/a", "-d", str(n))
    daemon.ctl("call", "slow/open", "-d", "null")
    wait_for("the rest is heard", lambda: heard()["events"] == 4)
    expect(heard(), {"events": 4, "gaps": 1})
    events = daemon.ask("status")["events"]
    expect((events["delivered"], events["lost"], events["lost_by"]), (4, 6, {"main:slow": 6}))
    expect([p["events_lost"] for p in daemon.ask("service", "info", "slow")["providers"]], [6])
    expect("6 lost by subscribers here" in daemon.ctl("status").stdout, True)
    lines = [line for line in daemon.log_text().splitlines() if "a subscription has lost events" in line]
    expect([("service=main:slow" in line, "pattern=main:flood/>" in line, "lost=6" in line) for line in lines], [(True, True, True)])


MOODY = CONFIG.replace("plugins: {{ dir: {folder}/plugins, auto_enable: true }}", """\
plugins:
  dir: {folder}/plugins
  load: [ {{ file: moody.so, services: [ {{ type: moody, path: moody, health_interval: 100ms, config: {{ mood: MOOD }} }} ] }} ]""")


def start_moody(folder, add):
    daemon = Daemon(folder / "edge", "edge")
    daemon.write_config(MOODY.replace("MOOD", "well"))
    add(daemon)
    daemon.drop_plugin("moody", "test_plugins")
    daemon.start()
    wait_for("moody runs", lambda: state_of(daemon, "moody") == "running")
    return daemon


def reload(daemon, config, told):
    seen = daemon.log_text().count(told)
    daemon.write_config(config)
    daemon.process.send_signal(signal.SIGHUP)
    wait_for(f"the log says {told!r}", lambda: daemon.log_text().count(told) > seen)


def mood_of(daemon):
    return json.loads(daemon.ctl("call", "moody/mood").stdout)


def test_a_reload_gives_a_service_its_new_settings_and_its_health_is_shown(folder, add):
    daemon = start_moody(folder, add)
    health = lambda: daemon.ask("service", "info", "moody")["providers"][0]
    wait_for("it is well", lambda: health()["health"] == "ok")
    reload(daemon, MOODY.replace("MOOD", "the disk is full"), "service is degraded")
    wait_for("it is degraded", lambda: health()["health"] == "degraded")
    expect("the disk is full" in health()["health_reason"], True)
    for words in (("service", "info", "moody"), ("status",)):
        expect("running (degraded: " in daemon.ctl(*words).stdout, True)
    expect((mood_of(daemon), health()["restarts"]), ("the disk is full", 0))
    reload(daemon, MOODY.replace("MOOD", "well"), "service is healthy again")
    wait_for("it is well again", lambda: health()["health"] == "ok")


def test_a_reload_that_is_refused_or_broken_leaves_everything_as_it_was(folder, add):
    daemon = start_moody(folder, add)
    reload(daemon, MOODY.replace("MOOD", "impossible"), "a service keeps its old settings")
    expect("config.mood: nobody is like that" in daemon.log_text(), True)
    reload(daemon, MOODY.replace("MOOD", "well").replace("load:", "laod:"), "everything stays as it was")
    expect("did you mean load" in daemon.log_text(), True)
    reload(daemon, MOODY.replace("MOOD", "fine").replace("100ms", "200ms"), "that takes a restart")
    told = daemon.ctl("config", "reload", check=False)
    expect((told.returncode, "plugins.load[0].services[0].health_interval: changed in the file" in told.stderr), (1, True))
    expect("try: Restart runard" in told.stderr and "the rest of the file is in force [RUNAR-E2003 CONFIG_INVALID]" in told.stderr, True)
    expect((mood_of(daemon), state_of(daemon, "moody")), ("well", "running"))
    reload(daemon, MOODY.replace("MOOD", "fine"), "reloaded")
    expect(mood_of(daemon), "fine")


def test_a_service_whose_file_is_missing_or_broken_runs_once_the_file_is_good(folder, add):
    daemon = Daemon(folder / "edge", "edge")
    daemon.write_config(MOODY.replace("MOOD", "well"))
    add(daemon)
    daemon.start()
    wait_for("it has failed", lambda: daemon.ask("status")["services"][0]["state"] == "failed")
    broken = daemon.folder / "plugins" / ".broken"
    broken.write_bytes(b"no plugin")
    os.rename(broken, daemon.folder / "plugins" / "moody.so")
    wait_for("the broken one is tried", lambda: "a plugin file has changed" in daemon.log_text())
    expect(daemon.ask("status")["services"][0]["state"], "failed")
    daemon.drop_plugin("moody", "test_plugins")
    wait_for("it runs", lambda: state_of(daemon, "moody") == "running")
    expect(mood_of(daemon), "well")


def test_how_long_actions_take_is_shown(folder, add):
    daemon = start(folder, add)
    add_of = lambda: next(a for a in daemon.ask("service", "info", "math")["providers"][0]["actions"] if a["name"] == "add")
    expect((add_of()["requests"], add_of()["p50_ns"], add_of()["p99_ns"]), (0, 0, 0))
    for _ in range(5):
        daemon.ctl("call", "math/add", "a=1", "b=1")
    expect((add_of()["requests"], 0 < add_of()["p50_ns"] <= add_of()["p99_ns"] < 10**10), (5, True))
    record = daemon.ask("action", "info", "math/add")
    expect((record["requests"], record["failures"], record["p50_ns"] > 0), (5, 0, True))
    for words in (("service", "info", "math"), ("action", "info", "math/add")):
        shown = daemon.ctl(*words).stdout.lower()
        expect(("p50" in shown, "p99" in shown, "p50_ns" in shown), (True, True, False))


def test_a_broken_configuration_ends_in_78_with_the_place(folder, add):
    file = folder / "bad.yaml"
    file.write_text("node: { nam: x }\nrequest_timeout: soon\n")
    for arguments in (["--config", file], ["--check", "--config", file]):
        done = subprocess.run([build_dir() / "bin" / "runard", *arguments], capture_output=True, text=True, timeout=10)
        expect(done.returncode, 78)
        expect(f"{file}:1:9: node.nam" in done.stderr and "name" in done.stderr, True)
        expect(f"{file}:2:18: request_timeout" in done.stderr, True)
        expect(all(line.endswith(" [RUNAR-E2003 CONFIG_INVALID]") for line in done.stderr.splitlines()), True)
        missing = subprocess.run([build_dir() / "bin" / "runard", *arguments[:-1], folder / "none"], capture_output=True, text=True, timeout=10)
        expect((missing.returncode, "RUNAR-E2001 CONFIG_UNREADABLE" in missing.stderr), (78, True))


def test_a_command_line_that_runard_does_not_understand_ends_in_2(folder, add):
    for argument, hint in (("--chek", "did you mean --check?"), ("x.yaml", "did you mean --config x.yaml?"), ("--frobnicate", "see runard --help")):
        done = subprocess.run([build_dir() / "bin" / "runard", argument], capture_output=True, text=True, timeout=10)
        expect((done.returncode, done.stdout, "RUNAR-E7002" in done.stderr, hint in done.stderr), (2, "", True, True))


def test_a_state_folder_that_can_not_be_made_ends_in_78(folder, add):
    daemon = Daemon(folder / "n", "n")
    daemon.write_config(CONFIG.replace("{folder}/state", "/proc/nothing/here"))
    done = subprocess.run([build_dir() / "bin" / "runard", "--config", daemon.config], capture_output=True, text=True, timeout=10)
    expect((done.returncode, "node.state_dir: /proc/nothing/here can't be made" in done.stderr), (78, True))


def test_a_mesh_node_without_identity_ends_in_78_and_says_what_to_do(folder, add):
    daemon = Daemon(folder / "n", "n")
    daemon.write_config(CONFIG + 'transport: {{ quic: {{ listen: "[::1]:0" }} }}\n')
    done = subprocess.run([build_dir() / "bin" / "runard", "--config", daemon.config], capture_output=True, text=True, timeout=10)
    expect((done.returncode, "RUNAR-E4001" in done.stderr, "runarctl node init" in done.stderr), (78, True, True))


def test_a_second_daemon_on_one_state_folder_ends_in_75(folder, add):
    daemon = start(folder, add, plugins=())
    done = subprocess.run([build_dir() / "bin" / "runard", "--config", daemon.config], capture_output=True, text=True, timeout=10)
    expect((done.returncode, "RUNAR-E7003" in done.stderr), (75, True))
    expect(daemon.ctl("status").returncode, 0)


def test_sigterm_stops_with_0_and_leaves_no_socket(folder, add):
    daemon = start(folder, add)
    began = time.monotonic()
    expect(daemon.stop(), 0)
    expect(time.monotonic() - began < 5, True)
    expect(daemon.socket.exists(), False)


def start_waiting(folder, add, config=CONFIG):
    """A daemon with a call in flight that nobody ends."""
    daemon = Daemon(folder / "edge", "edge")
    daemon.write_config(config)
    add(daemon)
    daemon.drop_plugin("gate", "test_plugins")
    daemon.start()
    wait_for("gate runs", lambda: state_of(daemon, "gate") == "running")
    call = subprocess.Popen([build_dir() / "bin" / "runarctl", "--socket", daemon.socket, "call", "gate/wait", "--timeout", "60s"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for("the call is in flight", lambda: daemon.ask("service", "info", "gate")["providers"][0]["in_flight"] == 1)
    return daemon, call


def test_a_second_sigterm_stops_at_once_with_1(folder, add):
    daemon, call = start_waiting(folder, add)
    daemon.process.send_signal(signal.SIGTERM)
    wait_for("it is stopping", lambda: "runard: stopping node=" in daemon.log_text())
    began = time.monotonic()
    expect(daemon.stop(), 1)
    expect("told to stop a second time: stopping at once" in daemon.log_text(), True)
    expect(time.monotonic() - began < 5, True)  # its services have 10 s, the node 25 s
    expect(call.wait(10), 3)


def test_the_drain_deadline_ends_a_stop_that_takes_too_long(folder, add):
    daemon, call = start_waiting(folder, add, CONFIG + "drain: {{ grace: 0ms, deadline: 200ms }}\n")
    expect(daemon.stop(seconds=5), 1)
    expect("the drain deadline passed: stopping with work undone" in daemon.log_text(), True)
    expect(call.wait(10), 3)


def test_a_killed_daemon_starts_again(folder, add):
    daemon = start(folder, add)
    daemon.stop(signal.SIGKILL)
    daemon.start()
    wait_for("math runs", lambda: state_of(daemon, "math") == "running")


def test_config_show_validate_explain(folder, add):
    daemon = start(folder, add, plugins=())
    shown = folder / "shown.yaml"
    shown.write_text(daemon.ctl("config", "show").stdout)
    expect(daemon.ctl("config", "validate", shown, check=False).returncode, 0)
    expect("4MiB" in daemon.ctl("config", "explain", "limits.payload").stdout, True)
    expect(daemon.ctl("config", "explain", "limits.payloat", check=False).returncode, 4)


def test_data_comes_from_a_file_or_stdin(folder, add):
    daemon = start(folder, add)
    (folder / "p.json").write_text('{"a": 20, "b": 22}')
    expect(float(daemon.ctl("call", "math/add", "-d", f"@{folder}/p.json").stdout), 42.0)
    expect(float(daemon.ctl("call", "math/add", "-d", "-", input='{"a": 1, "b": 2}').stdout), 3.0)
    expect(daemon.ctl("call", "math/add", "-d", "{", check=False).returncode, 2)


if __name__ == "__main__":
    sys.exit(checks.run(sys.modules[__name__]))
