// T25: every step of every write fails, is cut short, or is the last one that happens.
#include <catch2/catch_test_macros.hpp>

#include "support/result_text.h"
#include "unit/identity/faulty_disk.h"
#include "unit/keys/store.h"

using namespace runard;
using keys::Keystore;
using keys::Use;
using test::FaultyDisk;
using test::same;
using test::Store;

namespace {

// How a step fails: the process dies there, or it gets an error and lives on.
struct Fault {
  int step;
  int error;  // 0: it dies
  FaultyDisk disk() const {
    return error == 0 ? FaultyDisk::crashing(step) : FaultyDisk::failing(step, error);
  }
};

// One fault a step, until a run goes through without reaching it.
template <class Run>
int for_each_fault(Run run) {
  int steps = 0;
  for (const int error : {0, ENOSPC, EIO}) {
    for (int step = 0;; ++step) {
      INFO("step " << step << ", error " << error);
      auto disk = Fault{step, error}.disk();
      run(disk);
      if (!disk.struck()) {
        break;
      }
      ++steps;
    }
  }
  return steps;
}

}  // namespace

TEST_CASE("T25: a commit that fails at any step leaves the old generation or the new one") {
  const int steps = for_each_fault([](FaultyDisk& disk) {
    Store store;
    REQUIRE(store.create(test::entries(1)));
    std::uint64_t tried = 0;
    {
      auto opened = Keystore::open({disk, store.clock, store.random}, store.folder.path(),
                                   store.source, Use::kWrite);
      REQUIRE(opened);
      const auto done = opened->commit(test::entries(2));
      CHECK(done.has_value() == !disk.struck());
      CHECK(same(opened->entries(), test::entries(done ? 2 : 1)));
      tried = 2;
    }
    auto after = store.open(Use::kWrite);
    REQUIRE(after);
    CHECK(after->node() == test::node());
    CHECK_FALSE(after->fell_back());
    CHECK(same(after->entries(), test::entries(after->generation())));
    CHECK(after->generation() <= tried);
    REQUIRE(after->commit(test::entries(3)));
    CHECK(same(store.open(Use::kRead)->entries(), test::entries(3)));
  });
  CHECK(steps >= 3 * 8);
}

TEST_CASE("T25: after a failed commit the same keystore commits on, and no generation repeats") {
  for_each_fault([](FaultyDisk& disk) {
    Store store;
    REQUIRE(store.create(test::entries(1)));
    auto opened = Keystore::open({disk, store.clock, store.random}, store.folder.path(),
                                 store.source, Use::kWrite);
    REQUIRE(opened);
    (void)opened->commit(test::entries(2));
    const std::uint64_t before = Keystore::header_in(store.folder.path())->generation;
    const bool second = opened->commit(test::entries(3)).has_value();
    const std::uint64_t after = Keystore::header_in(store.folder.path())->generation;
    CHECK(after >= before);
    if (second) {
      CHECK(after == 3);  // 2 was used, or was tried
      CHECK(same(store.open(Use::kRead)->entries(), test::entries(3)));
    }
  });
}

TEST_CASE("T25: a keystore that dies while it is made can be made again, once") {
  for_each_fault([](FaultyDisk& disk) {
    Store store;
    const auto made = Keystore::create({disk, store.clock, store.random}, store.folder.path(),
                                       store.source, test::node(), test::entries(1));
    CHECK(made.has_value() == !disk.struck());
    const bool exists = Keystore::exists(store.folder.path());
    CHECK((!made || exists));
    if (!exists) {
      REQUIRE(store.create(test::entries(1)));
    } else if (made) {
      return;  // it holds the lock
    }
    const auto opened = store.open(Use::kWrite);
    REQUIRE(opened);
    CHECK(same(opened->entries(), test::entries(1)));
  });
}

TEST_CASE("T25: a rekey that fails at any step leaves a keystore that its old or new key opens") {
  const auto credential = [](std::uint8_t fill) {
    return *keys::KekSource::systemd(crypto::SecretBytes::copy_of(core::Bytes(32, fill)));
  };
  for_each_fault([&](FaultyDisk& disk) {
    Store store;
    store.source = credential(1);
    REQUIRE(store.create(test::entries(2)));
    bool done = false;
    {
      auto opened = Keystore::open({disk, store.clock, store.random}, store.folder.path(),
                                   store.source, Use::kWrite);
      REQUIRE(opened);
      done = opened->rekey(credential(2)).has_value();
      CHECK(done == !disk.struck());
    }
    if (!store.open(Use::kRead)) {
      store.source = credential(2);
    }
    auto after = store.open(Use::kWrite);
    REQUIRE(after);
    CHECK(same(after->entries(), test::entries(2)));
    CHECK(after->node() == test::node());
    REQUIRE(after->rekey(credential(3)));
  });
}
