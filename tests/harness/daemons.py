"""Real daemons for end-to-end tests and the demo: start, stop, ask, wait. Standard library only."""
import json, os, pathlib, shutil, signal, socket, subprocess, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Failed(Exception):
    """What was expected did not happen."""


def build_dir():
    return pathlib.Path(os.environ.get("RUNARD_BUILD", ROOT / "build" / "release"))


def sanitized():
    """Whether the daemon has a sanitizer in it: its memory is not the usual one then, and may be traced."""
    cache = build_dir() / "CMakeCache.txt"
    return cache.exists() and "RUNARD_SANITIZE:STRING=\n" not in cache.read_text()


def wait_for(what, condition, seconds=10.0):
    """Polls until condition() is truthy and returns it; Failed names what was waited for."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {seconds:g} s")
        time.sleep(0.02)  # between two looks at the condition


def free_udp_port():
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        s.bind(("::", 0))
        return s.getsockname()[1]


class Daemon:
    """One runard with a folder of its own: config, state, plugins, control socket, log."""

    def __init__(self, folder, name):
        self.folder, self.name, self.process = pathlib.Path(folder), name, None
        self.folder.mkdir(parents=True, exist_ok=True)
        for sub in ("state", "plugins"):
            (self.folder / sub).mkdir(mode=0o700, exist_ok=True)
        self.environment = {}  # besides this process's own
        self.config, self.socket, self.log = self.folder / "runard.yaml", self.folder / "c.sock", self.folder / "log"

    def write_config(self, text):
        self.config.write_text(text.format(name=self.name, folder=self.folder))

    def start(self, ready=10.0):
        self.launch()
        return self.wait_until_up(ready)

    def launch(self):
        env = {k: v for k, v in os.environ.items() if not k.startswith("RUNAR")} | self.environment
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([build_dir() / "bin" / "runard", "--config", self.config],
                                            stderr=log, stdout=log, env=env)

    def wait_until_up(self, ready=10.0):
        wait_for(f"{self.name} answers on its control socket", self._answers, ready)
        return self

    def _answers(self):
        if self.process.poll() is not None:
            raise Failed(f"{self.name} ended with {self.process.returncode}: {self.log_tail(3)}")
        return self.ctl("status", check=False).returncode == 0

    def stop(self, sig=signal.SIGTERM, seconds=30):
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(sig)
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failed(f"{self.name} did not stop within {seconds} s")
        self.process = None
        return code

    def ctl(self, *args, check=True, timeout=20, input=None):
        done = subprocess.run([build_dir() / "bin" / "runarctl", "--socket", self.socket, *map(str, args)],
                              capture_output=True, text=True, timeout=timeout, input=input)
        if check and done.returncode != 0:
            raise Failed(f"runarctl {' '.join(map(str, args))} on {self.name} ended with {done.returncode}: "
                         f"{done.stderr.strip() or done.stdout.strip()}")
        return done

    def ask(self, *args, **kw):
        """The JSON document that a command prints with -o json."""
        return json.loads(self.ctl("-o", "json", *args, **kw).stdout)

    def drop_plugin(self, plugin, built="plugins"):
        """As an operator does it: copy beside, then rename into the folder."""
        source = build_dir() / built / f"{plugin}.so"
        part = self.folder / "plugins" / f".{plugin}.part"
        shutil.copy(source, part)
        os.rename(part, self.folder / "plugins" / f"{plugin}.so")

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def log_tail(self, lines=15):
        return "\n".join(self.log_text().splitlines()[-lines:])


class Folder:
    """A short temporary folder (socket paths have 107 bytes), removed at the end unless kept."""

    def __init__(self, keep=False):
        self.path, self.keep = pathlib.Path(tempfile.mkdtemp(prefix="runard-")), keep

    def __enter__(self):
        return self.path

    def __exit__(self, *_):
        if not self.keep:
            shutil.rmtree(self.path, ignore_errors=True)
