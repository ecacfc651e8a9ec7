"""The demo's mesh: one CA, three nodes, and a stranger."""
import grp, os, pathlib, sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
from authority import Authority  # noqa: E402
from daemons import Daemon, Failed, Folder, build_dir, free_udp_port, wait_for  # noqa: E402,F401

CONFIG = """\
node: {{ name: {name}, state_dir: {folder}/state }}
networks: {{ default: DEFAULT, join: [NETWORKS] }}
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
        self.nodes, self.extra, self.kept = {}, [], False

    def spoiled(self, step):
        return self.sabotaged == step

    def make_node(self, name, networks=("main",)):
        node = Daemon(self.path / name, name)
        text = CONFIG.replace("PORT", str(free_udp_port())).replace("GROUP_NAME", grp.getgrgid(os.getegid()).gr_name)
        text = text.replace("GROUP", str(self.group)).replace("DEFAULT", networks[0])
        node.write_config(text.replace("NETWORKS", ", ".join(networks)))
        self.nodes[name] = node
        return node

    def admit(self, node, networks):
        """Makes a node a member of more networks."""
        node.stop()
        node.config.write_text(node.config.read_text().replace("join: [main]", f"join: [{', '.join(networks)}]"))
        self.authority.renew(node, networks)
        node.start()

    def peers_of(self, name):
        return {p["name"] for p in self.nodes[name].ask("node", "ls")["nodes"] if not p["local"]}

    def say(self, text):
        print(f"      {text}", flush=True)

    def show_logs(self):
        for node in self.nodes.values():
            print(f"--- {node.name}: {node.log}\n{node.log_tail()}", file=sys.stderr)

    def explain(self):
        first = next(iter(self.nodes.values()))
        ctl = os.path.relpath(build_dir() / "bin" / "runarctl")
        running = [node for node in self.nodes.values() if node.process is not None]
        print(f"""
The mesh runs on. Talk to {first.name}, for example:
  ctl() {{ {ctl} --socket {first.socket} "$@"; }}
  ctl status
  ctl service ls
  ctl call math/add a=2 b=3
  ctl sub 'math/>'              # then call math/add in another terminal
Each node has a folder with its runard.yaml, plugins, log and control socket c.sock:
  {'  '.join(str(node.folder) for node in running)}
End it with:
  kill {' '.join(str(node.process.pid) for node in running)} && rm -r {self.path}""")

    def stop(self):
        for node in list(self.nodes.values()) + self.extra:
            try:
                node.stop()
            except Failed as failure:
                print(f"      {failure}", file=sys.stderr)
        self.folder.keep = False
        self.folder.__exit__()
