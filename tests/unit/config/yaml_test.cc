#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>

#include "config/tree.h"
#include "loading.h"

using namespace runard;
using namespace runard::config;

namespace {

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) {
    out += text;
  }
  return out;
}

}  // namespace

TEST_CASE("a file without a setting is a problem") {
  const Lines nothing{"c.yaml: holds no setting; write at least `node: { name: NAME }`"};
  CHECK(problems("") == nothing);
  CHECK(problems("\n\n# nothing\n") == nothing);
  CHECK(problems("---\n...\n") == nothing);
  CHECK(problems("~") == nothing);
}

TEST_CASE("the file has to be a mapping") {
  CHECK(problems("- a\n- b\n") ==
        Lines{"c.yaml:1:1: the file has to be a mapping, not a list, write `key: value` lines"});
  CHECK(problems("hello") ==
        Lines{"c.yaml:1:1: the file has to be a mapping, not a value, write `key: value` lines"});
}

TEST_CASE("broken YAML is named with its line and a hint") {
  CHECK(problems("node: { name: a\nlimits: {}\n")[0].starts_with("c.yaml:2:"));
  CHECK(problems("node:\n  name: a\n name: b\n") ==
        Lines{"c.yaml:3:2: not valid YAML: end of map not found, align the keys of one mapping in "
              "one column"});
  CHECK(problems("node: { name: a: b }\n")[0].find("not valid YAML") != std::string::npos);
  CHECK(problems("control:\n  group: \"runard\n") ==
        Lines{"c.yaml:2:10: these quotes are never closed, close them"});
  CHECK(problems("control:\n  group: 'runard\nnode: {}\n") ==
        Lines{"c.yaml:2:10: these quotes are never closed, close them"});
  CHECK(problems("node: { name: ${NAME} }\n")[0].ends_with(
      "inside { } and [ ] write \"${NAME}\" in quotes"));
  CHECK(problems("node: *missing\n") ==
        Lines{"c.yaml:1:7: not valid YAML: the referenced anchor is not defined, define the "
              "anchor before the alias"});
  CHECK(load_yaml("a: [").problems[0].code == core::Errc::kConfigSyntax);
}

TEST_CASE("a tab as indentation is named as such") {
  CHECK(problems("node:\n\tname: a\n") ==
        Lines{"c.yaml:2:1: a tab in the indentation, write spaces"});
  CHECK(problems("node:\n  \tname: a\n") ==
        Lines{"c.yaml:2:3: a tab in the indentation, write spaces"});
}

TEST_CASE("tabs elsewhere are nobody's business") {
  CHECK(problems("node:\n  name: a\t# comment\n\t# comment\n\t\nrequest_timeout:\t5s\n") ==
        Lines{});
  CHECK(problems("plugins:\n  load:\n    - file: a.so\n      services:\n"
                 "        - type: t\n          path: p\n          config:\n"
                 "            script: |\n              all:\n              \tmake\n"
                 "            text: \"one\n\n              \ttwo\"\n") == Lines{});
}

TEST_CASE("more than one document is a problem") {
  CHECK(problems("node: {}\n---\nnode: {}\n") ==
        Lines{"c.yaml:2:1: a second document begins here, keep one document a file"});
  CHECK(problems("---\nnode: {}\n...\n") == Lines{});
}

TEST_CASE("bytes that are not UTF-8 are named with their place") {
  CHECK(problems("node: { name: \"a\xff\" }") ==
        Lines{"c.yaml:1:17: this byte is not UTF-8, save the file as UTF-8"});
  CHECK(problems("\xff\xfen\0o\0") ==
        Lines{"c.yaml:1:1: this byte is not UTF-8, save the file as UTF-8"});
  CHECK(problems("a: \xed\xa0\x80")[0].starts_with("c.yaml:1:4: this byte"));      // a surrogate
  CHECK(problems("a: \xc0\xaf")[0].starts_with("c.yaml:1:4: this byte"));          // overlong
  CHECK(problems("a: \xf4\x90\x80\x80")[0].starts_with("c.yaml:1:4: this byte"));  // > U+10FFFF
}

TEST_CASE("a byte order mark is skipped") {
  CHECK(problems("\xef\xbb\xbfnode: { name: a }") == Lines{});
  CHECK(problems("\xef\xbb\xbfnodes: {}")[0].starts_with("c.yaml:1:1: nodes: unknown key"));
}

TEST_CASE("control characters are refused") {
  CHECK(problems(std::string("node: { name: a\x04 }")) ==
        Lines{"c.yaml:1:16: a control character (0x04), remove it, or write it as an escape in "
              "double quotes"});
  CHECK(problems(std::string("a: \0", 4))[0].find("(0x00)") != std::string::npos);
}

