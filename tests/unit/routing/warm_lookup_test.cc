// A warm look-up through a Snapshot takes no lock and no memory: counted, not believed.
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "routing/route_trie.h"
#include "routing/snapshot.h"
#include "unit/routing/counters.h"
#include "unit/routing/topics.h"

using namespace runard::routing;

namespace {

using Trie = RouteTrie<int>;

std::shared_ptr<const Trie> many_routes() {
  Trie trie(7);
  for (int i = 0; i < 1000; ++i) {
    const std::string service = "service" + std::to_string(i);
    REQUIRE(trie.insert(pattern(service + "/list"), i).has_value());
    REQUIRE(trie.insert(pattern(service + "/{id}/profile"), i).has_value());
    REQUIRE(trie.insert(pattern(service + "/*/events/>"), i).has_value());
  }
  return std::make_shared<const Trie>(trie.share());
}

}  // namespace

TEST_CASE("the counters count") {
  const Counts before = counts();
  const auto memory = std::make_unique<std::string>(100, 'x');
  CHECK(counts().allocations >= before.allocations + 2);
  std::mutex mutex;
  {
    const std::scoped_lock lock(mutex);
  }
  if (counts_locks()) {
    CHECK(counts().locks == before.locks + 1);
  }
}

TEST_CASE("a million warm look-ups take no lock and allocate nothing") {
  const Snapshot<Trie> routes(many_routes());
  std::vector<std::string> paths;
  for (int i = 0; i < 100; ++i) {
    const std::string service = "service" + std::to_string(i * 7);
    paths.insert(paths.end(), {service + "/list", service + "/a-long-identifier-of-a-user/profile",
                               service + "/x/events/a/b", service + "/x/nothing"});
  }
  CHECK(routes.read()->best({"main", paths[0]}) != nullptr);  // warm
  std::size_t found = 0;
  Captures captures;

  const Counts before = counts();
  for (std::size_t i = 0; i < 1'000'000; ++i) {
    const auto table = routes.read();
    const TopicView topic{"main", paths[i % paths.size()]};
    if (i % 2 == 0) {
      found += table->best(topic, &captures) != nullptr ? 1 : 0;
    } else {
      table->for_each_match(topic, [&](const Trie::Entry&, const Captures&) { ++found; });
    }
  }
  const Counts after = counts();

  CHECK(after.allocations == before.allocations);
  CHECK(after.locks == before.locks);  // not counted under a sanitizer
  CHECK(found == 750'000);
}

TEST_CASE("looking at a canonical text and at a pattern allocates nothing") {
  const TopicPattern rule = pattern("users/{id}/>");
  const std::string text = "main:users/a-long-identifier-of-a-user/profile/picture";
  const Counts before = counts();
  bool fits = true;
  for (int i = 0; i < 1000; ++i) {
    const auto view = view_topic(text, "other");
    fits = fits && view.has_value() && rule.matches_path(view->path);
  }
  CHECK(counts().allocations == before.allocations);
  CHECK(fits);
}
