#include "identity/issue_log.h"

#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "identity/durable_file.h"
#include "support/result_text.h"
#include "support/temp_folder.h"
#include "unit/identity/faulty_disk.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Errc;
using identity::IssueLog;
using identity::IssueRecord;
using test::FaultyDisk;
using test::TempFolder;

namespace {

IssueRecord record(std::string name) {
  return {"2025-06-15T12:00:00Z", "4b", core::NodeId{}, std::move(name), {"prod", "test"},
          "2025-09-13T12:00:00Z"};
}

}  // namespace

TEST_CASE("issuances come back in order") {
  const TempFolder folder;
  identity::SystemDisk disk;
  const IssueLog log(folder / "issued.log");
  CHECK(log.read()->empty());
  REQUIRE(log.append(disk, record("a")));
  REQUIRE(log.append(disk, record("b")));
  CHECK(*log.read() == std::vector{record("a"), record("b")});
  CHECK(*identity::read_file(folder / "issued.log") ==
        "2025-06-15T12:00:00Z serial=4b node=00000000000000000000000000 name=a networks=prod,test "
        "not_after=2025-09-13T12:00:00Z\n"
        "2025-06-15T12:00:00Z serial=4b node=00000000000000000000000000 name=b networks=prod,test "
        "not_after=2025-09-13T12:00:00Z\n");
}

TEST_CASE("groups stand at the end of a line, and only where there are some") {
  const TempFolder folder;
  identity::SystemDisk disk;
  const IssueLog log(folder / "issued.log");
  IssueRecord grouped = record("a");
  grouped.groups = {"db", "web"};
  REQUIRE(log.append(disk, grouped));
  REQUIRE(log.append(disk, record("b")));
  CHECK(*log.read() == std::vector{grouped, record("b")});
  CHECK(identity::read_file(folder / "issued.log")->find("Z groups=db,web\n") != std::string::npos);
}

TEST_CASE("node labels stand behind the groups, and only where there are some") {
  const TempFolder folder;
  identity::SystemDisk disk;
  const IssueLog log(folder / "issued.log");
  IssueRecord labelled = record("a");
  labelled.labels = {"rack=7", "region=eu"};
  labelled.renewal = true;
  IssueRecord grouped = labelled;
  grouped.groups = {"web"};
  REQUIRE(log.append(disk, labelled));
  REQUIRE(log.append(disk, grouped));
  CHECK(*log.read() == std::vector{labelled, grouped});
  const std::string text = *identity::read_file(folder / "issued.log");
  CHECK(text.find("Z labels=rack=7,region=eu by=renewal\n") != std::string::npos);
  CHECK(text.find("Z groups=web labels=rack=7,region=eu by=renewal\n") != std::string::npos);
}

TEST_CASE("what the running node asked for stands at the end of a line, after its groups") {
  const TempFolder folder;
  identity::SystemDisk disk;
  const IssueLog log(folder / "issued.log");
  IssueRecord renewed = record("a");
  renewed.renewal = true;
  IssueRecord grouped = renewed;
  grouped.groups = {"by=renewal", "db"};
  REQUIRE(log.append(disk, renewed));
  REQUIRE(log.append(disk, grouped));
  CHECK(*log.read() == std::vector{renewed, grouped});
  CHECK(identity::read_file(folder / "issued.log")->find("Z by=renewal\n") != std::string::npos);
  for (const char* end : {" by=me", " by=renewal groups=a", " by=renewal by=renewal", " "}) {
    const std::string text = *identity::read_file(folder / "issued.log");
    const std::string line = text.substr(0, text.find(" by="));
    REQUIRE(line.ends_with("not_after=2025-09-13T12:00:00Z"));
    std::ofstream(folder / "bad.log") << line << end << '\n';
    INFO(end);
    CHECK(IssueLog(folder / "bad.log").read().error().code == Errc::kIdentityUnreadable);
  }
}

