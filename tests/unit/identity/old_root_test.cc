// Who holds the end of a rotation back, and who does not.
#include "identity/old_root.h"

#include <catch2/catch_test_macros.hpp>

using namespace runard;
using namespace std::chrono_literals;
using identity::IssueRecord;
using identity::OldHolder;
using identity::ShownCertificates;

namespace {

constexpr core::WallTime kNow{1'750'000'000s};  // 2025-06-15T15:06:40Z
constexpr const char* kOver = "2025-06-15T15:06:40Z";
constexpr const char* kSoon = "2025-06-16T00:00:00Z";
constexpr const char* kLate = "2025-09-13T00:00:00Z";

core::NodeId node(std::uint8_t number) {
  core::NodeId id;
  id.bytes.fill(number);
  return id;
}

IssueRecord issued(std::uint8_t to, const char* until, bool renewal = false) {
  IssueRecord record{"2025-06-01T00:00:00Z",   "4b",     node(to),
                     "n" + std::to_string(to), {"prod"}, until};
  record.renewal = renewal;
  return record;
}

struct Log {
  std::vector<IssueRecord> by_old;
  std::vector<IssueRecord> by_new{};
  ShownCertificates shown{};
  identity::Denylist denied{};

  std::vector<OldHolder> holders() const {
    std::vector<IssueRecord> all = by_old;
    all.insert(all.end(), by_new.begin(), by_new.end());
    return old_holders({all, by_old.size()}, shown, denied, kNow);
  }
};

}  // namespace

TEST_CASE("a node with a certificate of the old root holds its end back until that ends") {
  CHECK(Log{{issued(1, kSoon)}}.holders() == std::vector{OldHolder{"n1", node(1), kSoon, false}});
  CHECK(Log{{issued(1, kOver)}}.holders().empty());
  CHECK(Log{{}, {issued(1, kLate)}}.holders().empty());
}

TEST_CASE("all that hold it back are told, each once, with the last of its ends") {
  const Log log{{issued(2, kSoon), issued(1, kSoon), issued(2, kLate), issued(2, kSoon)}};
  CHECK(log.holders() == std::vector{OldHolder{"n1", node(1), kSoon, false},
                                     OldHolder{"n2", node(2), kLate, false}});
}

TEST_CASE("a node that renewed itself by the new root holds nothing back") {
  const Log log{{issued(1, kLate), issued(2, kLate)}, {issued(1, kSoon, true)}};
  CHECK(log.holders() == std::vector{OldHolder{"n2", node(2), kLate, false}});
  INFO("nor when it was signed by hand after that");
  CHECK(Log{{issued(1, kLate)}, {issued(1, kSoon, true), issued(1, kLate)}}.holders().empty());
}

TEST_CASE("a node that renewed itself just now may have links that show the old certificate") {
  IssueRecord renewed = issued(1, kLate, true);
  renewed.at = "2025-06-15T15:06:11Z";
  CHECK(Log{{issued(1, kSoon)}, {renewed}}.holders() ==
        std::vector{OldHolder{"n1", node(1), kSoon, true}});
  renewed.at = "2025-06-15T15:06:10Z";
  CHECK(Log{{issued(1, kSoon)}, {renewed}}.holders().empty());
  INFO("certificates of seconds: the first of the new root was long ago, the newest is not");
  IssueRecord newest = issued(1, kLate, true);
  newest.at = "2025-06-15T15:06:39Z";
  CHECK(Log{{issued(1, kSoon)}, {issued(1, kOver, true), newest}}.holders().empty());
}

TEST_CASE("a renewal by the new root that has ended is no certificate of today") {
  const Log log{{issued(1, kLate)}, {issued(1, kOver, true)}};
  CHECK(log.holders() == std::vector{OldHolder{"n1", node(1), kLate, false}});
}

TEST_CASE("a renewal by the old root proves nothing") {
  CHECK(Log{{issued(1, kLate, true)}}.holders().size() == 1);
}

TEST_CASE("what was signed by hand counts when the node is seen to show it") {
  Log log{{issued(1, kSoon)}, {issued(1, kLate)}};
  CHECK(log.holders() == std::vector{OldHolder{"n1", node(1), kSoon, true}});
  log.shown[node(1)] = kSoon;  // still the old one
  CHECK(log.holders().size() == 1);
  log.shown = {{node(2), kLate}};  // another node
  CHECK(log.holders().size() == 1);
  log.shown = {{node(1), kLate}};
  CHECK(log.holders().empty());
}

TEST_CASE("a denied node holds nothing back") {
  Log log{{issued(1, kLate), issued(2, kLate)}};
  log.denied.nodes.insert(node(1));
  CHECK(log.holders().size() == 1);
}
