"""Real daemons and the mesh's authority: revoking nodes, older statements. Usage: trust_test.py BIN_FOLDER [NAME...]"""
import os, pathlib, shutil, signal, subprocess, sys, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
os.environ["RUNARD_BUILD"] = str(pathlib.Path(sys.argv[1]).resolve().parent)
import checks  # noqa: E402
from authority import Authority, runarctl  # noqa: E402
from daemons import Failed, build_dir, wait_for  # noqa: E402
from meshes import expect, make, peers_of  # noqa: E402

CUT_WITHIN = 5.0  # seconds


def three(folder, add, networks=("main",)):
    """Three linked nodes and their CA."""
    authority = Authority(folder / "ca", networks=networks)
    nodes = []
    for name in ("one", "two", "bad"):
        nodes.append(make(folder, add, authority, name, networks, peers=[f"[::1]:{n.port}" for n in nodes]))
    for node in nodes:
        node.start()
    for node in nodes:
        wait_for(f"{node.name} sees the others", lambda n=node: len(peers_of(n)) == 2)
    return authority, nodes


def say(node, statement):
    """As an operator does it: install, then reload."""
    runarctl("node", "install", statement, "--state", node.folder / "state")
    node.process.send_signal(signal.SIGHUP)


def trust(node):
    return node.ask("status")["trust"]


def linked(node):
    return {p["name"] for p in node.ask("status")["mesh"]["peers"] if p["linked"]}


def test_T18_a_revoked_node_is_cut_everywhere_and_refused_when_it_dials(folder, add_daemon):
    authority, (one, two, bad) = three(folder, add_daemon)
    runarctl("node", "revoke", "bad", "--ca", authority.folder, "--reason", "stolen", "--out", folder / "deny.pem")
    began = time.monotonic()
    say(one, folder / "deny.pem")
    wait_for("both cut it", lambda: linked(one) == {"two"} and linked(two) == {"one"}, CUT_WITHIN)
    print(f"        cut everywhere after {(time.monotonic() - began) * 1000:.0f} ms")
    for node in (one, two):
        expect((trust(node)["denylist"], trust(node)["denied"]), (1, 1))
        wait_for(f"{node.name} audits", lambda n=node: "audit=link_cut" in n.log_text() or '"link_cut"' in n.log_text())
    bad.stop()
    bad.start()
    wait_for("its dials are refused by name", lambda: trust(one)["refused"].get("NODE_DENIED", 0)
             + trust(two)["refused"].get("NODE_DENIED", 0) > 2)
    expect((linked(bad), linked(one)), (set(), {"two"}))


def test_T18_older_denylists_are_refused_after_a_restart_too_and_taken_back_by_newer_ones(folder, add_daemon):
    authority, (one, two, bad) = three(folder, add_daemon)
    files = [folder / f"{n}.pem" for n in range(3)]
    runarctl("node", "revoke", "two", "--ca", authority.folder, "--out", files[0])
    runarctl("node", "unrevoke", "two", "--ca", authority.folder, "--out", files[1])
    runarctl("node", "revoke", "bad", "--ca", authority.folder, "--out", files[2])
    say(one, files[2])
    wait_for("two heard of it", lambda: trust(two)["denylist"] == 3, CUT_WITHIN)
    one.stop()
    for old in files[:2]:
        try:
            runarctl("node", "install", old, "--state", one.folder / "state")
            raise AssertionError("an older denylist was taken")
        except Failed as refused:
            expect("RUNAR-E4032" in str(refused), True)
    one.start()
    expect(trust(one)["denylist"], 3)
    wait_for("one and two are linked, bad is not", lambda: linked(one) == {"two"})
    runarctl("node", "unrevoke", "bad", "--ca", authority.folder, "--out", folder / "back.pem")
    say(two, folder / "back.pem")
    wait_for("bad is back", lambda: "bad" in linked(one) and "bad" in linked(two), 20)


def shown_of(node, name, network):
    """What one node shows of another one's services and subscriptions in a network; None: it does not know it."""
    for row in node.ask("node", "ls")["nodes"]:
        if row["name"] == name:
            return [r for kind in ("services", "subscriptions") for r in row[kind] if r["network"] == network]
    return None


