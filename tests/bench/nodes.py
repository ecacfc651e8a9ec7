"""What tests/bench/run measures of real daemons: calls between two, and one that idles, joins, leaves or dies."""
import grp, json, os, shutil, signal, socket, subprocess, time

from daemons import Daemon, Failed, build_dir, free_udp_port, wait_for

CONFIG = """\
node: {{ name: {name}, state_dir: {folder}/state }}
networks: {{ default: main, join: [main] }}
transport: {{ quic: {{ listen: "[::1]:PORT" }} }}
discovery: {{ multicast: off, peers: [PEERS] }}
plugins: {{ dir: {folder}/plugins, auto_enable: true }}
control: {{ socket: {folder}/c.sock, group: GROUP }}
""".replace("GROUP", grp.getgrgid(os.getegid()).gr_name)
PLUGIN = "measured"  # tests/plugins/measured.c
LABELLED = "labelled"  # tests/plugins/labelled.cc
GROUPS = ["-d", json.dumps({"name": "Ann", "first": "x" * 64, "second": "x" * 64, "third": "x" * 64})]
TEXT = "x" * 248  # with what CBOR puts around it: 256 bytes
MESSAGE = ["-d", json.dumps({"x": TEXT})]
EVENT = ["-d", json.dumps({"x": "x" * 123})]  # 128 bytes of CBOR
TOPIC = "bench/events"


class Control:
    """One connection to a daemon's control socket: quicker to ask than a runarctl each time."""

    def __init__(self, daemon):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        self.socket.connect(str(daemon.socket))
        self.lines = self.socket.makefile("rb")

    def nodes(self):
        self.socket.sendall(b'{"id": 1, "method": "nodes"}\n')
        return json.loads(self.lines.readline())["result"]["nodes"]

    def peers(self):
        return {n["name"] for n in self.nodes() if not n["local"]}

    def providers(self):
        """Names of the other nodes that offer the plugin's service now: not those that are shown as draining."""
        return {n["name"] for n in self.nodes() if not n["local"] and n["state"] == "up"
                for s in n["services"] if s["path"] == PLUGIN and s["state"] == "running"}


def seconds_until(condition, limit):
    """Asks again every millisecond; None when it did not come true in time."""
    began = time.monotonic()
    while time.monotonic() - began < limit:
        if condition():
            return time.monotonic() - began
        time.sleep(0.001)  # between two looks at the condition
    return None


def make(folder, authority, name, peers=(), plugin=False):
    daemon = Daemon(folder / name, name)
    daemon.port = free_udp_port()
    listed = ", ".join(f'"{p}"' for p in peers)
    daemon.write_config(CONFIG.replace("PORT", str(daemon.port)).replace("PEERS", listed))
    authority.enrol(daemon)
    if plugin:
        for built in (PLUGIN, LABELLED):
            shutil.copy(build_dir() / "test_plugins" / f"{built}.so", daemon.folder / "plugins")
    return daemon


def address(daemon):
    return f"[::1]:{daemon.port}"


def cpu_seconds(*daemons):
    """Of all their threads, from the scheduler's own nanoseconds."""
    total = 0
    for daemon in daemons:
        for thread in os.listdir(f"/proc/{daemon.process.pid}/task"):
            with open(f"/proc/{daemon.process.pid}/task/{thread}/schedstat") as f:
                total += int(f.read().split()[0])
    return total / 1e9


def resident_kb(daemon):
    with open(f"/proc/{daemon.process.pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS:"))


def pin(daemon, cpu):
    for thread in os.listdir(f"/proc/{daemon.process.pid}/task"):
        os.sched_setaffinity(int(thread), {cpu})


def bench(caller, daemons, kind, action, inflight, seconds, message=()):
    """One `runarctl bench`, after a warm-up that also tells how many calls fill the time."""
    def ask(count):
        got = caller.ask("bench", kind, action if "/" in action else f"{PLUGIN}/{action}", *message, "--count", count, "--inflight", inflight, timeout=120)
        if got["errors"]:
            raise Failed(f"bench {kind} {action}: {got['errors']} of {got['count']} calls failed")
        return got
    warm = ask(max(100, 2 * inflight))
    warm = ask(max(200, int(warm["count"] / warm["elapsed_ns"] * 0.2e9)))
    before = cpu_seconds(*daemons)
    got = ask(min(10_000_000, max(200, int(warm["count"] / warm["elapsed_ns"] * seconds * 1e9))))
    got["cpu_s_per_million"] = (cpu_seconds(*daemons) - before) / got["count"] * 1e6
    got["per_second"] = got["count"] / got["elapsed_ns"] * 1e9
    return got


def calls(folder, authority, seconds, pinned):
    """{name: figures} of local and remote calls."""
    server = make(folder, authority, "server", plugin=True).start()
    client = make(folder, authority, "client", [address(server)]).start()
    try:
        wait_for("the client sees the service", lambda: Control(client).providers())
        wait_for("and the labelled one", lambda: client.ctl("call", f"{LABELLED}/echo", *GROUPS, check=False).returncode == 0)
        if pinned:
            cpus = sorted(os.sched_getaffinity(0))
            pin(server, cpus[0]), pin(client, cpus[-1])
        both, one = (server, client), (server,)
        return {
            "local-echo": bench(server, one, "local", "echo", 1, seconds, MESSAGE),
            "local-prompt": bench(server, one, "local", "prompt", 1, seconds, MESSAGE),
            "echo-1": bench(client, both, "call", "echo", 1, seconds, MESSAGE),
            "prompt-1": bench(client, both, "call", "prompt", 1, seconds, MESSAGE),
            "echo-64": bench(client, both, "call", "echo", 64, seconds, MESSAGE),
            "prompt-64": bench(client, both, "call", "prompt", 64, seconds, MESSAGE),
            "plain-1": bench(client, both, "call", f"{LABELLED}/echo_plain", 1, seconds, GROUPS),
            "labelled-1": bench(client, both, "call", f"{LABELLED}/echo", 1, seconds, GROUPS),
            "megabyte": bench(client, both, "call", "megabyte", 8, seconds),
        }
    finally:
        client.stop(signal.SIGKILL), server.stop(signal.SIGKILL)


