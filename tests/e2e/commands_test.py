"""Every command of runarctl against a live daemon, once well and once badly used. Usage: commands_test.py BIN_FOLDER [NAME...]

What a well used command prints with -o json is one document of a named schema with members that scripts rely on; what a badly used
one prints is one error document on stderr. A new command fails here until it has a row in both tables.
"""
import grp, json, os, pathlib, re, socket, subprocess, sys, threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
os.environ["RUNARD_BUILD"] = str(pathlib.Path(sys.argv[1]).resolve().parent)
import checks  # noqa: E402
from authority import Authority  # noqa: E402
from daemons import Daemon, Failed, build_dir, wait_for  # noqa: E402
from meshes import make, peers_of  # noqa: E402

GROUP = grp.getgrgid(os.getegid()).gr_name
CONFIG = """\
node: {{ name: {name}, state_dir: {folder}/state }}
plugins: {{ dir: {folder}/plugins, auto_enable: true }}
control: {{ socket: {folder}/c.sock, group: """ + GROUP + " }}\n"

# command: its arguments, the schema of its JSON and the members that are always there
GOOD = {
    "status": ("", "status", "version node uptime_ns networks mode services calls events"),
    "node ls": ("", "nodes", "nodes"),
    "node info": ("edge", "node", "node name local state epoch version addresses services subscriptions"),
    "service ls": ("--network main", "services", "services"),
    "service info": ("math", "service", "providers"),
    "service pause": ("math", "service", "network path state"),
    "service resume": ("math", "service", "network path state"),
    "action ls": ("math", "actions", "actions"),
    "action info": ("math/add", "action", "path summary input_schema output_schema idempotent network service node node_name state"),
    "call": ("math/add a=2 b=3", "call", "result served_by elapsed_ns"),
    "call --all": ("math/add a=2 b=3", "call_all", "answers"),
    "pub": ("news/today headline=works --retain 60s", "publish", "reached"),
    "sub": ("news/* --past 60s --count 1", "event", "network topic payload encoding published source publisher sequence retained gap meta"),
    "bench call": ("math/add a=2 b=3 --count 100", "bench", "count errors elapsed_ns p50_ns p90_ns p99_ns max_ns"),
    "bench local": ("math/add a=2 b=3 --count 100", "bench", "count errors elapsed_ns p50_ns p90_ns p99_ns max_ns"),
    "bench pub": ("bench/events n=1 --count 100 --local", "bench_pub", "count busy published_ns elapsed_ns received lost misplaced"),
    "bench sub": ("bench/events --count 1", "bench_run", "run received lost misplaced elapsed_ns"),
    "config show": ("", "config", "config"),
    "config reload": ("", "reload", "reloaded"),
    "config validate": ("{folder}/edge/runard.yaml", "config_check", "file valid problems"),
    "auth can-i": ("call math/add", "can_i", "allowed rule"),
    "label ls": ("", "labels", "labels"),
    "config explain": ("limits.payload", "config_key", "key type default meaning required in_this_version"),
    "plugin new": ("greet --lang c --out {folder}/{n}/greet", "plugin", "name language folder files"),
    "ca init": ("--name acme --out {folder}/{n}/ca --no-passphrase", "ca", "name fingerprint not_after folder encrypted"),
    "network create": ("net{n} --ca {folder}/t/ca", "network", "id name"),
    "token create": ("--ca {folder}/t/ca --network nett --address [::1]:1 --out {folder}/{n}/token", "token", "id expires file"),
    "token ls": ("--ca {folder}/t/ca", "tokens", "tokens"),
    "node init": ("--state {folder}/{n}/state --name web", "node_identity", "node state name"),
    "node csr": ("--state {folder}/t/state --out {folder}/web.csr", "request", "node wished_name file"),
    "ca sign": ("{folder}/web.csr --ca {folder}/t/ca --network nett --out {folder}/web.bundle", "certificate",
                "name node networks serial not_before not_after ca_fingerprint file"),
    "ca copy": ("--ca {folder}/t/ca --out {folder}/{n}/ca-2", "ca", "name fingerprint not_after folder renews_only"),
    "ca rekey": ("--ca {folder}/t/ca --no-passphrase", "ca", "folder encrypted"),
    "ca inspect": ("{folder}/web.bundle", "bundle", "name node networks serial not_before not_after ca_fingerprint problem"),
    "node install": ("{folder}/web.bundle --state {folder}/t/state --ca-fingerprint {pin}", "node_identity",
                     "node name networks not_after state"),
    "network rotate-key": ("nett --ca {folder}/t/ca --out {folder}/{n}/nett.keyring", "network_keyring", "network generation version activates_ms members file"),
    "network rewrap": ("nett --ca {folder}/t/ca --out {folder}/{n}/nett.keyring", "network_keyring", "network generation version activates_ms members file"),
    "node revoke": ("web --ca {folder}/t/ca --out {folder}/{n}/denied.pem", "statement", "kind generation"),
    "node unrevoke": ("web --ca {folder}/t/ca --out {folder}/{n}/allowed.pem", "statement", "kind generation"),
    "ca rotate prepare": ("--ca {folder}/t/ca --out {folder}/{n}/trust.pem", "statement", "kind generation"),
    "profile create": ("{folder}/{n}/ann --name ann", "profile", "id name folder kek"),
    "profile export": ("{folder}/t/ann --out {folder}/{n}/ann.profile", "profile", "id generation nodes file"),
    "profile import": ("{folder}/t/ann.profile --state {folder}/t/state", "profile_import", "parts state"),
    "profile delegate": ("{folder}/t/ann --to {folder}/web.csr --out {folder}/{n}/ann.web", "profile_key", "profile version node file"),
    "keystore inspect": ("--state {folder}/t/state", "keystore", "state node generation kek authenticated keys"),
    "keystore rekey": ("--state {folder}/t/state --kek none", "keystore", "state node generation kek"),
    "key ls": ("--state {folder}/t/state", "keys", "keys"),
    "explain": ("RUNAR-E1101", "error_info", "code name kind meaning remedy"),
    "completion": ("bash", None, ""),
}

