"""Private fields between real daemons: who sees what, and what lies where. Usage: private_test.py BIN_FOLDER [NAME...]"""
import json, os, pathlib, shutil, subprocess, sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
os.environ["RUNARD_BUILD"] = str(pathlib.Path(sys.argv[1]).resolve().parent)
import checks  # noqa: E402
from authority import Authority  # noqa: E402
from daemons import Failed, build_dir, sanitized, wait_for  # noqa: E402
from meshes import expect, make, sees  # noqa: E402
from relay import Relay  # noqa: E402

SECRET = "sentinel-4711-birthday"
PHONE = "sentinel-4712-phone"


def pair(folder, add, way=lambda first: first.port, authority=None):
    """Two linked nodes; the first keeps profiles, and Ann's is there. `way` gives the port that the second dials."""
    authority = authority or Authority(folder / "ca")
    first = make(folder, add, authority, "first")
    first.drop_plugin("profiles")
    shutil.copy(build_dir() / "test_plugins" / "labelled.so", first.folder / "plugins")
    second = make(folder, add, authority, "second", peers=[f"[::1]:{way(first)}"])
    first.start(), second.start()
    wait_for("second sees profiles", lambda: sees(second, "profiles"))
    first.ctl("call", "profiles/ann/profile/set", "name=Ann", f"birthday={SECRET}", f"phone={PHONE}")
    return first, second


def memory_has(daemon, text):
    """Whether the bytes stand anywhere in what the daemon has in memory; None: it can't be read."""
    wanted, pid = text.encode(), daemon.process.pid
    try:
        with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
            for line in maps:
                area, rights = line.split()[:2]
                begin, end = (int(part, 16) for part in area.split("-"))
                if "r" not in rights or "[v" in line:
                    continue
                try:
                    memory.seek(begin)
                    if wanted in memory.read(end - begin):
                        return True
                except OSError:
                    continue  # a guard page
    except PermissionError:
        return None
    return False


def disk_has(daemon, text):
    return any(text.encode() in path.read_bytes() for path in daemon.folder.rglob("*") if path.is_file())


def test_who_has_no_key_sees_redacted_and_nothing_else(folder, add_daemon):
    first, second = pair(folder, add_daemon)
    here = first.ask("call", "profiles/ann/profile")["result"]
    expect((here["birthday"], here["phone"]), (SECRET, PHONE))  # at home everything is there
    there = second.ask("call", "profiles/ann/profile")["result"]
    expect(there["name"], "Ann")
    expect(there["birthday"], {"$redacted": ["user"]})
    shown = second.ctl("call", "profiles/ann/profile").stdout
    if "$redacted" not in shown or SECRET in shown:
        raise Failed(f"shown to people: {shown}")


def own_id(daemon):
    return next(n["node"] for n in daemon.ask("node", "ls")["nodes"] if n["local"])


def statements(daemon):
    return daemon.ask("status")["trust"]["statements"]


def take(profile, nodes):
    """Into running nodes, which tell each other meanwhile; each takes it by itself."""
    known = [statements(node) for node in nodes]
    for node in nodes:
        node.ctl("profile", "import", profile, "--state", node.folder / "state")
    for node, before in zip(nodes, known):
        wait_for("the profile is known", lambda: statements(node) > before)
        wait_for("its key is in the keystore", lambda: not list((node.folder / "state/delegations").iterdir()))


def delegate_ann(to, folder, nodes):
    """Ann's key for the node `to`, and her certificate for all of `nodes`. Her id."""
    public, key, request = (folder / f"ann.{end}" for end in ("profile", "key", "csr"))
    to.ctl("profile", "create", folder / "ann", "--name", "ann")
    ann = to.ask("profile", "export", folder / "ann", "--node", own_id(to), "--out", public)["id"]
    to.ctl("node", "csr", "--state", to.folder / "state", "--name", "any", "--out", request)
    to.ctl("profile", "delegate", folder / "ann", "--to", request, "--out", key)
    to.ctl("profile", "import", key, "--state", to.folder / "state")
    take(public, nodes)
    return ann


