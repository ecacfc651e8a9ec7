"""What `cmake --install` makes, below a DESTDIR, and that it works there. Usage: install_test.py BIN_FOLDER [NAME...]"""
import grp, os, pathlib, re, stat, subprocess, sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
os.environ["RUNARD_BUILD"] = str(pathlib.Path(sys.argv[1]).resolve().parent)
import checks  # noqa: E402
from daemons import Failed, build_dir  # noqa: E402

FILES = """bin/runard bin/runarctl lib/runar/plugins/math.so lib/systemd/system/runard.service lib/sysusers.d/runard.conf
    share/runard/runard.schema.json share/bash-completion/completions/runarctl
    share/fish/vendor_completions.d/runarctl.fish share/cmake/RunarPluginSDK/RunarPluginSDKConfig.cmake
    share/pkgconfig/runar-plugin.pc share/runar/templates/cpp/CMakeLists.txt include/runar/plugin.h""".split()


def expect(what, good):
    if not good:
        raise Failed(what)


def run(*command, code=0, **more):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60, **more)
    expect(f"{command} ended with {done.returncode}\n{done.stdout}{done.stderr}", done.returncode == code)
    return done.stdout


def installed(folder, prefix):
    run("cmake", "--install", build_dir(), "--prefix", prefix, env={**os.environ, "DESTDIR": str(folder)})
    return folder / prefix.lstrip("/")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_every_file_is_where_it_is_looked_for(folder, add):
    for prefix, etc in (("/usr", "/etc"), ("/usr/local", "/usr/local/etc")):
        root = folder / prefix.strip("/").replace("/", "-")
        there = installed(root, prefix)
        missing = [name for name in FILES if not (there / name).is_file()]
        expect(f"{prefix}: missing {missing}", not missing)
        expect(f"{prefix}: zsh's file", len(list((there / "share/zsh").glob("*/_runarctl"))) == 1)
        config = root / etc.lstrip("/") / "runard/runard.yaml"
        unit = (there / "lib/systemd/system/runard.service").read_text()
        expect(unit, f"ExecStart={prefix}/bin/runard --config {etc}/runard/runard.yaml" in unit)
        expect(config.read_text(), f"dir: {prefix}/lib/runar/plugins\n" in config.read_text())
        schema = re.search(r"\$schema=(\S+)", config.read_text())[1]
        expect(f"{schema} is not there", (root / schema.lstrip("/")).is_file())
        run(there / "bin/runard", "--check", "--config", config)
        expect("modes", (mode(there / "bin/runard"), mode(config)) == (0o755, 0o644))


def test_the_administrators_file_is_not_overwritten(folder, add):
    installed(folder, "/usr")
    config = folder / "etc/runard/runard.yaml"
    config.write_text("node: { name: mine }\n")
    installed(folder, "/usr")
    expect(config.read_text(), config.read_text() == "node: { name: mine }\n")


def test_a_plugin_is_begun_from_what_is_installed(folder, add):
    there = installed(folder, "/usr")
    run(there / "bin/runarctl", "plugin", "new", "greeter", "--out", folder / "greeter")
    text = (folder / "greeter/greeter.cpp").read_text()
    expect(text, "greeter" in text and "@NAME@" not in text)


def test_what_root_makes_in_the_folders_of_runards_user_is_that_users(folder, add):
    if os.geteuid() != 0:
        raise checks.Skipped("root")
    ctl, user = installed(folder, "/usr") / "bin/runarctl", grp.getgrnam("daemon").gr_gid
    folder.chmod(0o755)
    state, ca = folder / "var/lib/runard", folder / "etc/runard/ca"
    state.mkdir(parents=True, mode=0o700)
    os.chown(state, user, user)  # as StateDirectory= leaves it
    csr, bundle = folder / "edge-1.csr", folder / "edge-1.bundle"
    run(ctl, "ca", "init", "--name", "acme", "--out", ca, "--no-passphrase")
    run(ctl, "network", "create", "main", "--ca", ca)
    run(ctl, "node", "init", "--state", state)
    run(ctl, "node", "csr", "--state", state, "--out", csr)
    run(ctl, "ca", "sign", csr, "--ca", ca, "--network", "main", "--out", bundle)
    pin = re.search(r"SHA256:\w+", run(ctl, "ca", "inspect", ca))[0]
    run(ctl, "node", "install", bundle, "--state", state, "--ca-fingerprint", pin)
    for path in [state / "identity", *(state / "identity").iterdir(), *state.glob("keystore*")]:
        expect(f"{path} is not the user's", path.stat().st_uid == user)
    expect("modes", (mode(state / "identity"), mode(state / "keystore.rks"), mode(ca), mode(ca / "ca.key")) ==
           (0o700, 0o600, 0o700, 0o600))
    run(ctl, "node", "install", bundle, "--state", state, user=user, group=user, extra_groups=[])  # now without root
    run(ctl, "ca", "sign", csr, "--ca", ca, "--network", "main", code=6, user=user, group=user, extra_groups=[])


if __name__ == "__main__":
    sys.exit(checks.run(sys.modules[__name__]))
