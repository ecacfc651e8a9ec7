"""The demo's mesh: one CA, three nodes, and a stranger."""
import grp, os, pathlib, sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
from authority import Authority  # noqa: E402
from daemons import Daemon, Failed, Folder, free_udp_port, wait_for  # noqa: E402,F401

CONFIG = """\
node: {{ name: {name}, state_dir: {folder}/state }}
networks: {{ default: main, join: [NETWORKS] }}
transport: {{ quic: {{ listen: "[::]:PORT" }} }}
discovery:
  multicast: {{ group: "239.255.42.98:GROUP", interval: 1s }}
plugins: {{ dir: {folder}/plugins, auto_enable: true }}
control: {{ socket: {folder}/c.sock, group: GROUP_NAME }}
"""


class Mesh:
    def __init__(self):
        self.folder = Folder(keep=True)
        self.path, self.sabotaged, self.group = self.folder.path, "", free_udp_port()
        self.nodes, self.extra = {}, []

    def spoiled(self, step):
        return self.sabotaged == step

    def make_node(self, name, networks=("main",)):
        node = Daemon(self.path / name, name)
        text = CONFIG.replace("PORT", str(free_udp_port())).replace("GROUP_NAME", grp.getgrgid(os.getegid()).gr_name)
        text = text.replace("GROUP", str(self.group))
        node.write_config(text.replace("NETWORKS", ", ".join(networks)))
        self.nodes[name] = node
        return node

    def peers_of(self, name):
        return {p["name"] for p in self.nodes[name].ask("node", "ls")["nodes"] if not p["local"]}

    def say(self, text):
        print(f"      {text}", flush=True)

    def show_logs(self):
        for node in self.nodes.values():
            print(f"--- {node.name}: {node.log}\n{node.log_tail()}", file=sys.stderr)

    def explain(self):
        node = next(iter(self.nodes.values()))
        ctl = f"build/release/bin/runarctl --socket {node.socket}"
        print(f"\nThe mesh runs on. Talk to it, for example:\n  {ctl} status\n  {ctl} service ls\n  {ctl} call math/add a=2 b=3"
              f"\n  {ctl} sub 'math/>'\nEnd it with:  pkill -f {self.path}; rm -r {self.path}")

    def stop(self):
        for node in list(self.nodes.values()) + self.extra:
            try:
                node.stop()
            except Failed as failure:
                print(f"      {failure}", file=sys.stderr)
        self.folder.keep = False
        self.folder.__exit__()
