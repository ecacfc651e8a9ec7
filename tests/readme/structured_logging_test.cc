#include <catch2/catch_test_macros.hpp>

#include "twins.h"

namespace {

using runar::testing::Host;
using runar::testing::LogLine;

struct Worker {
  Host host;
  explicit Worker(std::int32_t level = RUNAR_LOG_DEBUG) {
    host.log_level(level);
    host.load(readme::plugin("structured_logging"));
    host.run("worker");
  }
};

}  // namespace

TEST_CASE("logging: a line has its level, the service and the request it is about") {
  Worker worker;
  CHECK(worker.host.call("worker/process", 8).as<int>() == 4);
  const auto logs = worker.host.logs();
  REQUIRE(logs.size() == 2);
  CHECK(logs[0].level == RUNAR_LOG_INFO);
  CHECK(logs[0].text == "service started successfully");
  CHECK(logs[0].by == "main:worker");
  CHECK(logs[0].request == 0);
  CHECK(logs[1].level == RUNAR_LOG_DEBUG);
  CHECK(logs[1].request != 0);
  CHECK(logs[1].text == "processing request: " + std::to_string(logs[1].request));
  CHECK(worker.host.finish().empty());
}

TEST_CASE("logging: what is named in the text is a field too") {
  Worker worker;
  CHECK(worker.host.call("worker/process", 7).message == "7 is odd");
  const LogLine line = worker.host.logs().back();
  CHECK(line.level == RUNAR_LOG_ERROR);
  CHECK(line.text == "operation failed: 7 is odd");
  CHECK(line.fields == runar::testing::Metadata{{"error", "7 is odd"}});
  CHECK(worker.host.finish().empty());
}

TEST_CASE("logging: lines below the level are not made") {
  Worker worker(RUNAR_LOG_ERROR);
  CHECK(worker.host.call("worker/process", 8).ok());
  CHECK(worker.host.logs().empty());
  CHECK_FALSE(worker.host.call("worker/process", 7).ok());
  CHECK(worker.host.logs().size() == 1);
  CHECK(worker.host.finish().empty());
}