def read_as_ann(second, folder, nodes):
    """Lets second ask for ann, makes her the owner of data on the first of `nodes`, and gives what second sees."""
    ann = delegate_ann(second, folder, nodes)
    nodes[0].ctl("call", "profiles/ann/profile/set", "name=Ann", f"owner={ann}", f"birthday={SECRET}", f"phone={PHONE}")
    return second.ask("call", "--profile", "ann", "profiles/ann/profile")["result"]


def test_T21_the_owners_node_sees_all_and_a_member_sees_its_part(folder, add_daemon):
    first, second = pair(folder, add_daemon)
    owner = read_as_ann(second, folder, (first, second))
    expect((owner["birthday"], owner["phone"]), (SECRET, PHONE))
    expect("could not be taken" in second.log_text(), False)  # the key came before the certificate, and waited
    member = second.ask("call", "profiles/ann/profile")["result"]
    expect((member["birthday"], member["phone"]), ({"$redacted": ["user"]}, PHONE))


def test_a_profile_with_a_new_key_reads_what_was_sealed_to_the_old_one_and_what_comes(folder, add_daemon):
    first, second = pair(folder, add_daemon)
    read_as_ann(second, folder, (first, second))
    versions = lambda: [p["version"] for p in second.ask("key", "ls", "--state", second.folder / "state")["keys"] if p["kind"] == "profile"]
    expect(versions(), [1])
    second.ctl("profile", "export", folder / "ann", "--rotate", "--node", own_id(second), "--out", folder / "ann.profile")
    second.ctl("profile", "delegate", folder / "ann", "--to", folder / "ann.csr", "--out", folder / "ann.key")
    for file in ("ann.key", "ann.profile"):  # in this order: nobody seals to a key that is not there
        second.ctl("profile", "import", folder / file, "--state", second.folder / "state")
    wait_for("second has the new key", lambda: versions()[-1] == 2)
    wait_for("the owner reads on", lambda: second.ask("call", "--profile", "ann", "profiles/ann/profile")["result"]["birthday"] == SECRET)


def test_T14_a_node_that_is_not_ann_does_not_become_her_by_saying_so(folder, add_daemon):
    first, second = pair(folder, add_daemon)
    read_as_ann(second, folder, (first, second))
    second.ctl("profile", "create", folder / "eve", "--name", "eve")
    second.ctl("profile", "export", folder / "eve", "--node", own_id(second), "--out", folder / "eve.profile")
    take(folder / "eve.profile", (first, second))
    eve = second.ask("call", "--profile", "eve", "profiles/ann/profile")["result"]
    expect(eve["birthday"], {"$redacted": ["user"]})  # she may ask, and is not whose data it is


def test_T14_who_is_named_as_a_recipient_reads_a_field_only_where_a_rule_allows_it(folder, add_daemon):
    authority = Authority(folder / "ca")
    first, second = pair(folder, add_daemon, authority=authority)
    third = make(folder, add_daemon, authority, "third", peers=[f"[::1]:{first.port}"])
    shutil.copy(build_dir() / "test_plugins" / "labelled.so", third.folder / "plugins")
    third.start()
    wait_for("first sees third", lambda: any(n["name"] == "third" and n["state"] == "up" for n in first.ask("node", "ls")["nodes"]))
    wait_for("third sees profiles", lambda: sees(third, "profiles"))
    ann = delegate_ann(third, folder, (first, third))
    hidden, head, posted = {"$redacted": ["user"]}, first.config.read_text(), {"topic": "labelled/posted"}

    def post(to, mark):
        """What third and second get of a letter of first's: live, and when they come later."""
        listener = told(third, **posted)
        wait_for("third has the letter", lambda: (
            first.ctl("call", "labelled/post", f"to={to}", f"text=sentinel-{mark}"), listener.poll() is not None)[1])
        later = [event_of(told(node, "--past", "60s", **posted))["text"] for node in (third, second)]
        return [event_of(listener)["text"], *later]

    def reads(*options):
        return first.ask("call", "labelled/reads", "--node", "third", "to=", "text=sentinel-asked", *options)["result"]

    expect(post(ann, "no-rule"), [hidden] * 3)
    expect(reads("--recipient", "ann"), False)
    expect("a recipient that a message names gets nothing" in first.log_text() and ann in first.log_text(), True)
    expect(first.ask("status")["private_fields"]["left_out"] > 0, True)
    first.config.write_text(head + f"authorization: {{ labels: {{ user: {{ profiles: [caller, {ann}] }} }} }}\n")
    first.ctl("config", "reload")
    expect(post("", "nobody"), [hidden] * 3)
    expect(reads(), False)
    first.stop(), first.start()  # nothing is kept from before
    wait_for("first sees third again", lambda: first.ctl("call", "labelled/reads", "--node", "third", "to=", "text=x",
                                                         check=False).returncode == 0, 30)
    expect(post(ann, "ann"), ["sentinel-ann", "sentinel-ann", hidden])
    expect(reads("--recipient", "ann"), True)
    expect(reads("--recipient", ann, "--recipient", "ann"), True)
    expect(first.ctl("call", "labelled/reads", "--recipient", "nobody", check=False).returncode, 4)
    expect("sentinel" in first.log_text() + third.log_text(), False)


