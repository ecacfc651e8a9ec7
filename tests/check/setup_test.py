"""The set-up decides rightly what is missing and where it comes from; apt, dpkg and the builds are fakes here."""

import os
import pathlib
import subprocess
import tempfile
import unittest

CMAKE = pathlib.Path(__file__).resolve().parents[2] / "cmake"


class SetUp(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def bash(self, script, **environment):
        """Runs a script after the set-up's files were sourced; returns (exit code, stdout, stderr)."""
        begin = f"""set -euo pipefail
            here={CMAKE} cache={self.folder}/cache log_dir={self.folder}/log; mkdir -p "$cache" "$log_dir"
            for part in progress packages libraries; do . "$here/setup.d/$part.sh"; done
            """
        done = subprocess.run(
            ["bash", "-c", begin + script], capture_output=True, text=True, check=False, env={**os.environ, **environment}
        )
        return done.returncode, done.stdout, done.stderr

    def lines(self, script):
        code, out, err = self.bash(script)
        self.assertEqual((code, err), (0, ""))
        return out.splitlines()

    # --- packages

    def missing(self, rows, installed):
        return self.lines(
            f"""package_rows() {{ cat <<'ROWS'\n{rows}\nROWS\n}}
            dpkg-query() {{ printf '%s\\n' {" ".join(f"'{line}'" for line in installed)}; }}
            xargs() {{ cat >/dev/null; "$@"; }}
            missing_rows"""
        )

    def test_a_package_that_is_absent_or_half_removed_is_missing(self):
        self.assertEqual(self.missing("a\nb\nc", ["a installed 1", "b config-files 1"]), ["b", "c"])

    def test_a_package_that_is_too_old_is_missing(self):
        self.assertEqual(self.missing("a 1.10\nb 1.10", ["a installed 1.9", "b installed 1.10-2"]), ["a 1.10"])

    def test_one_alternative_is_enough(self):
        self.assertEqual(self.missing("a 2 | b | c", ["a installed 1", "c installed 5"]), [])

    def test_the_first_alternative_that_apt_has_new_enough_is_taken(self):
        script = """candidate_version() { case $1 in a) echo 1.74 ;; b) echo 1.83 ;; c) echo 1.81 ;; esac; }
            resolve_rows $'a 1.81 | gone | b | c\\nc'"""
        self.assertEqual(self.lines(script), ["b", "c"])

    def test_a_row_that_apt_can_not_fulfil_is_named(self):
        code, _, err = self.bash("candidate_version() { :; }; resolve_rows 'a 3'")
        self.assertEqual(code, 1)
        self.assertIn("new enough for: a 3", err)

    def test_without_root_one_sentence_names_what_is_missing(self):
        code, _, err = self.bash("id() { echo 1000; }; require_root $'ninja-build\\ncmake 3.25'")
        self.assertEqual((code, err.count("\n")), (1, 1))
        self.assertIn("ninja-build, cmake 3.25", err)

    # --- libraries

    def wanted(self, *in_system):
        return self.lines(f'system_has() {{ case " {" ".join(in_system)} " in *" $1 "*) ;; *) return 1 ;; esac; }}; missing_libraries')

    def test_what_the_system_has_is_not_built(self):
        self.assertEqual(self.wanted("openssl", "ngtcp2", "catch2"), [])
        self.assertEqual(self.wanted("openssl", "catch2"), ["ngtcp2"])

    def test_a_private_openssl_brings_a_private_ngtcp2(self):
        self.assertEqual(self.wanted("ngtcp2", "catch2"), ["openssl", "ngtcp2"])

    def test_packages_are_taken_only_if_all_of_a_library_are_new_enough(self):
        script = """candidate_version() { case $1 in libssl-dev) echo 3.5.1 ;; libngtcp2-dev) echo 1.24 ;; catch2) echo 2.13 ;; esac; }
            packages_of_libraries openssl ngtcp2 catch2"""
        self.assertEqual(self.lines(script), ["libssl-dev"])

    madison = """apt_private() { [ "$2" != madison ] || printf '%s\\n' \\
            'openssl | 3.0.9-1 | uri bookworm/main Sources' 'openssl | 3.5.1-1 | uri trixie/main Sources' \\
            'openssl | 3.6.2-1 | uri sid/main Sources' 'openssl | 3.5.10-1 | uri security/main Sources' \\
            'openssl | 3.9.0-1 | uri sid/main amd64 Packages'; }
        """

    def test_the_long_term_series_comes_first_newest_first_and_nothing_too_old(self):
        self.assertEqual(self.lines(self.madison + "source_versions openssl"), ["3.5.10-1", "3.5.1-1", "3.6.2-1"])

    fetch = """work=$cache/work stage=$cache/work; mkdir -p "$work/apt"
        apt_private() { case "$*" in *Check-Valid-Until=false) late=yes ;; *" source "*) [[ ${4:-} == "$good" && ${late:-} == "${needs_late:-}" ]] ;; esac; }
        dpkg-source() { mkdir src; }
        source_versions() { printf '%s\\n' 3.5.10-1 3.5.1-1; }
        """

    def test_a_version_that_can_not_be_fetched_is_skipped(self):
        out = self.lines(self.fetch + 'good=openssl=3.5.1-1; fetch_source openssl; cat "$stage/versions"')
        self.assertEqual(out[-1], "openssl 3.5.1-1")

    def test_an_index_past_its_date_is_read_once_when_no_other_has_the_library(self):
        out = self.lines(self.fetch + 'good=openssl=3.5.1-1 needs_late=yes; fetch_source openssl; cat "$stage/versions"')
        self.assertEqual(out[-1], "openssl 3.5.1-1")
        code, _, _ = self.bash(self.fetch + "touch $work/apt/expired; good=openssl=3.5.1-1 needs_late=yes; fetch_source openssl")
        self.assertEqual(code, 1)

    def test_a_library_that_can_not_be_fetched_says_what_apt_said(self):
        code, out, _ = self.bash(self.fetch + "good=none; echo 'E: index is expired' >$log_dir/sources.log; fetch_source openssl")
        self.assertEqual(code, 1)
        self.assertIn("E: index is expired", out)
        self.assertIn("Please", out)

    # --- the prefix

    build = """write_apt_sources() { :; }; read_source_index() { :; }
        fetch_and_build() { touch "$stage/$1"; [ "$1" != "$broken" ]; }
        """

    def test_the_prefix_appears_when_everything_is_built(self):
        out = self.lines(self.build + 'broken=; build_libraries openssl catch2 2>/dev/null; cd "$(prefix_of openssl catch2)"; ls')
        self.assertEqual(out, ["catch2", "openssl"])

    def test_a_failed_build_leaves_no_prefix_and_shows_the_end_of_its_log(self):
        code, _, err = self.bash(self.build + "broken=catch2; build_libraries openssl catch2")
        self.assertEqual(code, 1)
        self.assertIn("catch2.log", err)
        self.assertEqual([path.name for path in (self.folder / "cache").iterdir()], [])

    def test_what_is_built_and_how_decides_the_prefix(self):
        names = self.lines(
            "prefix_of openssl; prefix_of openssl ngtcp2; minimum[openssl]=3.6; prefix_of openssl; build_openssl() { :; }; prefix_of openssl"
        )
        self.assertEqual(len(set(names)), 4)

    def test_a_step_that_fails_in_its_middle_fails(self):
        code, _, err = self.bash("work() { echo before; false; echo after; }; step Working work work")
        self.assertEqual(code, 1)
        self.assertIn("before", err)
        self.assertNotIn("after\n", err)

    # --- the command

    def test_an_unknown_option_is_a_usage_error(self):
        done = subprocess.run([CMAKE / "setup", "--no-such"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--check", done.stderr)

    def test_the_prefix_is_printed_only_if_it_is_there(self):
        environment = {**os.environ, "RUNARD_CACHE": str(self.folder / "empty")}
        done = subprocess.run([CMAKE / "setup", "--print-prefix"], capture_output=True, text=True, check=True, env=environment)
        self.assertEqual(done.stdout, "")
        self.assertFalse((self.folder / "empty").exists())


if __name__ == "__main__":
    unittest.main()
