// The keystore of a node: what is committed is what loads.
#include "keys/keystore.h"

#include <catch2/catch_test_macros.hpp>

#include "support/result_text.h"
#include "support/temp_folder.h"
#include "unit/keys/store.h"

using namespace runard;
using core::Errc;
using keys::EntryKind;
using keys::KekSource;
using keys::Keystore;
using keys::Use;
using test::same;
using test::Store;

TEST_CASE("what a keystore is given is what it has when it is opened again") {
  Store store;
  const auto made = store.create(test::entries(3));
  REQUIRE(made);
  CHECK(made->generation() == 1);
  CHECK(made->node() == test::node());

  const auto opened = store.open(Use::kRead);
  REQUIRE(opened);
  CHECK(opened->generation() == 1);
  CHECK(opened->node() == test::node());
  CHECK_FALSE(opened->fell_back());
  CHECK(same(opened->entries(), test::entries(3)));
}

TEST_CASE("a commit is the next generation, and the one before it is kept") {
  Store store;
  {
    auto made = store.create(test::entries(1));
    REQUIRE(made);
    REQUIRE(made->commit(test::entries(2)));
    CHECK(made->generation() == 2);
    CHECK(same(made->entries(), test::entries(2)));
  }
  CHECK(same(store.open(Use::kRead)->entries(), test::entries(2)));
  std::filesystem::remove(store.folder / "keystore.rks");
  const auto before = store.open(Use::kRead);
  REQUIRE(before);
  CHECK(before->generation() == 1);
  CHECK(same(before->entries(), test::entries(1)));
}

TEST_CASE("one process may write a keystore, others may read it meanwhile") {
  Store store;
  const auto made = store.create(test::entries(1));
  REQUIRE(made);
  CHECK(store.open(Use::kWrite).error().code == Errc::kStateLocked);
  CHECK(store.open(Use::kRead));
}

TEST_CASE("a keystore is made once") {
  Store store;
  REQUIRE(store.create(test::entries(1)));
  CHECK(store.create(test::entries(2)).error().code == Errc::kConflict);
  CHECK(same(store.open(Use::kRead)->entries(), test::entries(1)));
}

TEST_CASE("two entries for one key, and entries out of bounds, are refused") {
  Store store;
  auto made = store.create(test::entries(1));
  REQUIRE(made);
  auto twice = test::entries(1);
  twice.push_back(twice[0].copy());
  CHECK(made->commit(std::move(twice)).error().code == Errc::kInvalidArgument);
  auto empty = test::entries(1);
  empty[0].secret = {};
  CHECK(made->commit(std::move(empty)).error().code == Errc::kInvalidArgument);
  auto long_name = test::entries(1);
  long_name[0].name.assign(keys::kMaxEntryName + 1, 'x');
  CHECK(made->commit(std::move(long_name)).error().code == Errc::kInvalidArgument);
  CHECK(made->commit(test::entries(keys::kMaxEntries + 1)).error().code == Errc::kInvalidArgument);
  CHECK(made->generation() == 1);
  REQUIRE(made->commit(test::entries(keys::kMaxEntries)));
}