def test_a_field_that_nobody_is_sealed_to_is_told_of_at_both_ends(folder, add_daemon):
    _, second = pair(folder, add_daemon)
    line = ("call", "profiles/bob/profile/set", "name=Bob", f"birthday={SECRET}", f"phone={PHONE}")
    told = second.ctl(*line).stderr
    expect("birthday: sealed to nobody (label user); the service does not get it" in told and "phone" not in told, True)
    expect(second.ask(*line)["withheld"], [{"field": "birthday", "labels": ["user"]}])
    expect("a private field is sealed to nobody" in second.log_text() and "field=birthday" in second.log_text(), True)
    expect(SECRET in second.log_text(), False)
    expect(second.ask("call", "profiles/bob/profile")["withheld"], [])


def test_T19_who_is_left_out_of_a_networks_new_key_sees_redacted(folder, add_daemon):
    first, second = pair(folder, add_daemon)
    expect(second.ask("call", "profiles/ann/profile")["result"]["phone"], PHONE)
    leave_out(first, second, folder)
    expect(second.ask("call", "profiles/ann/profile")["result"]["name"], "Ann")


def test_W4_a_rule_of_release_decides_before_anything_is_sealed(folder, add_daemon):
    first, second = pair(folder, add_daemon)
    head, hidden = first.config.read_text(), {"$redacted": ["system"]}

    def phone(release):
        first.config.write_text(head + f"authorization: {{ labels: {{ system: {release} }} }}\n" if release else head)
        first.ctl("config", "reload")
        return second.ask("call", "profiles/ann/profile")["result"]["phone"]

    def readers():
        return [reader["kind"] for reader in first.ask("label", "who-can", "system")["readers"]]

    expect(phone(None), PHONE)
    expect(phone("{ groups: [support] }"), hidden)
    expect(readers(), [])
    expect(phone(f"{{ nodes: [{own_id(second)}] }}"), PHONE)
    expect(readers(), ["node"])
    expect(phone("{ profiles: [caller] }"), hidden)
    expect(readers(), ["caller"])
    one = "0" * 25 + "4"
    expect(phone(f"{{ profiles: [caller, {one}] }}"), hidden)  # nobody named it
    rows = first.ask("label", "who-can", "system")["readers"]
    expect([(row["kind"], row["id"]) for row in rows], [("caller", ""), ("named", one)])
    first.config.write_text(head + "authorization: { labels: { system: { nodes: [second] } } }\n")
    expect(first.ctl("config", "reload", check=False).returncode != 0, True)  # no id: the rule before holds
    expect(second.ask("call", "profiles/ann/profile")["result"]["phone"], hidden)
    expect(phone("{ networks: [main] }"), PHONE)