# command: arguments, exit code, error code, a word of the message or of what is known about it
BAD = {
    "status": ("extra", 2, "E7002", "unknown argument"),
    "node ls": ("--al", 2, "E7002", "unknown option"),
    "node info": ("edgy", 4, "E1005", "did you mean edge?"),
    "service ls": ("--network mian", 4, "E1005", "did you mean main?"),
    "service info": ("maht", 4, "E1101", "did you mean math?"),
    "service pause": ("maht", 4, "E1101", "did you mean math?"),
    "service resume": ("math", 7, "E3103", "running"),
    "action ls": ("maht", 4, "E1101", "did you mean math?"),
    "action info": ("math/ad", 4, "E1102", "did you mean math/add?"),
    "call": ("math/add a=2", 1, "E1301", "math/add takes {{a: number, b: number}}"),
    "call --all": ("maths/add a=2", 4, "E1101", "did you mean math/add?"),
    "pub": ("news/* a=1", 2, "E1401", "news/*"),
    "sub": ("a/>/b --count 1", 2, "E1402", ">"),
    "bench call": ("math/add --count 0", 2, "E7002", "--count"),
    "bench local": ("math/ad --count 1", 4, "E1102", "did you mean math/add?"),
    "bench pub": ("bench/events n=1", 4, "E1103", "runarctl bench sub bench/events"),
    "bench sub": ("$registry/x", 6, "E1404", "the system's"),
    "config show": ("extra", 2, "E7002", "unknown argument"),
    "config reload": ("extra", 2, "E7002", "unknown argument"),
    "config validate": ("", 2, "E7002", "file"),
    "auth can-i": ("fly math/add", 2, "E1002", "is no action"),
    "label ls": ("extra", 2, "E7002", "unknown argument"),
    "label who-can": ("usr", 4, "E1005", "no label"),
    "key rotate": ("extra", 2, "E7002", "unknown argument"),
    "config explain": ("limits.payloat", 4, "E1005", "did you mean limits.payload?"),
    "plugin new": ("7up", 2, "E7002", "7up"),
    "ca init": ("--name acme --out {folder}/t/ca --no-passphrase", 7, "E1004", "there is a CA already"),
    "network create": ("nett --ca {folder}/t/ca", 7, "E1004", "nett"),
    "token create": ("--ca {folder}/t/ca --network other --address [::1]:1", 4, "E1005", "other"),
    "token ls": ("--ca {folder}/edge/runard.yaml/none", 1, "E9001", "none"),
    "token approve": ("nobody", 4, "E1005", "no issuer"),
    "token deny": ("nobody", 4, "E1005", "no issuer"),
    "token rm": ("--ca {folder}/t/ca nobody", 2, "E1002", "is not a token's id"),
    "node enroll": ("--token-file {folder}/edge/runard.yaml --state {folder}/t/state", 1, "E4201", "rnt1."),
    "node init": ("--state {folder}/t/state", 7, "E1004", "identity already"),
    "node csr": ("--state {folder}/none", 4, "E4001", "node init"),
    "ca sign": ("{folder}/none.csr --ca {folder}/t/ca --network nett", 4, "E1005", "none.csr"),
    "ca copy": ("--ca {folder}/t/ca --out {folder}/t/ca", 7, "E1004", "no copy"),
    "ca rekey": ("--ca {folder}/none --no-passphrase", 4, "E4007", "ca init"),
    "ca inspect": ("{folder}/edge/runard.yaml", 2, "E1002", "neither"),
    "node install": ("{folder}/web.csr --state {folder}/t/state", 1, "E4017", "bundle"),
    "network rotate-key": ("nitt --ca {folder}/t/ca --out {folder}/t/x", 4, "E1005", "nitt"),
    "network rewrap": ("nitt --ca {folder}/t/ca --out {folder}/t/x", 4, "E1005", "nitt"),
    "network info": ("main", 4, "E1101", "main"),
    "node revoke": ("nobody --ca {folder}/t/ca", 4, "E1005", "nobody"),
    "node unrevoke": ("nobody --ca {folder}/t/ca", 4, "E1005", "nobody"),
    "ca rotate prepare": ("--ca {folder}/none", 4, "E4007", "ca init"),
    "ca rotate activate": ("--ca {folder}/t/ca", 2, "E7002", "--acked"),
    "ca rotate retire": ("--ca {folder}/t/ca", 7, "E1004", "rotat"),
    "profile create": ("{folder}/t/ann --name ann", 7, "E1004", "ann"),
    "profile export": ("{folder}/none --out {folder}/t/x", 4, "E1005", "none"),
    "profile import": ("{folder}/web.csr --state {folder}/t/state", 1, "E8105", "web.csr"),
    "profile delegate": ("{folder}/t/ann --to {folder}/none --out {folder}/t/x", 4, "E1005", "none"),
    "keystore inspect": ("--state {folder}/none", 4, "E4101", "no keystore"),
    "keystore rekey": ("--state {folder}/t/state --kek rot13", 2, "E7002", "rot13"),
    "key ls": ("--state {folder}/none", 4, "E4001", "node init"),
    "explain": ("9999", 4, "E1005", "nearest is RUNAR-E9001"),
    "completion": ("tcsh", 2, "E7002", "tcsh"),
}

