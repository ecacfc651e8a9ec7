#include "identity/statement_store.h"

#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <thread>

#include "faulty_disk.h"
#include "identity/file_lock.h"
#include "support/result_text.h"
#include "support/statements.h"
#include "support/temp_folder.h"

using namespace runard;
using namespace runard::test;
using namespace std::chrono_literals;
using core::Errc;
using identity::Statement;
using identity::StatementKind;
using identity::StatementStore;
using Offer = StatementStore::Offer;

namespace {

const identity::StatementKey kDenied{StatementKind::kDenylist, {}};

core::NodeId node(std::uint8_t byte) {
  core::NodeId id;
  id.bytes.fill(byte);
  return id;
}

struct Place {
  StatementStore open(core::WallTime now = kMeshBorn) {
    return *StatementStore::open(disk, folder.path(), {mesh.root()}, now);
  }
  std::filesystem::path file(const std::string& name) const {
    return folder.path() / "statements" / name;
  }

  TestMesh mesh;
  TempFolder folder;
  identity::SystemDisk disk;
};

}  // namespace

TEST_CASE("T18: the newest denylist is in force, an older one is refused, also after a restart") {
  Place place;
  const Statement first = denylist(place.mesh.key(), 1, {denied_node(node(1))});
  const Statement second = denylist(place.mesh.key(), 2, {denied_node(node(2))});
  {
    StatementStore store = place.open();
    CHECK(store.offer(first, kMeshBorn).value() == Offer::kAccepted);
    CHECK(store.trust().denied().nodes == std::set{node(1)});
    CHECK(store.offer(second, kMeshBorn).value() == Offer::kAccepted);
    CHECK(store.trust().denied().nodes == std::set{node(2)});
    CHECK(store.offer(second, kMeshBorn).value() == Offer::kKnown);
    CHECK(store.offer(first, kMeshBorn).value() == Offer::kOlder);
  }
  StatementStore again = place.open();
  CHECK(again.trust().denied().nodes == std::set{node(2)});
  CHECK(again.offer(first, kMeshBorn).value() == Offer::kOlder);
  CHECK(again.heads() == std::vector{second.head()});
}

TEST_CASE("news are told once, after they are in force") {
  Place place;
  StatementStore store = place.open();
  std::vector<std::uint64_t> news;
  store.on_news([&](const Statement& statement) {
    CHECK(store.find(statement.key())->generation() == statement.generation());
    news.push_back(statement.generation());
  });
  const Statement statement = denylist(place.mesh.key(), 3, {});
  CHECK(store.offer(statement, kMeshBorn));
  CHECK(store.offer(statement, kMeshBorn));
  CHECK(news == std::vector<std::uint64_t>{3});
}

TEST_CASE("the same generation with another content is a conflict, and the first one stays") {
  Place place;
  StatementStore store = place.open();
  CHECK(store.offer(denylist(place.mesh.key(), 1, {denied_node(node(1))}), kMeshBorn));
  CHECK(store.offer(denylist(place.mesh.key(), 1, {}), kMeshBorn).error().code ==
        Errc::kStatementConflict);
  CHECK(store.trust().denied().nodes.contains(node(1)));
}

TEST_CASE("what is not proven, from the future or malformed in its body changes nothing") {
  Place place;
  const TestMesh other;
  StatementStore store = place.open();
  CHECK(store.offer(denylist(other.key(), 9, {}), kMeshBorn).error().code ==
        Errc::kStatementUntrusted);
  CHECK(store.offer(denylist(place.mesh.key(), 9, {}), kMeshBorn - 1h).error().code ==
        Errc::kStatementFuture);
  const auto junk = *Statement::sign(claim(StatementKind::kDenylist, 9, {9, 9}), place.mesh.key());
  CHECK(store.offer(junk, kMeshBorn).error().code == Errc::kStatementInvalid);
  const auto roots = *Statement::sign(claim(StatementKind::kTrust, 9, {1, 0}), place.mesh.key());
  CHECK(store.offer(roots, kMeshBorn).error().code == Errc::kStatementInvalid);
  CHECK(store.heads().empty());
  CHECK(!std::filesystem::exists(place.file("")));
}

TEST_CASE("the owner of a kind may refuse a body") {
  Place place;
  StatementStore store = place.open();
  store.set_check(StatementKind::kNetwork, [](const Statement& statement) -> core::Result<void> {
    return statement.body()[0] == 1 ? core::Result<void>()
                                    : core::fail(Errc::kStatementInvalid, "a bad body");
  });
  CHECK(store.offer(network_statement(place.mesh.key(), 1, 1, {2}), kMeshBorn).error().code ==
        Errc::kStatementInvalid);
  CHECK(store.offer(network_statement(place.mesh.key(), 1, 1, {1}), kMeshBorn));
  CHECK(store.of_kind(StatementKind::kNetwork).size() == 1);
}

