"""The shape check finds planted violations, and only those."""

import unittest

import shape
import source


class Code(unittest.TestCase):
    def test_comments_strings_and_characters_are_blanked_and_lines_stay(self):
        text = 'a; // throw\n/* throw\n */ "throw\\"{" R"x(throw\n)")x" \'{\' b'
        code = source.code_of(text)
        self.assertNotIn("throw", code)
        self.assertNotIn("{", code)
        self.assertEqual(code.count("\n"), text.count("\n"))
        self.assertTrue(code.startswith("a;") and code.endswith("b"))

    def test_separators_in_numbers_open_no_character(self):
        self.assertIn("}", source.code_of("{1'000'000, 'x', 2'0}"))


class Words(unittest.TestCase):
    def problems(self, path, text):
        return shape.check_words(path, text)

    def refused(self, path, text):
        problems = self.problems(path, "\n" + text)
        self.assertEqual(len(problems), 1, problems)
        self.assertTrue(problems[0].startswith(f"{path}:2: "), problems)

    def test_refused_everywhere(self):
        for path in ("daemon/core/a.cc", "plugins/kv/a.cc", "tests/unit/core/a_test.cc"):
            self.refused(path, "#include <boost/asio.hpp>")
            self.refused(path, "std::this_thread::sleep_for(1s);")
            self.refused(path, "co_spawn(strand, run(), boost::asio::detached);")

    def test_refused_in_the_daemon(self):
        self.refused("daemon/config/a.cc", 'const char* home = std::getenv("HOME");')
        self.refused("daemon/config/a.cc", "throw std::runtime_error(text);")
        self.refused("daemon/config/a.cc", "auto now = std::chrono::steady_clock::now();")
        self.refused("daemon/config/a.cc", "auto now = Clock::system_clock :: now();")
        self.refused("daemon/config/a.cc", "clock_gettime(CLOCK_MONOTONIC, &t);")
        self.refused("daemon/config/a.cc", "int x = rand() % 6;")
        self.refused("daemon/config/a.cc", "int x = std::rand() % 6;")
        self.refused("daemon/config/a.cc", "std::random_device device;")

    def test_a_header_opens_no_namespace(self):
        self.refused("daemon/core/a.h", "using namespace std;")
        self.assertEqual(self.problems("daemon/core/a.cc", "using namespace std;"), [])
        self.assertEqual(self.problems("daemon/core/a.h", "using namespace std::chrono_literals;"), [])

    def test_allowed_where_they_belong(self):
        self.assertEqual(self.problems("daemon/node/runard_main.cc", 'getenv("NOTIFY_SOCKET");'), [])
        self.assertEqual(self.problems("daemon/core/clock.cc", "return std::chrono::steady_clock::now();"), [])
        self.assertEqual(self.problems("tests/unit/core/a_test.cc", "throw 1; steady_clock::now();"), [])

    def test_similar_words_are_no_violation(self):
        text = """// we throw nothing; std::getenv("X"), rand(), detached
                  log("throw"); throw_exception_from_error(e); operand(); x.rand(); bool is_detached_ = false;
                  #include <boost/asio/strand.hpp>
                  clock.now(); system_clock::time_point t;"""
        self.assertEqual(self.problems("daemon/core/a.cc", text), [])


class Lengths(unittest.TestCase):
    def lengths(self, text):
        return [last - first + 1 for first, last in shape.functions(text)]

    def body(self, lines):
        return "{\n" + "  x();\n" * lines + "}\n"

    def test_a_file_over_the_limit_is_refused(self):
        limit = shape.FILE_LIMIT
        self.assertEqual(shape.check_lengths("daemon/a.cc", "int x;\n" * limit), [])
        self.assertEqual(len(shape.check_lengths("daemon/a.cc", "int x;\n" * (limit + 1))), 1)

    def test_a_function_over_the_limit_is_refused(self):
        limit = shape.FUNCTION_LIMIT
        self.assertEqual(shape.check_lengths("a.cc", "void f() " + self.body(limit - 2)), [])
        self.assertIn("a.cc:1:", shape.check_lengths("a.cc", "void f() " + self.body(limit - 1))[0])

    def test_functions_of_every_kind_are_found(self):
        for head in (
            "void f() ",
            "auto C::f(int a, std::function<void()> b) const noexcept -> std::vector<int> ",
            "bool operator==(const X& a, const X& b) ",
            "C& C::operator=(C&& other) noexcept ",
            "template <typename T>\n  requires(sizeof(T) == 4)\nT f(T t) ",
            "C::C(int a) : a_(a), b_(a) ",
            "C::C(int a) : a_{a}, b_{a, 1} ",
            "C::C(int a)\n    : Base{a},\n      b_{a, 1} ",
            'TEST_CASE("a {brace} in its name", "[x]") ',
            "const auto f = [](int a) ",
            "struct X {\n  int a = 0;\n  int b{1};\n  void f() ",
            "namespace a::b {\nclass [[nodiscard]] X final : public Y {\n public:\n  ~X() ",
            "#define M(x) { (x)\nvoid f() ",
        ):
            with self.subTest(head):
                self.assertEqual(max(self.lengths(head + self.body(9) + "}\n" * head.count("{\n"))), 11)

    def test_types_tables_and_namespaces_are_no_functions(self):
        for head in (
            "namespace runard::core ",
            "struct X : Y ",
            "enum class X : int ",
            "constexpr X kTable[] = ",
            "constexpr std::array<X, N(3)> kTable = ",
            "constexpr auto kTable = std::to_array<X>(",
            'extern "C" ',
            "template <typename T> concept X = ",
        ):
            with self.subTest(head):
                self.assertEqual(self.lengths(head + "{\n1,\n2,\n}"), [])

    def test_a_lambda_counts_as_part_of_its_function(self):
        self.assertEqual(self.lengths("void f() {\n  run([&] {\n    x();\n  });\n}\n"), [5])

    def test_functions_after_each_other_are_counted_apart(self):
        self.assertEqual(self.lengths("X::X() : a_{1} {\n}\nvoid f() {\n\n}\nint g() { return 1; }\n"), [2, 3, 1])


if __name__ == "__main__":
    unittest.main()