# Used well with nodes of a mesh: e2e/private, e2e/rotation, e2e/keys, the operator's guide.
ELSEWHERE = {"network info", "label who-can", "ca rotate activate", "ca rotate retire", "key rotate", "node enroll", "token approve",
             "token deny", "token rm"}

ERROR = "schema code number name kind message remedy executed did_you_mean facts".split()


def start(folder, add):
    daemon = Daemon(folder / "edge", "edge")
    daemon.write_config(CONFIG)
    add(daemon)
    daemon.drop_plugin("math")
    daemon.start()
    wait_for("math runs", lambda: any(s["state"] == "running" for s in daemon.ask("service", "ls")["services"]))
    return daemon


def line(command, arguments, folder, **more):
    """`command` is its words, and the options that make it another one."""
    (folder / more.get("n", "t")).mkdir(exist_ok=True)
    return command.split() + arguments.format(folder=folder, **more).split()


def expect(what, good):
    if not good:
        raise Failed(what)


# What has to run elsewhere for a command to end.
BESIDE = {"bench sub": "bench pub bench/events n=1 --count 100"}


def run_beside(daemon, words):
    """Runs it again until it ends in 0: the command that it is for has to begin first."""
    thread = threading.Thread(target=wait_for, args=(words, lambda: daemon.ctl(*words, check=False).returncode == 0))
    thread.start()
    return thread


