#include "core/log.h"

#include <catch2/catch_test_macros.hpp>

using namespace runard::core;
using namespace std::chrono_literals;

namespace {

struct FakeClock final : Clock {
  TimePoint now() const override { return TimePoint(time); }
  WallTime wall() const override { return WallTime(1700000000s + time); }
  std::chrono::nanoseconds time{1s};
};

struct Lines {
  FakeClock clock;
  std::vector<std::string> lines;
  Log log(LogFormat format) {
    auto sink = std::make_shared<LogSink>(clock, format,
                                          [this](std::string_view l) { lines.emplace_back(l); });
    return {std::move(sink), "transport"};
  }
};

}  // namespace

TEST_CASE("a text line carries time, level, component, context and fields") {
  Lines out;
  out.log(LogFormat::kText)
      .with("node", "edge-1")
      .info("link up", {field("peer", "b"), field("n", 3)});
  REQUIRE(out.lines.size() == 1);
  CHECK(out.lines[0] ==
        "2023-11-14T22:13:21.000Z info  transport: link up node=edge-1 peer=b n=3\n");
}

TEST_CASE("a JSON line is one object: time, level, component, message, the fields") {
  Lines out;
  out.log(LogFormat::kJson)
      .with("node", "edge-1")
      .warn("link \"up\"", {field("peer", "b\\"), field("n", 3)});
  REQUIRE(out.lines.size() == 1);
  CHECK(out.lines[0] ==
        R"({"time":"2023-11-14T22:13:21.000Z","level":"warn","component":"transport",)"
        R"("message":"link \"up\"","node":"edge-1","peer":"b\\","n":3})"
        "\n");
}

TEST_CASE("a number and a yes-no are such in JSON, and words in a text line") {
  const auto write = [](const Log& log) {
    log.info("told", {field("on", true), field("off", false), field("least", INT64_MIN),
                      field("most", UINT64_MAX), field("byte", std::uint8_t{65}),
                      field("digits", "65"), field("empty", "")});
  };
  Lines out;
  write(out.log(LogFormat::kJson));
  CHECK(out.lines[0].ends_with(R"("message":"told","on":true,"off":false,)"
                               R"("least":-9223372036854775808,"most":18446744073709551615,)"
                               R"("byte":65,"digits":"65","empty":""})"
                               "\n"));
  write(out.log(LogFormat::kText));
  CHECK(
      out.lines[1].ends_with("told on=yes off=no least=-9223372036854775808 "
                             "most=18446744073709551615 byte=65 digits=65 empty=\"\"\n"));
}

TEST_CASE("what a JSON line counts as held back is a number") {
  Lines out;
  const Log log = out.log(LogFormat::kJson);
  for (int i = 0; i < 25; ++i) {
    log.warn("flood");
  }
  out.clock.time += 2s;
  log.warn("flood");
  CHECK(out.lines.back().ends_with(R"("message":"flood","suppressed":5})"
                                   "\n"));
}

TEST_CASE("a value can't forge a line or a field") {
  Lines out;
  out.log(LogFormat::kText).info("got", {field("v", "a\nerror x: y=\"1\"")});
  CHECK(out.lines[0].ends_with("v=\"a\\u000aerror x: y=\\\"1\\\"\"\n"));
  out.log(LogFormat::kJson).info("got", {field("v", "a\"b\n")});
  CHECK(out.lines[1].ends_with(R"("message":"got","v":"a\"b\u000a"})"
                               "\n"));
}

TEST_CASE("text that is no UTF-8 makes a line that is, and no text steers a terminal") {
  const std::string bad = "bad \xFF \xC3";
  const std::string steering =
      "a\xC2\x9B"
      "2Jb\x1B[0m\xC2\x85";
  Lines json;
  json.log(LogFormat::kJson)
      .info("m", {field("a", bad), field("b", steering), field("c", "\xC3\xA9")});
  REQUIRE(json.lines.size() == 1);
  CHECK(json.lines[0].find("\"a\":\"bad \xEF\xBF\xBD \xEF\xBF\xBD\",") != std::string::npos);
  CHECK(json.lines[0].find(R"("b":"a\u009b2Jb\u001b[0m\u0085","c":")"
                           "\xC3\xA9\"}") != std::string::npos);
  Lines text;
  text.log(LogFormat::kText)
      .info("m", {field("a", "\xFF"), field("b", "\xC2\x9B"), field("c", "\xC3\xA9")});
  REQUIRE(text.lines.size() == 1);
  CHECK(text.lines[0].find(" a=\"\xEF\xBF\xBD\" b=\"\\u009b\" c=\xC3\xA9\n") != std::string::npos);
}

TEST_CASE("components have levels of their own") {
  Lines out;
  auto sink = std::make_shared<LogSink>(out.clock, LogFormat::kText,
                                        [&](std::string_view l) { out.lines.emplace_back(l); });
  const Log transport(sink, "transport");
  const Log mesh(sink, "mesh");
  sink->set_level("", Level::kWarn);
  sink->set_level("mesh", Level::kDebug);
  transport.info("hidden");
  mesh.debug("shown");
  REQUIRE(out.lines.size() == 1);
  CHECK(out.lines[0].find("shown") != std::string::npos);
}

TEST_CASE("a flood of one message is held back and counted, others pass") {
  Lines out;
  const Log log = out.log(LogFormat::kText);
  for (int i = 0; i < 1000; ++i) {
    log.warn("flood");
  }
  CHECK(out.lines.size() == 20);
  log.warn("other");
  CHECK(out.lines.size() == 21);
  out.clock.time += 2s;
  log.warn("flood");
  REQUIRE(out.lines.size() == 22);
  CHECK(out.lines[21].find("suppressed=980") != std::string::npos);
}

TEST_CASE("text that is not a literal is escaped and limited by its key") {
  Lines out;
  const Log log = out.log(LogFormat::kJson);
  static const char key = 0;
  for (int i = 0; i < 30; ++i) {
    const std::string text = "line \"" + std::to_string(i) + "\"\n";
    log.write_text(Level::kInfo, text, &key, {});
  }
  CHECK(out.lines.size() == 20);
  CHECK(out.lines[3].find(R"("message":"line \"3\"\u000a")") != std::string::npos);
}
