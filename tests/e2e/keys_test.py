"""Keys of networks between real daemons: rotation, agreement, rewrap, a new root. Usage: keys_test.py BIN_FOLDER [NAME...]"""
import json, os, pathlib, sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
os.environ["RUNARD_BUILD"] = str(pathlib.Path(sys.argv[1]).resolve().parent)
import checks  # noqa: E402
from authority import Authority, attempt, runarctl  # noqa: E402
from daemons import wait_for  # noqa: E402
from meshes import expect, make, peers_of  # noqa: E402


def mesh(folder, add, names=("one", "two")):
    authority = Authority(folder / "ca")
    nodes = []
    for name in names:
        nodes.append(make(folder, add, authority, name, peers=[f"[::1]:{n.port}" for n in nodes]))
    return authority, nodes


def start(nodes):
    for node in nodes:
        node.start()
    for node in nodes:
        wait_for(f"{node.name} sees the others", lambda n=node: len(peers_of(n)) == len(nodes) - 1)


def keys(node):
    return node.ask("network", "info", "main")


def states(node):
    return {v["version"]: v["state"] for v in keys(node)["versions"]}


def opened(node):
    """The newest version that the node has the private key of."""
    return max((v["version"] for v in keys(node)["versions"] if v["held"]), default=0)


def change(authority, command, out, *options):
    return json.loads(runarctl("-o", "json", "network", command, "main", "--ca", authority.folder, "--out", out, *options))


def install(node, file):
    runarctl("node", "install", file, "--state", node.folder / "state")


def test_a_new_key_is_used_when_all_linked_members_have_it_and_a_late_one_gets_it(folder, add_daemon):
    authority, (one, two, late) = mesh(folder, add_daemon, ("one", "two", "late"))
    authority.renew(one)  # its bundle names all three as members
    start([one, two])
    wait_for("both have a key", lambda: opened(one) == opened(two) == 1)
    expect(keys(one)["members"], 3)
    change(authority, "rotate-key", folder / "new.keyring", "--activate-after", "1d")
    install(one, folder / "new.keyring")  # no reload, no signal
    for node in (one, two):
        wait_for(f"{node.name} uses it", lambda n=node: states(n) == {1: "decrypt-only", 2: "active"}, 20)
    late.start()
    wait_for("the late one has it", lambda: opened(late) == 2)
    wait_for("the late one uses it", lambda: states(late)[2] == "active", 20)


def test_a_rewrap_gives_a_replaced_agreement_key_the_same_network_keys(folder, add_daemon):
    authority, (one, two) = mesh(folder, add_daemon)
    start([one, two])
    expect(one.ask("key", "rotate")["version"], 2)
    expect(one.ask("key", "rotate", "--storage")["version"], 2)
    before = change(authority, "rewrap", folder / "old.keyring")  # still to the first agreement key
    install(two, folder / "old.keyring")
    wait_for("one took it", lambda: keys(one)["generation"] == before["generation"])
    expect(opened(one), 1)
    authority.renew(one)  # with the new agreement key
    one.ctl("config", "reload")
    after = change(authority, "rewrap", folder / "new.keyring")
    expect((after["version"], after["members"]), (1, 2))
    install(two, folder / "new.keyring")
    wait_for("one took that too", lambda: keys(one)["generation"] == after["generation"])
    change(authority, "rotate-key", folder / "next.keyring", "--activate-after", "0s")
    install(two, folder / "next.keyring")
    wait_for("both open the next one", lambda: opened(one) == opened(two) == 2)


def test_T29_after_the_old_root_is_retired_networks_open_and_a_new_node_joins(folder, add_daemon):
    authority, (one, two) = mesh(folder, add_daemon)
    start([one, two])
    trust, renewed, status = folder / "trust.pem", folder / "renewed.pem", folder / "status.json"
    runarctl("ca", "rotate", "prepare", "--ca", authority.folder, "--ttl", "365d", "--out", trust)
    install(one, trust)

    def trusted():
        status.write_text(json.dumps(one.ask("status")))
        return all(p["trust"] == 1 for p in json.loads(status.read_text())["mesh"]["peers"]) and one.ask("status")["trust"]["generation"] == 1
    wait_for("both trust both roots", trusted)
    runarctl("ca", "rotate", "activate", "--ca", authority.folder, "--acked", status, "--out", renewed)
    generation = keys(two)["generation"]
    install(one, renewed)
    wait_for("two has what the new root signed", lambda: keys(two)["generation"] > generation)
    for node in (one, two):
        authority.renew(node)
        node.ctl("config", "reload")

    def retired():
        status.write_text(json.dumps(one.ask("status")))
        done = attempt("-o", "json", "ca", "rotate", "retire", "--ca", authority.folder, "--acked", status, "--out", trust)
        if done.returncode == 0:
            return True
        refused = json.loads(done.stderr)  # two is not linked anew yet
        expect((done.returncode, refused["code"], {n["name"] for n in refused["nodes"]} <= {"one", "two"}), (7, "RUNAR-E1004", True))
        return False
    wait_for("both are seen to show the new ones", retired)
    install(two, trust)
    for node in (one, two):
        wait_for(f"{node.name} trusts one root", lambda n=node: len(n.ask("status")["trust"]["roots"]) == 1)
    authority.fingerprint = json.loads(runarctl("-o", "json", "ca", "inspect", authority.folder))["fingerprint"]
    three = make(folder, add_daemon, authority, "three", peers=[f"[::1]:{one.port}"])
    three.start()
    wait_for("three is in", lambda: len(peers_of(three)) == 2 and opened(three) == 1)
    change(authority, "rotate-key", folder / "next.keyring", "--activate-after", "0s")
    install(three, folder / "next.keyring")
    wait_for("all open the next key", lambda: all(opened(node) == 2 for node in (one, two, three)))


if __name__ == "__main__":
    sys.exit(checks.run(sys.modules[__name__]))