def test_every_command_that_help_names_is_tried_here(folder, add):
    ctl = build_dir() / "bin" / "runarctl"

    def commands(words):
        text = subprocess.run([ctl, *words, "--help"], capture_output=True, text=True).stdout
        _, _, below = text.partition("Subcommands:\n")
        for name in re.findall(r"^  ([a-z]\S*)", below.split("\n\n")[0], re.M):
            yield from commands([*words, name])
        if not below:
            expect(f"{' '.join(words)} --help has no example", "\nExample:\n  " in text)
            yield " ".join(words)

    named = set(commands([]))
    for tried in (set(GOOD) | ELSEWHERE, set(BAD)):
        expect(f"not tried: {named - tried}", named <= tried)


def test_well_used_commands_print_data_and_end_in_0(folder, add):
    daemon = start(folder, add)
    pin = ""
    for n in ("t", "j"):  # as a table, then as JSON: what is made once gets a name of its own
        for command, (arguments, schema, members) in GOOD.items():
            json_of = ["-o", "json"] if n == "j" else []
            words = line(command, arguments, folder, n=n, pin=pin)
            beside = run_beside(daemon, BESIDE[command].split()) if command in BESIDE else None
            done = daemon.ctl(*json_of, *words, check=False)
            if beside:
                beside.join()
            told = f"{words}: ended with {done.returncode}\n{done.stdout}{done.stderr}"
            expect(told, done.returncode == 0)
            # An event that nobody hears is talk, not data.
            expect(told, done.stdout != "" or (command == "pub" and n == "t"))
            if n == "j" and schema:
                document = json.loads(done.stdout)
                expect(told, document["schema"] == f"runar.{schema}.v1" and done.stderr == "")
                expect(f"{told}: not all of {members}", set(members.split()) <= set(document))
            if command == "ca init" and n == "t":
                pin = daemon.ask("ca", "inspect", folder / "t" / "ca")["fingerprint"]


def test_badly_used_commands_say_what_is_wrong_and_end_in_their_code(folder, add):
    daemon = start(folder, add)
    for command in ("ca init", "network create", "node init", "node csr", "profile create"):
        daemon.ctl(*line(command, GOOD[command][0], folder, n="t"))
    for command, (arguments, code, error, word) in BAD.items():
        words = line(command, arguments, folder)
        done = daemon.ctl(*words, check=False)
        told = f"{words}: ended with {done.returncode}\n{done.stdout}{done.stderr}"
        expect(told, done.returncode == code and done.stdout == "")
        expect(told, done.stderr.startswith("error: ") and f"[RUNAR-{error} " in done.stderr and "\n  try: " in done.stderr)
        expect(f"{told}: no word of {word}", word.format() in done.stderr)
        expect(told, "may have been executed" not in done.stderr)
        asked = daemon.ctl("-o", "json", *words, check=False)
        document = json.loads(asked.stderr)
        expect(f"{asked.stderr}: not {ERROR}", set(ERROR) <= set(document) and asked.returncode == code)
        expect(asked.stderr, document["schema"] == "runar.error.v1" and document["code"] == f"RUNAR-{error}")


def test_what_the_daemon_refuses_says_that_it_was_not_executed(folder, add):
    daemon = start(folder, add)
    daemon.ctl("service", "pause", "math")
    for words, code in (("service pause math", "E3103"), ("call math/add a=1 b=2", "E1104"), ("pub $registry/x", "E1404"),
                        ("sub backup:x", "E1302"), ("sub a/>/b", "E1402"), ("auth can-i --as foo call math/add", "E1005"),
                        ("label who-can nosuch", "E1005"), ("bench call math/add --node x", "E1005"), ("token approve nobody", "E1005")):
        done = daemon.ctl(*words.split(), check=False)
        expect(f"{words}: {done.stderr}", done.returncode > 0 and f"[RUNAR-{code} " in done.stderr and ", not executed]" in done.stderr)
    daemon.config.write_text("nodes: {}\n")
    done = daemon.ctl("config", "reload", check=False)
    expect(done.stderr, done.returncode == 1 and "[RUNAR-E2003 CONFIG_INVALID, not executed]" in done.stderr)


