"""The boundary check finds planted violations, and only those."""

import pathlib
import tempfile
import unittest

import modules

REGISTRY = """
core:      |
routing:   core |      # a comment
crypto:    core | openssl
admin:     core routing | boost/json.hpp dlfcn.h
"""


class Rows(unittest.TestCase):
    def problems(self, text):
        return modules.Registry(text).problems

    def test_good_rows_are_accepted(self):
        registry = modules.Registry(REGISTRY)
        self.assertEqual(registry.problems, [])
        self.assertEqual(registry.allowed["admin"], {"core", "routing"})

    def test_a_row_that_names_a_module_below_it_is_refused(self):
        self.assertIn("not above it", self.problems("core: routing |\nrouting: |")[0])

    def test_a_row_that_names_itself_is_refused(self):
        self.assertIn("not above it", self.problems("core: core |")[0])

    def test_a_second_row_of_one_module_is_refused(self):
        self.assertIn("already", self.problems("core: |\ncore: |")[0])

    def test_a_line_that_is_no_row_is_refused(self):
        self.assertIn(":2:", self.problems("core: |\nrouting core")[0])


class Includes(unittest.TestCase):
    def problems(self, module, text):
        return modules.check_file(modules.Registry(REGISTRY), module, "daemon/x.cc", text)

    def test_what_a_row_allows_is_accepted(self):
        text = '#include "admin/a.h"\n#include "core/result.h"\n#include <vector>\n#include <boost/json/value.hpp>\n'
        self.assertEqual(self.problems("admin", text), [])

    def test_a_module_that_the_row_does_not_name_is_refused_with_its_line(self):
        self.assertEqual(
            self.problems("routing", '\n#include "crypto/key.h"'),
            ["daemon/x.cc:2: routing may not include crypto/key.h (daemon/modules.txt)"],
        )

    def test_blanks_do_not_hide_an_include(self):
        self.assertEqual(len(self.problems("routing", '  #  include "crypto/key.h"')), 1)

    def test_an_unknown_folder_is_refused(self):
        self.assertEqual(len(self.problems("core", '#include "utils/strings.h"')), 1)

    def test_an_include_without_its_module_is_refused(self):
        self.assertEqual(len(self.problems("core", '#include "result.h"')), 1)

    def test_our_headers_in_angle_brackets_are_refused(self):
        self.assertEqual(len(self.problems("routing", "#include <core/result.h>")), 1)

    def test_an_owned_header_is_refused_elsewhere_in_both_styles(self):
        self.assertEqual(len(self.problems("core", '#include <openssl/evp.h>\n#include "openssl/evp.h"')), 2)

    def test_an_owned_header_stands_for_its_folder_and_not_for_similar_names(self):
        self.assertEqual(len(self.problems("core", "#include <boost/json.hpp>\n#include <boost/json/object.hpp>")), 2)
        self.assertEqual(self.problems("core", "#include <boost/json_like.hpp>\n#include <dlfcn.hpp>"), [])


class Tree(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.put("modules.txt", REGISTRY)

    def put(self, name, text):
        path = pathlib.Path(self.folder.name) / "daemon" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def test_a_tree_in_order_has_no_problem(self):
        self.put("core/a.h", "#include <vector>\n")
        self.put("routing/b.cc", '#include "core/a.h"\n')
        self.assertEqual(modules.check(self.folder.name), [])

    def test_a_folder_without_a_row_is_refused(self):
        self.put("misc/a.h", "")
        self.assertIn("misc is not in", modules.check(self.folder.name)[0])

    def test_a_file_outside_of_modules_is_refused(self):
        self.put("a.h", "")
        self.assertEqual(len(modules.check(self.folder.name)), 1)

    def test_a_readme_must_explain_every_module(self):
        self.put("README.md", "| `core` | … |\n| `routing/` | … |\n| `crypto` |\nadmin")
        self.assertEqual(modules.check(self.folder.name), ["daemon/README.md: module admin of modules.txt is not explained"])


if __name__ == "__main__":
    unittest.main()
