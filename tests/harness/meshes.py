"""Nodes of a mesh on this machine, configured alike, and what is asked of them again and again."""
import grp, os

from daemons import Daemon, Failed, free_udp_port

GROUP = grp.getgrgid(os.getegid()).gr_name
CONFIG = """\
node: {{ name: {name}, state_dir: {folder}/state }}
networks: {{ default: NETWORK, join: [JOIN] }}
transport: {{ quic: {{ listen: "LISTEN" }} }}
discovery: {{ multicast: MULTICAST, peers: [PEERS] }}
plugins: {{ dir: {folder}/plugins, auto_enable: true }}
control: {{ socket: {folder}/c.sock, group: """ + GROUP + " }}\n"


def expect(got, wanted):
    if got != wanted:
        raise Failed(f"expected {wanted!r}, got {got!r}")


def make(folder, add, authority, name, networks=("main",), peers=(), ttl="30d", groups=(), multicast="off",
         listen="[::1]:PORT", more=""):
    """A node, not started, enrolled if there is an authority; `add` is told of it. `more` ends its configuration;
    daemon.head is what stands before that."""
    daemon = Daemon(folder / name, name)
    daemon.port = free_udp_port()
    text = CONFIG.replace("NETWORK", networks[0]).replace("JOIN", ", ".join(networks)).replace("MULTICAST", multicast)
    text = text.replace("LISTEN", listen.replace("PORT", str(daemon.port)))
    daemon.write_config(text.replace("PEERS", ", ".join(f'"{p}"' for p in peers)))
    daemon.head = daemon.config.read_text()
    daemon.config.write_text(daemon.head + more)
    if authority is not None:
        authority.enrol(daemon, networks, ttl, groups)
    add(daemon)
    return daemon


def peers_of(daemon):
    return {n["name"] for n in daemon.ask("node", "ls")["nodes"] if not n["local"]}


def sees(daemon, path):
    return any(s["path"] == path and s["state"] == "running" for s in daemon.ask("service", "ls")["services"])
