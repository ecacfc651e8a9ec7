"""clang-tidy is run again over what changed, and over nothing else."""

import os
import pathlib
import tempfile
import unittest

import tidy


class Flags(unittest.TestCase):
    def test_compiler_launcher_output_and_source_are_dropped(self):
        job = tidy.Job(
            {
                "file": "/r/daemon/a.cc",
                "directory": "/r/build",
                "command": '/usr/bin/ccache c++ -DX="a b" -I/r/daemon -isystem /usr/include/x -std=c++20 -o a.o -c /r/daemon/a.cc',
            }
        )
        self.assertEqual(job.flags, ["-DX=a b", "-I/r/daemon", "-isystem", "/usr/include/x", "-std=c++20"])
        self.assertEqual(job.object, "a.o")


class Output(unittest.TestCase):
    finding = "/r/a.cc:1:2: error: bad name [readability-identifier-naming,-warnings-as-errors]\n  1 | x\n"
    broken = "/r/a.cc:3:4: error: no such file [clang-diagnostic-error]\n  3 | y\n"

    def test_counts_are_left_out(self):
        noise = "22 warnings generated.\nSuppressed 21 warnings (21 in non-user code).\n"
        self.assertEqual(tidy.readable(self.finding + noise), self.finding.strip())
        self.assertEqual(tidy.readable(noise), "")

    def test_a_file_that_does_not_compile_has_no_other_findings(self):
        self.assertEqual(tidy.readable(self.finding + self.broken + self.finding), self.broken.strip())


class Keys(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = os.path.join(folder.name, "r")
        self.put("a.cc", "1")
        self.put("a.h", "2")

    def put(self, name, text):
        path = pathlib.Path(self.root) / "daemon" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)

    def key(self, base="settings", flag="-O2", files=("a.cc", "a.h")):
        subject = tidy.Tidy.__new__(tidy.Tidy)
        subject.root, subject.base, subject.digests = self.root, base, {}
        paths = [os.path.join(self.root, "daemon", file) for file in files]
        subject.includes = {"a.o": paths}
        command = f"c++ {flag} -o a.o -c {paths[0] if paths else ''}"
        return subject.key(tidy.Job({"file": self.root + "/daemon/a.cc", "directory": self.root, "command": command}))

    def test_the_same_again_has_the_same_key(self):
        self.assertEqual(self.key(), self.key())

    def test_a_changed_file_header_flag_or_setting_has_another_key(self):
        key = self.key()
        self.assertNotEqual(key, self.key(flag="-O3"))
        self.assertNotEqual(key, self.key(base="other settings"))
        self.put("a.h", "3")
        changed_header = self.key()
        self.assertNotEqual(key, changed_header)
        self.put("a.cc", "4")
        self.assertNotEqual(changed_header, self.key())

    def test_what_was_never_built_or_lacks_a_file_has_no_key(self):
        self.assertIsNone(self.key(files=()))
        self.assertIsNone(self.key(files=("a.cc", "gone.h")))


if __name__ == "__main__":
    unittest.main()