def test_refusals_name_the_value_and_what_is_allowed(folder, add):
    daemon = start(folder, add)
    daemon.ctl(*line("ca init", GOOD["ca init"][0], folder, n="t"))
    for words, named, allowed in (("ca init --name a/b --out {folder}/x --no-passphrase", '"a/b" is not a name', "A-Z a-z 0-9"),
                                  ("network create a/b --ca {folder}/t/ca", '"a/b" is not a name', "A-Z a-z 0-9"),
                                  ("bench sub bench/events --count 0", "--count", "in range 1 to"), ("label who-can user", '"user"', "local-only")):
        done = daemon.ctl(*words.format(folder=folder).split(), check=False)
        expect(f"{words}: {done.stderr}", done.returncode in (2, 4) and named in done.stderr and allowed in done.stderr)


def test_every_kind_of_json_stands_in_the_table_of_the_manual(folder, add):
    sources = pathlib.Path(__file__).resolve().parents[2] / "daemon" / "ctl"
    table = (sources / "README.md").read_text()
    printed = {kind for file in sources.glob("*.cc") for kind in re.findall(r'print(?:_list)?\("(\w+)",', file.read_text())}
    printed |= {schema for _, schema, _ in GOOD.values() if schema}
    missing = {kind for kind in printed if f"`{kind}`" not in table}
    expect(f"not in daemon/ctl/README.md: {missing}", len(printed) > 30 and not missing)


def test_every_command_that_asks_a_daemon_ends_in_3_without_one(folder, add):
    for command in ("status", "node ls", "node info", "service ls", "service info", "service pause", "service resume", "action ls",
                    "action info", "call", "call --all", "pub", "sub", "bench call", "bench local", "bench pub", "bench sub",
                    "config show"):
        words = line(command, GOOD[command][0], folder)
        done = subprocess.run([build_dir() / "bin" / "runarctl", "--socket", folder / "none", *words], capture_output=True, text=True)
        expect(f"{words}: {done.returncode} {done.stderr}", done.returncode == 3 and "RUNAR-E7001" in done.stderr)
        expect(done.stderr, "no runard has made this socket" in done.stderr and "systemctl start runard" in done.stderr)


def test_a_daemon_that_does_not_answer_ends_in_5_and_one_that_hangs_up_in_3(folder, add):
    for answer, code, word in ((b"", 5, "did not answer in time"), (None, 3, "closed the connection"), (b"nonsense\n", 3, "not an answer")):
        path = folder / f"{code}{len(word)}.sock"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen()
            asked = subprocess.Popen([build_dir() / "bin" / "runarctl", "--socket", path, "call", "a/b", "--timeout", "1ms"],
                                     stderr=subprocess.PIPE, text=True)
            client, _ = listener.accept()
            with client:
                if answer is None:
                    client.recv(65536)
                    client.shutdown(socket.SHUT_RDWR)
                elif answer:
                    client.sendall(answer)
                told = asked.communicate(timeout=10)[1]
        expect(f"{asked.returncode}: {told}", asked.returncode == code and word in told and "journalctl" in told)


def test_bash_completes_commands_and_what_the_daemon_knows(folder, add):
    daemon = start(folder, add)
    script = """source <(runarctl completion bash)
    for line in "$@"; do
      COMP_LINE=$line COMP_POINT=${#line}
      read -ra COMP_WORDS <<<"$line"
      _runarctl
      printf '%s\\n' "${COMPREPLY[*]}"
    done"""
    to = f"runarctl --socket {daemon.socket}"
    lines = {"runarctl con": "config", "runarctl -o js": "json", "runarctl --output=js": "json", "runarctl ca sign ": "",
             f"{to} call math/s": "math/subtract", f"{to} call main:math/s": "math/subtract", f"{to} service info ": "math",
             f"{to} call math/add --node=e": "edge", f"{to} service ls --network ": "main"}
    path = f"{build_dir() / 'bin'}:{os.environ['PATH']}"
    done = subprocess.run(["bash", "-c", script, "bash", *lines], capture_output=True, text=True, env={**os.environ, "PATH": path})
    expect(done.stderr, done.stderr == "")
    for (typed, wanted), got in zip(lines.items(), done.stdout.split("\n")):
        expect(f"{typed!r} is completed to {got!r}", got == wanted)


