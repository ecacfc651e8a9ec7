// Readers look routes up while a writer changes and publishes them; made for ./test --preset tsan.
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "routing/route_trie.h"
#include "routing/snapshot.h"
#include "unit/routing/topics.h"

using namespace runard::routing;

namespace {

using Trie = RouteTrie<int>;

// What each published table holds: its number under "version", and either "new/{x}" or "new/b".
struct Table {
  int number;
  Trie routes;
};

constexpr int kPublished = 3000;
constexpr int kReaders = 3;

std::shared_ptr<const Table> next_table(Trie& trie, int number) {
  const TopicPattern literal = pattern("new/b");
  const TopicPattern param = pattern("new/{x}");
  const bool even = number % 2 == 0;
  trie.remove(even ? literal : param);
  RUNARD_CHECK(trie.insert(even ? param : literal, number).has_value());
  RUNARD_CHECK(trie.replace(pattern("version"), number));
  const TopicPattern passing = pattern("service" + std::to_string(number % 50) + "/{id}/*");
  if (!trie.remove(passing)) {
    RUNARD_CHECK(trie.insert(passing, number).has_value());
  }
  return std::make_shared<const Table>(number, trie.share());
}

// Whether the table is as one publish() left it.
bool is_whole(const Table& table) {
  const Trie::Entry* version = table.routes.best({"main", "version"});
  const Trie::Entry* found = table.routes.best({"main", "new/b"});
  return version != nullptr && version->value == table.number && found != nullptr &&
         found->value == table.number && found->pattern.is_literal() == (table.number % 2 != 0);
}

}  // namespace

TEST_CASE("readers see whole tables, never older than before, while a writer publishes") {
  Trie trie(3);
  REQUIRE(trie.insert(pattern("version"), 0).has_value());
  Snapshot<Table> published(next_table(trie, 0));
  std::atomic<int> wrong{0};
  std::atomic<int> looked{0};

  const auto read = [&] {
    int last = 0;
    while (last < kPublished) {
      const auto table = published.read();
      if (!is_whole(*table) || table->number < last) {
        wrong.fetch_add(1);
      }
      last = table->number;
      const auto inner = published.read();
      if (inner->number < last || !is_whole(*inner) || !is_whole(*table)) {
        wrong.fetch_add(1);
      }
      looked.fetch_add(1, std::memory_order_relaxed);
    }
  };
  std::vector<std::thread> readers;
  for (int i = 0; i < kReaders; ++i) {
    readers.emplace_back(read);
  }
  for (int number = 1; number <= kPublished; ++number) {
    published.publish(next_table(trie, number));
  }
  for (std::thread& reader : readers) {
    reader.join();
  }

  CHECK(wrong == 0);
  CHECK(looked > 0);
}

TEST_CASE("threads that come and go leave no table behind") {
  auto first = std::make_shared<const Table>(0, Trie());
  const std::weak_ptr<const Table> watch = first;
  Snapshot<Table> published(std::move(first));
  for (int round = 0; round < 20; ++round) {
    std::vector<std::thread> threads;
    for (int i = 0; i < kReaders; ++i) {
      threads.emplace_back([&] { static_cast<void>(published.read()->number); });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
  }
  published.publish(nullptr);
  CHECK(watch.expired());
}
