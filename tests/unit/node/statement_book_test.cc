// What peers hand over, as the book takes it: profiles without end, garbage, files.
#include "node/statement_book.h"

#include <catch2/catch_test_macros.hpp>

#include "keys/profile_certificate.h"
#include "support/fakes.h"
#include "support/result_text.h"
#include "support/statements.h"
#include "support/temp_folder.h"

using namespace runard;
using namespace std::chrono_literals;
using identity::Statement;
using identity::StatementKind;
using identity::StatementStore;
using Taken = mesh::Statements::Taken;

namespace {

struct Place {
  StatementStore open() {
    return *StatementStore::open(disk, folder.path(), {mesh.root()}, clock.wall());
  }
  std::uint64_t ms_from_now(std::chrono::milliseconds time) const {
    const auto now = std::chrono::floor<std::chrono::milliseconds>(clock.wall());
    return static_cast<std::uint64_t>((now + time).time_since_epoch().count());
  }
  // A user that nobody knew, good for so long.
  Statement profile(std::chrono::milliseconds life = 24h, bool garbage = false) const {
    const auto root = *crypto::PrivateKey::generate();
    const keys::ProfileCertificate certificate{"ann", 1, key, {}, ms_from_now(life)};
    return *Statement::sign({{StatementKind::kProfile, identity::subject_of(root.public_key())},
                             1,
                             clock.wall(),
                             garbage ? core::Bytes{1, 2, 3} : certificate.bytes()},
                            root);
  }

  test::ManualClock clock;
  core::SystemRandom random;
  test::TestMesh mesh{"test", clock.wall()};
  test::TempFolder folder;
  identity::SystemDisk disk;
  crypto::AgreementPublicKey key =
      crypto::AgreementPrivateKey::generate(crypto::Kem::kX25519, random)->public_key();
  core::NodeId peer = core::NodeId{{7}};
};

}  // namespace

TEST_CASE("one peer may bring a mesh's users, however many, and none waits for the disk") {
  Place place;
  node::StatementBook book(place.open(), place.clock, {});
  for (int i = 0; i < 300; ++i) {
    REQUIRE(book.offer(place.profile().bytes(), place.peer) == Taken::kNews);
  }
  CHECK(book.store().unwritten().size() == 300);
  CHECK(!std::filesystem::exists(book.store().folder()));
  CHECK(!book.store().refresh(place.clock.wall()));
  CHECK(!std::filesystem::exists(book.store().folder()));
}

TEST_CASE("a profile whose body is none is not taken, and whoever handed it over is not accused") {
  Place place;
  node::StatementBook book(place.open(), place.clock, {});
  CHECK(book.offer(place.profile(24h, true).bytes(), place.peer) == Taken::kNothing);
  CHECK(book.store().heads().empty());
  core::Bytes forged = place.profile().bytes();
  forged[forged.size() - 100] ^= 1;
  CHECK(book.offer(forged, place.peer) == Taken::kRefused);
}

TEST_CASE("with no room for profiles a peer is not accused, and those that ended make room") {
  Place place;
  node::StatementBook book(place.open(), place.clock, {});
  for (std::size_t i = 0; i < StatementStore::kMaxProfileStatements; ++i) {
    REQUIRE(book.offer(place.profile(i < 2 ? 1h : 24h * 30).bytes(), place.peer) == Taken::kNews);
  }
  const Statement late = place.profile(24h * 30);
  CHECK(book.offer(late.bytes(), place.peer) == Taken::kNothing);
  book.make_room();
  CHECK(book.offer(late.bytes(), place.peer) == Taken::kNothing);
  place.clock.advance(26h);
  book.make_room();
  CHECK(book.offer(late.bytes(), place.peer) == Taken::kNews);
  INFO("what has ended is nothing for who does not know it");
  CHECK(book.offer(place.profile(-25h).bytes(), place.peer) == Taken::kNothing);
}

TEST_CASE("however many profiles have ended, a new node is told of those that still count") {
  Place place;
  node::StatementBook book(place.open(), place.clock, {});
  for (int i = 0; i < 300; ++i) {
    REQUIRE(book.offer(place.profile(1h).bytes(), place.peer) == Taken::kNews);
  }
  const Statement counts = place.profile(24h * 30);
  REQUIRE(book.offer(counts.bytes(), place.peer) == Taken::kNews);
  CHECK(book.heads({}).size() == 301);
  place.clock.advance(26h);
  REQUIRE(book.heads({}).size() == 1);
  CHECK(book.heads({})[0].key == node::wire_key(counts.key()));
}

TEST_CASE("what was left for another thread to write is there after a restart") {
  Place place;
  const Statement profile = place.profile();
  {
    node::StatementBook book(place.open(), place.clock, {});
    CHECK(book.offer(profile.bytes(), place.peer) == Taken::kNews);
    for (const Statement& one : book.store().unwritten()) {
      CHECK(StatementStore::write(place.disk, book.store().folder(), one, 0s));
      book.store().written(one);
    }
    CHECK(book.store().unwritten().empty());
  }
  StatementStore again = place.open();
  REQUIRE(again.find(profile.key()) != nullptr);
  again.drop(profile.key());
  CHECK(place.open().find(profile.key()) == nullptr);
}

TEST_CASE("T18: a clock that once was far ahead keeps no denylist out") {
  Place place;
  node::StatementBook book(place.open(), place.clock, {});
  book.refuse_news(place.clock.wall());
  CHECK(book.offer(place.profile().bytes(), place.peer) == Taken::kNothing);
  const auto list = [&](std::uint64_t generation, std::vector<identity::DeniedEntry> entries) {
    return *Statement::sign({{StatementKind::kDenylist, {}},
                             generation,
                             place.clock.wall(),
                             *identity::encode_denied(entries)},
                            place.mesh.key());
  };
  CHECK(book.offer(list(2, {test::denied_node(place.peer)}).bytes(), place.peer) == Taken::kNews);
  CHECK(book.offer(list(1, {}).bytes(), place.peer) == Taken::kOld);
  CHECK(book.store().trust().denied().nodes.contains(place.peer));
}

TEST_CASE("T18: a clock that stands behind keeps no denylist out, nor one that an issuer signed") {
  Place place;
  const core::WallTime seen = place.clock.wall() + 24h;
  place.mesh = test::TestMesh("test", seen + 24h);
  const test::IssuingCa issuer(place.mesh);
  const std::vector<identity::DeniedEntry> entries = {test::denied_node(place.peer)};
  const auto list = [&](std::uint64_t generation, bool below) {
    return Statement::sign(
               {{StatementKind::kDenylist, {}},
                generation,
                seen + 25h,
                *identity::encode_denied(entries)},
               below ? issuer.key : place.mesh.key(),
               below ? std::vector{issuer.certificate} : std::vector<crypto::Certificate>())
        ->bytes();
  };
  node::StatementBook trusting(place.open(), place.clock, {});
  CHECK(trusting.offer(list(1, false), place.peer) == Taken::kNothing);

  node::StatementBook book(place.open(), place.clock, {});
  book.refuse_news(seen);
  CHECK(book.offer(list(1, false), place.peer) == Taken::kNews);
  CHECK(book.offer(list(2, true), place.peer) == Taken::kNews);
  CHECK(book.store().trust().denied().nodes.contains(place.peer));

  INFO("an issuer that had ended when this node last knew the time makes none");
  node::StatementBook later(place.open(), place.clock, {});
  later.refuse_news(seen + 24h * 3);
  CHECK(later.offer(list(3, true), place.peer) == Taken::kRefused);
}