TEST_CASE("line ends of Windows are fine") {
  CHECK(problems("node:\r\n  name: a\r\n\r\nrequest_timeout: 5\r\n") ==
        Lines{"c.yaml:4:18: request_timeout: \"5\" has no unit, write 5s or 5ms"});
}

TEST_CASE("a file of more than a mebibyte is refused") {
  CHECK(problems(std::string(kMaxFileBytes + 1, '#')) ==
        Lines{"c.yaml: is larger than 1024 KiB; split what it configures over several nodes"});
}

TEST_CASE("nesting ends at 64 levels, however it is written") {
  CHECK(problems("a: " + repeat("[", 65) + repeat("]", 65)) ==
        Lines{"c.yaml:1:68: nested deeper than 64 levels, write it flatter"});
  CHECK(problems("a: " + repeat("{b: ", 100))[0].ends_with(
      "nested deeper than 64 levels, write it flatter"));
  CHECK(problems("a:\n  " + repeat("- ", 1000))[0].ends_with(
      "nested deeper than 64 levels, write it flatter"));
  CHECK(
      problems(repeat("? ", 1000))[0].ends_with("nested deeper than 64 levels, write it flatter"));
}

TEST_CASE("brackets in quotes, comments and text are not nesting") {
  const std::string many = repeat("[{", 100);
  CHECK(problems("# " + many + "\nnode: { name: a } # " + many + "\n") == Lines{});
  CHECK(problems("plugins: { load: [ { file: a.so, services: [ { type: t, path: p, config:\n"
                 "  { a: \"" +
                 many + "\", b: '" + many + "''" + many + "' } } ] } ] }") == Lines{});
  CHECK(problems("plugins:\n  load:\n    - file: a.so\n      services:\n"
                 "        - type: t\n          path: p\n          config:\n"
                 "            plain: it is " +
                 many +
                 "\n"
                 "            text: |\n              " +
                 many + "\n" + "            list:\n              - |\n                " + many +
                 "\n") == Lines{});
}

TEST_CASE("aliases work") {
  const Loaded loaded = load_yaml("request_timeout: &t 7s\ndrain: { deadline: *t }");
  REQUIRE(loaded.config);
  CHECK(loaded.config->drain.deadline == std::chrono::seconds(7));
}

TEST_CASE("an alias bomb is refused") {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string last = fmt::format("*a{}, ", i - 1);
    bomb += fmt::format("a{0}: &a{0} [{1}1]\n", i, repeat(last, 9));
  }
  const Lines lines = problems(bomb);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].ends_with("aliases make this more than 4 MiB, use fewer aliases"));
}

TEST_CASE("aliases can't nest a document deeper than it may be") {
  std::string text = "a0: &a0 x\n";
  for (int i = 1; i < 100; ++i) {
    text += fmt::format("a{0}: &a{0} [*a{1}]\n", i, i - 1);
  }
  CHECK(problems(text).back().ends_with("nested deeper than 64 levels, write it flatter"));
}

TEST_CASE("an alias inside its own anchor is refused") {
  CHECK(problems("a: &a [1, *a]") ==
        Lines{"c.yaml:1:11: this alias stands inside its own anchor, write the value out"});
}

TEST_CASE("tags and keys that are no words are refused") {
  CHECK(problems("request_timeout: !!str 5s") ==
        Lines{"c.yaml:1:18: the tag \"tag:yaml.org,2002:str\" is not used here, leave it out; "
              "quotes make a value a string"});
  CHECK(problems("? [a, b]\n: c\n") == Lines{"c.yaml:1:3: a key has to be a word, write `key: "
                                             "value`"});
  CHECK(problems("node: { : c }")[0].ends_with("a key has to be a word, write `key: value`"));
}

TEST_CASE("a megabyte of anything is judged without a crash") {
  for (const std::string_view unit :
       {"[",       "{",      "- ",       "? ",   "[a: ",      "\"",        "'",
        "a ",      "a: b\n", "[]\n",     "#",    "&a ",       "!a ",       "*a ",
        "[a,",     "| ",     ": ",       "--- ", "%X \n",     "${",        "a: ${A}\n",
        "? a\n: ", "\t",     "\n - a\n", "}",    "a: &a b\n", "a: |\n b\n"}) {
    INFO(unit);
    const Loaded loaded = load_yaml(repeat(unit, kMaxFileBytes / unit.size()));
    CHECK_FALSE(loaded.problems.empty());
  }
}

TEST_CASE("an apostrophe inside a plain text is no quote") {
  CHECK(problems("plugins:\n  load:\n    - file: a.so\n      services:\n"
                 "        - type: t\n          path: p\n          config:\n"
                 "            text: don't\n            long: it\n              'tis\n") == Lines{});
}