def test_T18_a_node_taken_out_of_one_network_stays_in_the_other(folder, add_daemon):
    authority, (one, two, bad) = three(folder, add_daemon, networks=("main", "backup"))
    listeners = [subprocess.Popen([build_dir() / "bin" / "runarctl", "--socket", bad.socket, "sub", topic],
                                  stdout=subprocess.DEVNULL) for topic in ("backup:>", "main:>")]
    try:
        for node in (one, two):
            for network in ("main", "backup"):
                wait_for(f"{node.name} knows bad's subscription in {network}", lambda n=node, w=network: shown_of(n, "bad", w))
        runarctl("node", "revoke", "bad", "--network", "backup", "--ca", authority.folder, "--out", folder / "deny.pem")
        say(one, folder / "deny.pem")
        for node in (one, two):
            wait_for(f"{node.name} cut the link", lambda n=node: "link_cut" in n.log_text(), CUT_WITHIN)
        expect((trust(one)["denied"], trust(two)["denylist"]), (1, 1))
        for node in (one, two):
            wait_for(f"{node.name} is linked to it again", lambda n=node: "bad" in linked(n), 20)
            wait_for(f"{node.name} knows its subscription in main", lambda n=node: shown_of(n, "bad", "main"))
            expect(shown_of(node, "bad", "backup"), [])
        expect([listener.poll() for listener in listeners], [None, None])  # it still has what it asked for
    finally:
        for listener in listeners:
            listener.kill()
            listener.wait()


def test_a_node_that_was_off_hears_of_it_from_the_first_peer(folder, add_daemon):
    authority, (one, two, bad) = three(folder, add_daemon)
    two.stop()
    runarctl("node", "revoke", "bad", "--ca", authority.folder, "--out", folder / "deny.pem")
    say(one, folder / "deny.pem")
    wait_for("one cut it", lambda: linked(one) == set(), CUT_WITHIN)
    two.start()
    wait_for("two heard of it", lambda: trust(two)["denylist"] == 1)
    wait_for("two has one peer", lambda: linked(two) == {"one"}, CUT_WITHIN)


def test_statements_of_another_ca_change_nothing(folder, add_daemon):
    authority, (one, _, _) = three(folder, add_daemon)
    other = Authority(folder / "other")
    shutil.copy(authority.folder / "issued.log", other.folder / "issued.log")
    runarctl("node", "revoke", "bad", "--ca", other.folder, "--out", folder / "deny.pem")
    try:
        runarctl("node", "install", folder / "deny.pem", "--state", one.folder / "state")
        raise AssertionError("a foreign statement was taken")
    except Failed as refused:
        expect("RUNAR-E4031" in str(refused), True)
    one.process.send_signal(signal.SIGHUP)
    expect(trust(one)["denylist"], 0)
    expect(linked(one), {"two", "bad"})


def test_T5_a_ca_that_the_system_trusts_is_refused_by_both_sides_in_both_roles(folder, add_daemon):
    cas = {name: Authority(folder / name, name=name) for name in ("mesh", "public")}
    for dialler, acceptor in (("mesh", "public"), ("public", "mesh")):
        nodes = []
        for ca, other in ((acceptor, dialler), (dialler, acceptor)):
            node = make(folder, add_daemon, cas[ca], f"{ca}-{dialler}", peers=[f"[::1]:{n.port}" for n in nodes])
            node.environment = {"SSL_CERT_FILE": str(cas[other].folder / "ca.crt"), "SSL_CERT_DIR": str(folder)}
            trusted = subprocess.run([sys.executable, "-c", "import ssl; print(len(ssl.create_default_context().get_ca_certs()))"],
                                     env=os.environ | node.environment, capture_output=True, text=True, timeout=20)
            expect(trusted.stdout.strip(), "1")  # any other program of the machine would believe it
            nodes.append(node.start())
        for node in nodes:
            line = wait_for(f"{node.name} says why", lambda: next((l for l in node.log_text().splitlines() if "no link was made" in l), None))
            expect(("RUNAR-E4005" in line, "CERTIFICATE_UNTRUSTED" in line), (True, True))
            expect(linked(node), set())
            expect(trust(node)["refused"].get("CERTIFICATE_UNTRUSTED", 0) > 0, True)


def test_T29_a_clock_set_far_back_takes_no_statement(folder, add_daemon):
    authority, (one, _, _) = three(folder, add_daemon)
    expect(trust(one)["clock_behind"], False)
    one.stop()
    clock = one.folder / "state" / "clock"
    clock.write_text(f"{int(clock.read_text()) + 2 * 3600}\n")
    one.start()
    expect(trust(one)["clock_behind"], True)
    if "RUNAR-E4036" not in one.log_text():
        raise Failed("the log does not say that the clock was set back")


if __name__ == "__main__":
    sys.exit(checks.run(sys.modules[__name__]))