TEST_CASE("T29: trust goes from the old root to both and to the new one") {
  Place place;
  const TestMesh next("next");
  StatementStore store = place.open();
  CHECK(store.trust_generation() == 0);
  CHECK(store.offer(denylist(place.mesh.key(), 1, {denied_node(node(1))}), kMeshBorn));
  CHECK(store.offer(trust_statement(next.key(), 1, {next.root()}), kMeshBorn).error().code ==
        Errc::kStatementUntrusted);

  const Statement both = trust_statement(place.mesh.key(), 1, {place.mesh.root(), next.root()});
  CHECK(store.offer(both, kMeshBorn));
  CHECK(store.trust().roots() == std::vector{place.mesh.root(), next.root()});
  CHECK(store.trust().denied().nodes.contains(node(1)));

  CHECK(store.offer(trust_statement(next.key(), 2, {next.root()}), kMeshBorn));
  CHECK(store.trust().roots() == std::vector{next.root()});
  CHECK(store.trust_generation() == 2);
  INFO("what the old CA said stays in force but can't be proven to others any more");
  CHECK(store.trust().denied().nodes.contains(node(1)));
  CHECK(store.heads().size() == 1);
  CHECK(store.offer(both, kMeshBorn).value() == Offer::kOlder);
  CHECK(store.offer(denylist(place.mesh.key(), 2, {}), kMeshBorn).error().code ==
        Errc::kStatementUntrusted);
  CHECK(place.open().trust().roots() == std::vector{next.root()});
}

TEST_CASE("an entry of the denylist ends with its time") {
  Place place;
  StatementStore store = place.open();
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(kMeshBorn + 10s);
  CHECK(store.offer(
      denylist(place.mesh.key(), 1, {denied_node(node(1), ms.time_since_epoch().count())}),
      kMeshBorn));
  CHECK(!store.refresh(kMeshBorn + 9s));
  CHECK(store.trust().denied().nodes.contains(node(1)));
  CHECK(store.refresh(kMeshBorn + 10s));
  CHECK(store.trust().denied().nodes.empty());
}

TEST_CASE("what another process wrote is taken by a reload, with the same checks") {
  Place place;
  StatementStore store = place.open();
  StatementStore other = place.open();
  int news = 0;
  store.on_news([&](const Statement&) { ++news; });
  CHECK(other.offer(denylist(place.mesh.key(), 5, {denied_node(node(5))}), kMeshBorn));
  CHECK(store.reload(kMeshBorn).value());
  CHECK(store.trust().denied().nodes.contains(node(5)));
  CHECK(news == 1);
  CHECK(!store.reload(kMeshBorn).value());
  CHECK(other.offer(denylist(place.mesh.key(), 6, {}), kMeshBorn));
  CHECK(store.reload(kMeshBorn - 2h).error().code == Errc::kStatementFuture);
  CHECK(store.trust().denied().nodes.contains(node(5)));
}

TEST_CASE("a statement that can't be written is in force, and is written later") {
  Place place;
  for (const int step : {0, 1, 2, 3}) {
    TempFolder folder;
    FaultyDisk disk = FaultyDisk::failing(step, ENOSPC);
    auto store = StatementStore::open(disk, folder.path(), {place.mesh.root()}, kMeshBorn);
    REQUIRE(store);
    const Statement statement = denylist(place.mesh.key(), 1, {denied_node(node(1))});
    CHECK(store->offer(statement, kMeshBorn).error().code == Errc::kSystem);
    CHECK(store->trust().denied().nodes.contains(node(1)));
    CHECK(!store->refresh(kMeshBorn));
    auto again = StatementStore::open(disk, folder.path(), {place.mesh.root()}, kMeshBorn);
    REQUIRE(again);
    CHECK(again->trust().denied().nodes.contains(node(1)));
  }
}

TEST_CASE("T25: a crash while a statement is written leaves the old or the new one") {
  Place place;
  for (int step = 0; step < 12; ++step) {
    TempFolder folder;
    identity::SystemDisk real;
    auto before = StatementStore::open(real, folder.path(), {place.mesh.root()}, kMeshBorn);
    REQUIRE(before);
    REQUIRE(before->offer(denylist(place.mesh.key(), 1, {denied_node(node(1))}), kMeshBorn));
    FaultyDisk disk = FaultyDisk::crashing(step);
    auto store = StatementStore::open(disk, folder.path(), {place.mesh.root()}, kMeshBorn);
    REQUIRE(store);
    (void)store->offer(denylist(place.mesh.key(), 2, {denied_node(node(2))}), kMeshBorn);
    auto after = StatementStore::open(real, folder.path(), {place.mesh.root()}, kMeshBorn);
    REQUIRE(after);
    CHECK(after->trust().denied().nodes.size() == 1);
  }
}