def test_labels_change_with_a_reload_or_all_stays(folder, add_daemon):
    first, second = pair(folder, add_daemon)
    head = first.config.read_text()

    def reload(labels):
        first.config.write_text(head + f"encryption: {{ labels: {labels} }}\n")
        return first.ctl("config", "reload", check=False).returncode

    def birthday():
        return second.ask("call", "profiles/ann/profile")["result"]["birthday"]

    expect(birthday(), {"$redacted": ["user"]})
    expect(reload("{ user: { network: true } }"), 0)
    expect(birthday(), SECRET)
    expect(first.ask("label", "who-can", "user")["readers"][0]["kind"], "network")
    for bad in ("{ user: { color: red } }", "{ user: 7 }", "{ user: { network: maybe } }"):
        expect((reload(bad), birthday()), (1, SECRET))
    expect(reload("{ user: { profiles: [owner] } }"), 0)
    expect(birthday(), {"$redacted": ["user"]})


def test_the_secret_is_neither_in_memory_nor_on_the_disk_of_who_has_no_key(folder, add_daemon):
    if sanitized():
        raise checks.Skipped("a build without sanitizers, whose memory is too large to look through")
    first, second = pair(folder, add_daemon)
    for _ in range(5):
        wait_for("second has an answer", lambda: second.ctl("call", "profiles/ann/profile", check=False).returncode == 0, 30)
    if memory_has(first, SECRET) is None:
        raise checks.Skipped("this user may not read the memory of processes")
    expect(memory_has(first, SECRET), True)  # the look finds what is there
    expect(memory_has(second, SECRET), False)
    expect(disk_has(second, SECRET), False)
    expect(SECRET in second.log_text() or SECRET in first.log_text(), False)


def leave_out(first, second, folder):
    """A network key that second does not get; what is sealed from then on is none of its business."""
    first.ctl("network", "rotate-key", "main", "--ca", folder / "ca", "--exclude", own_id(second), "--activate-after", "0s",
              "--out", folder / "main.keyring")
    first.ctl("node", "install", folder / "main.keyring", "--state", first.folder / "state")
    first.ctl("config", "reload")
    wait_for("second is an outsider", lambda: second.ask("call", "profiles/ann/profile")["result"]["phone"] == {"$redacted": ["system"]})


def values(mark):
    return [f"{name}=sentinel-{mark}-{name}" for name in ("name", "first", "second", "third")]


def told(daemon, *options, topic="labelled/told"):
    """The events of the topic, as `sub` shows the first of them."""
    return subprocess.Popen([build_dir() / "bin" / "runarctl", "--socket", daemon.socket, "-o", "json", "sub", topic,
                             "--count", "1", *options], stdout=subprocess.PIPE, text=True)


def event_of(process):
    return json.loads(process.communicate(timeout=20)[0].splitlines()[0])["payload"]


def test_T21_an_event_live_or_kept_is_redacted_where_the_key_is_missing(folder, add_daemon):
    first, second = pair(folder, add_daemon)
    leave_out(first, second, folder)
    hidden = {"name": "sentinel-live-name", "first": {"$redacted": ["system"]}, "second": {"$redacted": ["system_only"]},
              "third": {"$redacted": ["search"]}}
    listener = told(second)
    wait_for("first knows of the subscription", lambda: (
        first.ctl("call", "labelled/tell", *values("live")), listener.poll() is not None)[1])
    expect(event_of(listener), hidden)
    expect(event_of(told(second, "--past", "60s")), hidden)
    expect(event_of(told(first, "--past", "60s"))["first"], "sentinel-live-first")
    sentinels = ("sentinel-live-first", "sentinel-live-second", "sentinel-live-third")
    expect([disk_has(second, sentinel) or sentinel in second.log_text() for sentinel in sentinels], [False] * 3)
    if sanitized() or memory_has(first, sentinels[0]) is None:
        print("        without a look at the memory: it needs no sanitizer, and a user who may read it")
        return
    expect([memory_has(second, sentinel) for sentinel in sentinels], [False] * 3)