def test_metadata_goes_with_a_call_and_an_event(folder, add):
    daemon = start(folder, add)
    expect("a call takes it", daemon.ask("call", "math/add", "a=2", "b=1.5", "--meta", "trace=7", "--meta", "who=me")["result"] == 3.5)
    expect("3.5 is no 3.5E0", '"result":3.5,' in daemon.ctl("-o", "json", "call", "math/add", "a=2", "b=1.5").stdout)
    daemon.ctl("pub", "news/today", "a=1", "--retain", "60s", "--meta", "from=desk=2", "--meta", "empty=")
    event = daemon.ask("sub", "news/*", "--past", "60s", "--count", "1")
    expect(event, event["meta"] == {"from": "desk=2", "empty": ""})
    many = [word for i in range(33) for word in ("--meta", f"k{i}=v")]
    done = daemon.ctl("call", "math/add", "a=1", "b=2", *many, check=False)
    expect(done.stderr, done.returncode == 2 and "at most 32" in done.stderr)


def test_action_info_finds_the_action_behind_a_path_and_tells_a_service_from_one(folder, add):
    daemon = start(folder, add)
    daemon.drop_plugin("profiles")
    wait_for("profiles runs", lambda: daemon.ctl("action", "info", "profiles/7/profile", check=False).returncode == 0)
    told = daemon.ask("action", "info", "main:profiles/7/profile")
    expect(told, told["service"] == "profiles" and "{" in told["path"])
    done = daemon.ctl("action", "info", "math", check=False)
    expect(done.stderr, done.returncode == 4 and "is a service" in done.stderr and "runarctl action ls math" in done.stderr)


def test_an_event_for_a_network_that_is_not_joined_is_told_of_as_a_subscription_is(folder, add):
    done = start(folder, add).ctl("pub", "nonet:x", "a=1", check=False)
    expect(done.stderr, done.returncode == 6 and "this node's networks are main" in done.stderr and "permission" not in done.stderr)


def pair(folder, add, name):
    """Two linked nodes with certificates for "first" and "second"; `name` is what the first one's YAML calls it."""
    authority = Authority(folder / "ca")
    first = make(folder, add, authority, "first")
    first.config.write_text(first.config.read_text().replace("name: first, ", name))
    second = make(folder, add, authority, "second", peers=[f"[::1]:{first.port}"])
    first.start(), second.start()
    wait_for("they are linked", lambda: peers_of(second) == {"first"} and peers_of(first) == {"second"})
    return first, second


def own_name(daemon):
    return next(n["name"] for n in daemon.ask("node", "ls")["nodes"] if n["local"])


def test_a_mesh_node_without_a_name_in_its_yaml_has_that_of_its_certificate(folder, add):
    first, second = pair(folder, add, "")
    expect(own_name(first), own_name(first) == "first")
    expect("every line has the node", all("node=first" in line for line in first.log_text().splitlines()))
    expect("one dials and knows it", "dialled=yes" in second.log_text() and "dialled=yes" not in first.log_text())
    expect("no word of two names", "two names" not in first.log_text())


def test_a_node_with_two_names_says_so_and_is_found_by_both(folder, add):
    first, _ = pair(folder, add, "name: other, ")
    expect(own_name(first), own_name(first) == "other")
    expect("it is told", "two names" in first.log_text() and "certificate=first configuration=other" in first.log_text())
    first.drop_plugin("math")
    wait_for("math runs", lambda: first.ctl("call", "math/add", "a=1", "b=2", check=False).returncode == 0)
    for name in ("first", "other"):
        expect(name, first.ask("call", "math/add", "a=1", "b=2", "--node", name)["result"] == 3)


def test_what_is_asked_of_a_node_that_can_not_says_why_and_where_it_can(folder, add):
    daemon = start(folder, add)
    for words, fact, remedy in (("token ls", "this node is no issuer", "--ca DIR"), ("token approve x", "this node is no issuer", "issuer:"),
                                ("network info main", "this node is local-only", "OPERATOR.md"), ("key rotate", "this node is local-only", "OPERATOR.md")):
        done = daemon.ctl(*words.split(), check=False)
        expect(f"{words}: {done.stderr}", done.returncode == 4 and fact in done.stderr and remedy in done.stderr.split("\n  try: ")[1])


if __name__ == "__main__":
    sys.exit(checks.run(sys.modules[__name__]))