def event_run(publisher, daemons, seconds, *where):
    """One `runarctl bench pub`, after a warm-up that also tells how many events fill the time."""
    def publish(count):
        got = publisher.ask("bench", "pub", TOPIC, *EVENT, "--count", count, *where, check=False, timeout=120)
        if got["received"] != got["count"] or got["lost"] or got["misplaced"]:
            raise Failed(f"bench pub: of {got['count']} events {got['received']} arrived, {got['misplaced']} out of order")
        return got
    warm = publish(20_000)
    before = cpu_seconds(*daemons)
    got = publish(min(20_000_000, max(20_000, int(warm["count"] / warm["elapsed_ns"] * seconds * 1e9))))
    got["cpu_s_per_million"] = (cpu_seconds(*daemons) - before) / got["count"] * 1e6
    got["per_second"] = got["received"] / got["elapsed_ns"] * 1e9
    return got


def events(folder, authority, seconds, pinned):
    """{name: figures} of 128-byte events from one publisher to one subscriber, all of them in order."""
    receiver = make(folder, authority, "receiver").start()
    publisher = make(folder, authority, "publisher", [address(receiver)]).start()
    counting = None
    try:
        wait_for("the two daemons see each other", lambda: Control(publisher).peers())
        if pinned:
            cpus = sorted(os.sched_getaffinity(0))
            pin(receiver, cpus[0]), pin(publisher, cpus[-1])
        local = event_run(publisher, (publisher,), seconds, "--local")
        counting = subprocess.Popen([build_dir() / "bin" / "runarctl", "--socket", receiver.socket, "bench", "sub", TOPIC],
                                    stdout=subprocess.DEVNULL)
        wait_for("the subscription is known", lambda: any(
            s["pattern"] == TOPIC for n in Control(publisher).nodes() if not n["local"] for s in n["subscriptions"]))
        return {"local": local, "remote": event_run(publisher, (publisher, receiver), seconds)}
    finally:
        if counting is not None:
            counting.kill()
            counting.wait()
        publisher.stop(signal.SIGKILL), receiver.stop(signal.SIGKILL)


def idle(folder, authority, seconds):
    """Resident KB, share of one CPU, and seconds from exec to READY=1 of a daemon that does nothing."""
    daemon = make(folder, authority, "idle")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(daemon.folder / "notify"))
        notify.settimeout(10)
        began = time.monotonic()
        daemon.process = subprocess.Popen([build_dir() / "bin" / "runard", "--config", daemon.config], stderr=subprocess.DEVNULL,
                                          env=dict(os.environ, NOTIFY_SOCKET=str(daemon.folder / "notify")))
        try:
            while b"READY=1" not in notify.recv(4096):
                pass
            ready = time.monotonic() - began
            before = cpu_seconds(daemon)
            time.sleep(seconds)  # this is what is measured: nothing
            return resident_kb(daemon), (cpu_seconds(daemon) - before) / seconds, ready
        finally:
            daemon.stop(signal.SIGKILL)


def kb_per_peer(folder, authority, more=8):
    """What each further idle peer adds to a daemon that has one already."""
    hub = make(folder, authority, "hub").start()
    peers = [make(folder, authority, f"peer{i}", [address(hub)]) for i in range(more + 1)]
    try:
        control = Control(hub)
        peers[0].start()
        wait_for("the first peer is there", lambda: len(control.peers()) == 1)
        before = resident_kb(hub)
        for peer in peers[1:]:
            peer.start()
        wait_for("all peers are there", lambda: len(control.peers()) == more + 1, 20)
        return (resident_kb(hub) - before) / more
    finally:
        for daemon in [*peers, hub]:
            daemon.stop(signal.SIGKILL)


def membership(folder, authority):
    """Seconds until another node knows: a joined one (50 dead addresses beside the good one), a clean leave (from SIGTERM
    until its services are offered no more), a kill."""
    watcher = make(folder, authority, "watcher").start()
    dead = [f"[::1]:{free_udp_port()}" for _ in range(50)]
    other = make(folder, authority, "other", dead[:25] + [address(watcher)] + dead[25:], plugin=True)
    try:
        control = Control(watcher)
        launch = lambda: setattr(other, "process", subprocess.Popen(
            [build_dir() / "bin" / "runard", "--config", other.config], stderr=subprocess.DEVNULL))
        launch()
        joined = seconds_until(control.providers, 10)
        other.process.send_signal(signal.SIGTERM)
        left = seconds_until(lambda: not control.providers(), 10)
        other.stop()
        launch()
        wait_for("it is back", control.providers)
        other.process.kill()
        killed = seconds_until(lambda: not control.providers(), 20)
        return joined, left, killed
    finally:
        other.stop(signal.SIGKILL), watcher.stop(signal.SIGKILL)