TEST_CASE("a damaged file, or one under another's name, is an error and not a missing denylist") {
  Place place;
  REQUIRE(place.open().offer(denylist(place.mesh.key(), 1, {denied_node(node(1))}), kMeshBorn));
  const auto file = place.file("denylist-00000000000000000000000000.pem");
  REQUIRE(std::filesystem::exists(file));
  CHECK((std::filesystem::status(file).permissions() & std::filesystem::perms::others_all) ==
        std::filesystem::perms::none);
  const auto opens = [&] {
    return StatementStore::open(place.disk, place.folder.path(), {place.mesh.root()}, kMeshBorn);
  };
  std::filesystem::copy(file, place.file("trust-00000000000000000000000000.pem"));
  CHECK(opens().error().code == Errc::kIdentityUnreadable);
  std::filesystem::remove(place.file("trust-00000000000000000000000000.pem"));
  CHECK(opens());
  std::ofstream(file) << "x";
  CHECK(opens().error().code == Errc::kIdentityUnreadable);
}

TEST_CASE("profiles have a limit, and those that are there may still change") {
  Place place;
  StatementStore store = place.open();
  std::vector<crypto::PrivateKey> users;
  for (std::size_t i = 0; i < StatementStore::kMaxNetworkStatements; ++i) {
    auto statement =
        *Statement::sign(claim(StatementKind::kNetwork, 1, {1},
                               some_subject(static_cast<std::uint8_t>(i == 255 ? 0xf0 : i + 1))),
                         place.mesh.key());
    if (i == 255) {
      identity::SubjectId subject;
      subject.bytes[3] = 1;
      statement =
          *Statement::sign(claim(StatementKind::kNetwork, 1, {1}, subject), place.mesh.key());
    }
    CHECK(store.offer(statement, kMeshBorn).value() == Offer::kAccepted);
  }
  identity::SubjectId extra;
  extra.bytes[0] = 1;
  CHECK(
      store
          .offer(*Statement::sign(claim(StatementKind::kNetwork, 1, {1}, extra), place.mesh.key()),
                 kMeshBorn)
          .error()
          .code == Errc::kStatementsFull);
  CHECK(store.offer(network_statement(place.mesh.key(), 2, 1), kMeshBorn).value() ==
        Offer::kAccepted);
}

TEST_CASE("two writers of one folder wait for each other, and the newest statement stays") {
  Place place;
  constexpr std::uint64_t kEach = 30;
  const auto write = [&](std::uint64_t first) {
    StatementStore store = place.open();
    store.set_patience(identity::kLockPatience);
    std::uint64_t done = 0;
    for (std::uint64_t i = 0; i < kEach; ++i) {
      done += store.offer(denylist(place.mesh.key(), first + 2 * i, {}), kMeshBorn) ? 1 : 0;
    }
    return done;
  };
  std::uint64_t others = 0;
  std::thread other([&] { others = write(2); });
  const std::uint64_t ours = write(1);
  other.join();
  CHECK(ours == kEach);
  CHECK(others == kEach);
  CHECK(place.open().find(kDenied)->generation() == 2 * kEach);
}

TEST_CASE("a writer that does not wait is told who is in its way, and writes later") {
  Place place;
  StatementStore store = place.open();
  REQUIRE(store.offer(denylist(place.mesh.key(), 1, {}), kMeshBorn));
  {
    const auto lock = identity::FileLock::acquire(place.file("lock"));
    REQUIRE(lock);
    CHECK(store.offer(denylist(place.mesh.key(), 2, {}), kMeshBorn).error().code ==
          Errc::kStateLocked);
  }
  CHECK(place.open().find(kDenied)->generation() == 1);
  store.refresh(kMeshBorn);
  CHECK(place.open().find(kDenied)->generation() == 2);
}

TEST_CASE("a file tells whether it has news: what this store wrote itself is none") {
  Place place;
  StatementStore store = place.open();
  StatementStore other = place.open();
  const auto file = place.file("denylist-00000000000000000000000000.pem");
  REQUIRE(store.offer(denylist(place.mesh.key(), 1, {}), kMeshBorn));
  CHECK_FALSE(store.is_news(file));
  REQUIRE(other.offer(denylist(place.mesh.key(), 2, {}), kMeshBorn));
  CHECK(store.is_news(file));
  REQUIRE(store.reload(kMeshBorn));
  CHECK_FALSE(store.is_news(file));
  CHECK(store.is_news(place.file("none.pem")));
}