TEST_CASE("of a node's issuances the last that an operator ordered counts, and the newest") {
  const TempFolder folder;
  identity::SystemDisk disk;
  const IssueLog log(folder / "issued.log");
  IssueRecord ordered = record("a");
  ordered.groups = {"db"};
  ordered.lifetime_s = 86'400;
  IssueRecord renewal = record("a");
  renewal.lifetime_s = 3'600;
  renewal.renewal = true;
  REQUIRE(log.append(disk, record("a")));
  REQUIRE(log.append(disk, ordered));
  REQUIRE(log.append(disk, renewal));
  const auto read = log.read();
  REQUIRE(read);
  CHECK(*read == std::vector{record("a"), ordered, renewal});
  CHECK(identity::read_file(folder / "issued.log")->find("Z groups=db lifetime=86400\n") !=
        std::string::npos);
  CHECK(identity::read_file(folder / "issued.log")->find("Z lifetime=3600 by=renewal\n") !=
        std::string::npos);
  const auto issued = identity::issued_to(*read);
  CHECK(*issued.at(core::NodeId{}).granted == ordered);
  CHECK(*issued.at(core::NodeId{}).newest == renewal);
}

TEST_CASE("an issuance that fails at any step of the disk is not reported as done") {
  for (const int error : {EIO, ENOSPC}) {
    for (int step = 0; step < 4; ++step) {
      const TempFolder folder;
      identity::SystemDisk healthy;
      const IssueLog log(folder / "issued.log");
      REQUIRE(log.append(healthy, record("a")));
      auto disk = FaultyDisk::failing(step, error);

      CHECK(log.append(disk, record("b")).error().code == Errc::kSystem);

      INFO("step " << step);
      CHECK(*log.read() == std::vector{record("a")});
    }
  }
}

TEST_CASE("a line that a crash tore is no issuance and goes with the next") {
  const TempFolder folder;
  identity::SystemDisk healthy;
  const IssueLog log(folder / "issued.log");
  REQUIRE(log.append(healthy, record("a")));
  auto disk = FaultyDisk::crashing(1);
  CHECK_FALSE(log.append(disk, record("b")));
  REQUIRE_FALSE(identity::read_file(folder / "issued.log")->ends_with('\n'));

  CHECK(*log.read() == std::vector{record("a")});
  REQUIRE(log.append(healthy, record("c")));
  CHECK(*log.read() == std::vector{record("a"), record("c")});
}