def test_T4_a_capture_shows_no_value_field_path_or_type(folder, add_daemon):
    relays = []
    first, second = pair(folder, add_daemon, way=lambda to: (relays.append(Relay(to.port)), relays[0].port)[1])
    try:
        owner = read_as_ann(second, folder, (first, second))
        expect((owner["birthday"], owner["phone"]), (SECRET, PHONE))
        sent = second.ask("call", "labelled/echo", *values("wire"))["result"]
        expect(sent["first"], "sentinel-wire-first")
        listener = told(second, "--past", "60s")
        second.ctl("call", "labelled/tell", *values("wire"))
        expect(event_of(listener)["third"], "sentinel-wire-third")
        seen = bytes(relays[0].seen)
    finally:
        relays[0].close()
    expect(len(seen) > 10_000, True)
    for text in (SECRET, PHONE, "sentinel", "birthday", "profiles", "labelled", "told", "Profile", "system_only"):
        expect((text, text.encode() in seen), (text, False))
    wanted = second.ask("status")["private_fields"]
    expect((wanted["sealed"] > 0, wanted["opened"] > 0), (True, True))


def test_what_both_have_said_of_their_keys_makes_messages_smaller(folder, add_daemon):
    first, second = pair(folder, add_daemon)

    def counted(daemon):
        second.ctl("call", "labelled/echo", *values("c"))
        return daemon.ask("status")["private_fields"]["compact"]

    wait_for("replies are compact", lambda: counted(first) > 0)
    wait_for("requests are compact", lambda: counted(second) > 0)
    first.stop(), first.start()
    wait_for("second calls first again", lambda: second.ctl("call", "labelled/echo", *values("d"), check=False).returncode == 0, 30)
    expect(second.ask("call", "labelled/echo", *values("e"))["result"]["second"], "sentinel-e-second")
    wait_for("replies are compact once more", lambda: counted(first) > 0)


def test_an_empty_field_is_absent_and_not_redacted(folder, add_daemon):
    first, second = pair(folder, add_daemon)
    first.ctl("call", "profiles/bob/profile/set", "name=Bob")
    expect("birthday" in second.ask("call", "profiles/bob/profile")["result"], False)


def test_a_redacted_field_stays_redacted_when_it_is_written_back(folder, add_daemon):
    first, second = pair(folder, add_daemon)
    second.ctl("call", "profiles/bob/profile/set", "name=Bob", "birthday=1.1.2000")
    seen = first.ask("call", "profiles/bob/profile")["result"]
    if seen.get("birthday") == "1.1.2000":
        raise Failed("a private field went out in clear")


def test_a_profile_that_is_nobodys_is_not_found(folder, add_daemon):
    first, second = pair(folder, add_daemon)
    done = second.ctl("call", "profiles/ann/profile", "--profile", "nobody", check=False)
    expect(done.returncode, 4)


def test_the_labels_of_a_running_daemon(folder, add_daemon):
    first, second = pair(folder, add_daemon)
    rows = {row["label"]: row for row in first.ask("label", "ls")["labels"]}
    expect(set(rows), {"user", "system", "system_only", "search"})
    expect((rows["user"]["network"], rows["user"]["profiles"]), (False, ["caller"]))
    expect("profiles::Profile" in rows["user"]["types"], True)
    readers = first.ask("label", "who-can", "system")["readers"]
    expect([reader["kind"] for reader in readers], ["network", "caller"])
    expect(first.ctl("label", "who-can", "nothing", check=False).returncode, 4)
    if "system_only" not in first.ctl("label", "ls").stdout:
        raise Failed("label ls shows no table")


def test_what_the_yaml_says_of_a_label_counts(folder, add_daemon):
    authority = Authority(folder / "ca")
    labels = "encryption: { labels: { user: { profiles: [owner] } } }\n"
    node = make(folder, add_daemon, authority, "node", more=labels)
    node.start()
    expect([reader["kind"] for reader in node.ask("label", "who-can", "user")["readers"]], ["owner"])


if __name__ == "__main__":
    sys.exit(checks.run(sys.modules[__name__]))
