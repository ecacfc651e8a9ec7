#include "routing/id_table.h"

#include <catch2/catch_test_macros.hpp>
#include <map>
#include <utility>
#include <vector>

#include "core/random.h"
#include "routing/path_hash.h"

using namespace runard::routing;

namespace {
using Model = std::map<std::uint32_t, std::uint64_t>;  // id to hash

bool same(const IdTable& table, const Model& model) {
  for (const auto& [id, hash] : model) {
    if (table.find(hash, [&, wanted = id](std::uint32_t found) { return found == wanted; }) != id) {
      return false;
    }
  }
  return table.size() == model.size();
}
}  // namespace

TEST_CASE("a table of few distinct hashes keeps every id through churn and copies") {
  runard::core::SeededRandom random(21);
  IdTable table;
  Model model;
  std::vector<std::pair<IdTable, Model>> copies;
  for (std::uint32_t i = 1; i <= 20'000; ++i) {
    if (random.below(2) == 0 || model.empty()) {
      const std::uint64_t hash = random.below(64) * 97;  // long probe runs that wrap
      table.insert(hash, i);
      model[i] = hash;
    } else {
      const auto victim = model.lower_bound(static_cast<std::uint32_t>(random.below(i)));
      const auto gone = victim == model.end() ? model.begin() : victim;
      table.erase(gone->second, gone->first);
      model.erase(gone);
    }
    if (i % 4'000 == 0) {
      copies.emplace_back(table.share(), model);
    }
  }
  CHECK(same(table, model));
  for (const auto& [copy, content] : copies) {
    CHECK(same(copy, content));
  }
}

TEST_CASE("what was removed is not found") {
  IdTable table;
  const auto is_it = [](std::uint32_t) { return true; };
  CHECK(table.find(5, is_it) == 0);
  table.insert(5, 1);
  table.erase(5, 1);
  CHECK(table.find(5, is_it) == 0);
}

TEST_CASE("the hash depends on every byte, the length and the key") {
  const PathHash hash(1, 2);
  CHECK(hash("abc") == PathHash(1, 2)("abc"));
  CHECK(hash("abc") != PathHash(1, 3)("abc"));
  CHECK(hash("abc") != hash("abd"));
  CHECK(hash(std::string_view("abc\0", 4)) != hash("abc"));
  CHECK(hash("12345678") != hash("12345679"));
  CHECK(hash("") != hash(std::string_view("\0", 1)));
}
