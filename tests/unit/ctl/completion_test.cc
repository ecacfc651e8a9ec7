// Completion as the shells' scripts ask for it: `runarctl complete-line LINE`.
#include "ctl/completion.h"

#include <catch2/catch_test_macros.hpp>
#include <sstream>

#include "ctl/schema_text.h"
#include "unit/ctl/terminal.h"

using namespace runard;
using Words = std::vector<std::string>;

namespace {

// What is offered when the line has been typed as far as that; no daemon runs.
Words offered(const std::string& line) {
  test::Terminal terminal;
  REQUIRE(terminal.run({"--socket", "/nonexistent/c.sock", "complete-line", line}) == 0);
  Words words;
  std::istringstream lines(terminal.out.str());
  for (std::string word; std::getline(lines, word);) {
    words.push_back(word);
  }
  return words;
}

bool has(const Words& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

TEST_CASE("a line is split as a shell splits it") {
  CHECK(ctl::split_line("runarctl no") == Words{"runarctl", "no"});
  CHECK(ctl::split_line("runarctl node ") == Words{"runarctl", "node", ""});
  CHECK(ctl::split_line(R"(c 'a b' "c \"d" e\ f)") == Words{"c", "a b", "c \"d", "e f"});
  CHECK(ctl::split_line(R"(c '' 'open  )") == Words{"c", "", "open  "});
  CHECK(ctl::split_line("") == Words{""});
  CHECK(ctl::split_line("\\") == Words{"\\"});
}

TEST_CASE("commands are offered, and those of groups, but none that does not work yet") {
  CHECK(offered("runarctl ca") == Words{"ca", "call"});
  CHECK(offered("runarctl node ") ==
        Words{"csr", "enroll", "info", "init", "install", "ls", "revoke", "unrevoke"});
  CHECK(offered("runarctl doct").empty());
  CHECK(offered("runarctl dlq ").empty());
  CHECK(offered("runarctl plugin ") == Words{"new"});
  CHECK_FALSE(has(offered("runarctl "), "complete-line"));
}

TEST_CASE("options are offered: the command's and those of every command") {
  CHECK(offered("runarctl call math/add --ti") == Words{"--timeout"});
  CHECK(has(offered("runarctl call math/add -"), "--socket"));
  CHECK(has(offered("runarctl -"), "--json"));
}

TEST_CASE("values are offered where they are known without a daemon") {
  CHECK(offered("runarctl -o ") == Words{"json", "table"});
  CHECK(offered("runarctl --output=j") == Words{"--output=json"});
  CHECK(offered("runarctl completion ") == Words{"bash", "fish", "zsh"});
  CHECK(offered("runarctl config explain limits.p") == Words{"limits.payload", "limits.peers"});
  CHECK(has(offered("runarctl --json explain RUNAR-E11"), "RUNAR-E1101"));
  CHECK(offered("runarctl call math/add --as t") == Words{"text"});
}

TEST_CASE("nothing is offered where a file or free text stands, or the daemon is not there") {
  CHECK(offered("runarctl ca sign ").empty());
  CHECK(offered("runarctl --socket ").empty());
  CHECK(offered("runarctl call ").empty());
  CHECK(offered("runarctl frobnicate ").empty() == false);  // an argument: commands may follow
  CHECK(offered("runarctl call math/add --timeout ").empty());
  CHECK(offered("").empty() == false);
}

TEST_CASE("there is a script for each of three shells") {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    CHECK(ctl::completion_script(shell).find("complete-line") != std::string_view::npos);
  }
  CHECK(ctl::completion_script("tcsh").empty());
}

TEST_CASE("a schema is told in one line") {
  CHECK(ctl::schema_text(R"({"type":"number"})") == "number");
  CHECK(ctl::schema_text(R"({"type":"object","properties":{"a":{"type":"number"},
        "b":{"type":"array","items":{"type":"string"}}},"required":["a"]})") ==
        "{a: number, b?: [string]}");
  CHECK(ctl::schema_text(R"({"anyOf":[{"type":"string"},{"type":"null"}]})") == "string | null");
  CHECK(ctl::schema_text(R"({"enum":["red","green"]})") == R"("red" | "green")");
  CHECK(ctl::schema_text(R"({"type":"object","additionalProperties":{"type":"string"}})") ==
        "{NAME: string}");
  CHECK(ctl::schema_text(R"({"type":"object","required":7,"properties":[]})") == "{}");
  CHECK(ctl::schema_text(R"({"type":["a"],"items":3})") == "anything");
  CHECK(ctl::schema_text("[]").empty());
  CHECK(ctl::schema_text("not JSON").empty());
  CHECK(ctl::schema_text("").empty());
}

TEST_CASE("a schema that is nested deeply is cut") {
  std::string deep = R"({"type":"number"})";
  for (int i = 0; i < 20; ++i) {
    deep = R"({"type":"array","items":)" + deep + "}";
  }
  CHECK(ctl::schema_text(deep) == "[[[[[[...]]]]]]");
}