TEST_CASE("a full log is archived whole and keeps what counts of a node") {
  const TempFolder folder;
  identity::SystemDisk disk;
  const IssueLog log(folder / "issued.log");
  const auto ending = [](IssueRecord of, std::string at) {
    of.not_after = std::move(at);
    return of;
  };
  IssueRecord renewal = record("a");
  renewal.renewal = true;
  const std::vector<IssueRecord> all = {
      ending(record("a"), "2025-01-01T00:00:00Z"), ending(record("a"), "2025-02-01T00:00:00Z"),
      ending(renewal, "2025-03-01T00:00:00Z"), ending(renewal, "2025-04-01T00:00:00Z"),
      ending(renewal, "2025-05-01T00:00:00Z")};
  for (const IssueRecord& one : all) {
    REQUIRE(log.append(disk, one));
  }
  const std::string before = *identity::read_file(folder / "issued.log");
  constexpr core::WallTime kNow{1'750'000'000s};  // 2025-06-15T15:06:40Z: all have ended

  REQUIRE(log.archive(disk, kNow, 0, before.size() + 1));
  CHECK(*identity::read_file(folder / "issued.log") == before);  // not full yet

  REQUIRE(log.archive(disk, kNow, 0, before.size()));
  CHECK(*log.read() == std::vector{all[1], all[4]});
  CHECK(*identity::read_file(folder / "issued.log-2025-06-15T15:06:40Z") == before);

  REQUIRE(log.append(disk, record("a")));
  REQUIRE(log.archive(disk, kNow, 0, 1));  // the archive of this second is not written over
  CHECK(*log.read() == std::vector{all[1], all[4], record("a")});
  CHECK(*identity::read_file(folder / "issued.log-2025-06-15T15:06:40Z") == before);
  REQUIRE(log.archive(disk, kNow + 1s, 0, 1));
  CHECK(*log.read() == std::vector{record("a")});
}

TEST_CASE("a node that has itself renewed all the time does not fill the log") {
  const TempFolder folder;
  identity::SystemDisk disk;
  const IssueLog log(folder / "issued.log");
  const auto line = [&](std::string name, bool renewal, std::string ends) {
    IssueRecord made = record(std::move(name));
    made.renewal = renewal;
    made.not_after = std::move(ends);
    REQUIRE(log.append(disk, made));
    return made;
  };
  line("a", false, "2025-07-01T00:00:00Z");
  const IssueRecord renamed = line("a", true, "2025-07-02T00:00:00Z");
  const IssueRecord longest = line("b", false, "2026-07-01T00:00:00Z");
  const IssueRecord ordered = line("b", false, "2025-07-03T00:00:00Z");
  line("b", true, "2025-07-04T00:00:00Z");
  const IssueRecord lasting = line("b", true, "2025-07-06T00:00:00Z");
  for (int i = 0; i < 10; ++i) {
    line("b", true, "2025-07-05T00:00:00Z");
  }
  const IssueRecord newest = line("b", true, "2025-07-05T00:00:01Z");
  constexpr core::WallTime kNow{1'750'000'000s};  // 2025-06-15: none has ended

  REQUIRE(log.archive(disk, kNow, 0, 1));

  CHECK(*log.read() == std::vector{renamed, longest, ordered, lasting, newest});
}

TEST_CASE("what the old root signed stays in the log, and what tells who follows the new one") {
  const TempFolder folder;
  identity::SystemDisk disk;
  const IssueLog log(folder / "issued.log");
  IssueRecord renewal = record("a");
  renewal.renewal = true;
  std::vector<IssueRecord> all(4, renewal);  // the old root's
  for (std::size_t i = 0; i < 8; ++i) {
    all.push_back(renewal);
    all.back().serial = std::to_string(i);
  }
  all[6].renewal = false;  // it may be what the node shows
  for (const IssueRecord& one : all) {
    REQUIRE(log.append(disk, one));
  }
  constexpr core::WallTime kNow{1'750'000'000s};
  const auto archived = [&](std::size_t counted) {
    REQUIRE(log.archive(disk, kNow, counted, 1));
    return *log.read();
  };

  CHECK(archived(4) == all);  // not worth it
  for (std::size_t i = 0; i < 20; ++i) {
    REQUIRE(log.append(disk, renewal));
  }
  REQUIRE(log.append(disk, all[11]));
  CHECK(archived(4) == std::vector{all[0], all[1], all[2], all[3], all[4], all[6], all[11]});
}

TEST_CASE("a log that is too large to be read is still archived") {
  const TempFolder folder;
  identity::SystemDisk disk;
  const IssueLog log(folder / "issued.log");
  REQUIRE(log.append(disk, record("a")));
  const std::string line = *identity::read_file(folder / "issued.log");
  {
    std::ofstream file(folder / "issued.log", std::ios::app);
    for (std::size_t size = 0; size < identity::kMaxIssueLog; size += line.size()) {
      file << line;
    }
  }
  REQUIRE(log.read().error().code == Errc::kTooLarge);
  REQUIRE(log.archive(disk, core::WallTime{1'750'000'000s}));
  CHECK(*log.read() == std::vector{record("a")});
}

TEST_CASE("an archive that fails at any step leaves every issuance in the log or beside it") {
  for (int step = 0; step < 12; ++step) {
    const TempFolder folder;
    identity::SystemDisk healthy;
    const IssueLog log(folder / "issued.log");
    for (int i = 0; i < 4; ++i) {
      REQUIRE(log.append(healthy, record("a")));
    }
    const std::string before = *identity::read_file(folder / "issued.log");
    constexpr core::WallTime kLater{1'800'000'000s};
    auto disk = FaultyDisk::crashing(step);
    const auto done = log.archive(disk, kLater, 0, 1);
    INFO("step " << step);
    CHECK(done.has_value() == !disk.struck());
    const auto left = log.read();
    REQUIRE(left);
    if (left->size() != 4) {
      CHECK(left->size() == 1);
      CHECK(*identity::read_file(folder / "issued.log-2027-01-15T08:00:00Z") == before);
    }
  }
}

TEST_CASE("a log with a foreign line is an error that names the line") {
  const TempFolder folder;
  identity::SystemDisk disk;
  const IssueLog log(folder / "issued.log");
  REQUIRE(log.append(disk, record("a")));
  std::ofstream(folder / "issued.log", std::ios::app) << "hello\n";
  const auto read = log.read();
  CHECK(read.error().code == Errc::kIdentityUnreadable);
  CHECK(read.error().about.find("issued.log:2:") != std::string::npos);
}
