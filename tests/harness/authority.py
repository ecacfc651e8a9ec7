"""A throw-away mesh CA and enrolled nodes, made with runarctl as an operator makes them."""
import json, subprocess

from daemons import Failed, build_dir


def attempt(*args):
    """What became of it, good or bad."""
    return subprocess.run([build_dir() / "bin" / "runarctl", *map(str, args)], capture_output=True, text=True, timeout=30)


def runarctl(*args):
    done = attempt(*args)
    if done.returncode != 0:
        raise Failed(f"runarctl {' '.join(map(str, args))} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


class Authority:
    def __init__(self, folder, name="demo", networks=("main",)):
        self.folder = folder
        made = json.loads(runarctl("-o", "json", "ca", "init", "--name", name, "--out", folder, "--no-passphrase"))
        self.fingerprint = made["fingerprint"]
        for network in networks:
            runarctl("network", "create", network, "--ca", folder)

    def enrol(self, daemon, networks=("main",), ttl="30d", groups=(), labels=()):
        runarctl("node", "init", "--state", daemon.folder / "state")
        self.renew(daemon, networks, ttl, groups, labels)

    def renew(self, daemon, networks=("main",), ttl="60d", groups=(), labels=()):
        """A new certificate for the key that the node has."""
        state, csr, bundle = daemon.folder / "state", daemon.folder / "node.csr", daemon.folder / "node.bundle"
        runarctl("node", "csr", "--state", state, "--name", daemon.name, "--out", csr)
        named = [arg for network in networks for arg in ("--network", network)]
        named += [arg for group in groups for arg in ("--group", group)]
        named += [arg for label in labels for arg in ("--label", label)]
        runarctl("ca", "sign", csr, "--ca", self.folder, "--name", daemon.name, *named, "--ttl", ttl, "--out", bundle)
        runarctl("node", "install", bundle, "--state", state, "--ca-fingerprint", self.fingerprint)
