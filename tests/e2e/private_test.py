"""Private fields between real daemons: who sees what, and what lies where. Usage: private_test.py BIN_FOLDER [NAME...]"""
import os, pathlib, sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
os.environ["RUNARD_BUILD"] = str(pathlib.Path(sys.argv[1]).resolve().parent)
import checks  # noqa: E402
from authority import Authority  # noqa: E402
from daemons import Failed, sanitized, wait_for  # noqa: E402
from meshes import expect, make, sees  # noqa: E402

SECRET = "sentinel-4711-birthday"
PHONE = "sentinel-4712-phone"


def pair(folder, add):
    """Two linked nodes; the first keeps profiles, and Ann's is there."""
    authority = Authority(folder / "ca")
    first = make(folder, add, authority, "first")
    first.drop_plugin("profiles")
    second = make(folder, add, authority, "second", peers=[f"[::1]:{first.port}"])
    first.start(), second.start()
    wait_for("second sees profiles", lambda: any(
        s["path"] == "profiles" and s["state"] == "running" for s in second.ask("service", "ls")["services"]))
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


def read_as_ann(second, folder, nodes):
    """Lets second ask for ann, makes her the owner of data on the first of `nodes`, and gives what second sees."""
    first, (public, key, request) = nodes[0], (folder / f"ann.{end}" for end in ("profile", "key", "csr"))
    second.ctl("profile", "create", folder / "ann", "--name", "ann")
    ann = second.ask("profile", "export", folder / "ann", "--node", own_id(second), "--out", public)["id"]
    second.ctl("node", "csr", "--state", second.folder / "state", "--name", "second", "--out", request)
    second.ctl("profile", "delegate", folder / "ann", "--to", request, "--out", key)
    second.ctl("profile", "import", key, "--state", second.folder / "state")
    take(public, nodes)
    first.ctl("call", "profiles/ann/profile/set", "name=Ann", f"owner={ann}", f"birthday={SECRET}", f"phone={PHONE}")
    return second.ask("call", "--profile", "ann", "profiles/ann/profile")["result"]


def test_T21_the_owners_node_sees_all_and_a_member_sees_its_part(folder, add_daemon):
    first, second = pair(folder, add_daemon)
    owner = read_as_ann(second, folder, (first, second))
    expect((owner["birthday"], owner["phone"]), (SECRET, PHONE))
    member = second.ask("call", "profiles/ann/profile")["result"]
    expect((member["birthday"], member["phone"]), ({"$redacted": ["user"]}, PHONE))


def test_T14_a_node_that_is_not_ann_does_not_become_her_by_saying_so(folder, add_daemon):
    first, second = pair(folder, add_daemon)
    read_as_ann(second, folder, (first, second))
    second.ctl("profile", "create", folder / "eve", "--name", "eve")
    second.ctl("profile", "export", folder / "eve", "--node", own_id(second), "--out", folder / "eve.profile")
    take(folder / "eve.profile", (first, second))
    eve = second.ask("call", "--profile", "eve", "profiles/ann/profile")["result"]
    expect(eve["birthday"], {"$redacted": ["user"]})  # she may ask, and is not whose data it is


def test_T19_who_is_left_out_of_a_networks_new_key_sees_redacted(folder, add_daemon):
    first, second = pair(folder, add_daemon)
    expect(second.ask("call", "profiles/ann/profile")["result"]["phone"], PHONE)
    first.ctl("network", "rotate-key", "main", "--ca", folder / "ca", "--exclude", own_id(second), "--activate-after", "0s",
              "--out", folder / "main.keyring")
    first.ctl("node", "install", folder / "main.keyring", "--state", first.folder / "state")
    wait_for("second is an outsider", lambda: second.ask("call", "profiles/ann/profile")["result"]["phone"] == {"$redacted": ["system"]})
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
    first.config.write_text(head + "authorization: { labels: { system: { nodes: [second] } } }\n")
    expect(first.ctl("config", "reload", check=False).returncode != 0, True)  # no id: the rule before holds
    expect(second.ask("call", "profiles/ann/profile")["result"]["phone"], hidden)
    expect(phone("{ networks: [main] }"), PHONE)


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
