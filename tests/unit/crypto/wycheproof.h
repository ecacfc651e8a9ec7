// The test vectors of the Wycheproof project, read from JSON.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "core/bytes.h"
#include "support/hex.h"
#include "support/vectors.h"

namespace runard::test {

// Skips the test case where there are no vectors.
inline nlohmann::json read_vectors(const std::string& name) {
  std::ifstream file(vectors_folder() / name);
  if (!file) {
    SKIP("no test vectors: set RUNAR_VECTORS_DIR");
  }
  return nlohmann::json::parse(file);
}

inline core::Bytes hex_of(const nlohmann::json& object, const char* key) {
  return from_hex(object[key].get<std::string>());
}

// Calls check(group, test) for each test of a file; gives how many there were.
template <class Check>
int each_vector(const std::string& name, Check check) {
  const nlohmann::json vectors = read_vectors("wycheproof/" + name);
  int seen = 0;
  for (const auto& group : vectors["testGroups"]) {
    for (const auto& one : group["tests"]) {
      INFO(name << " tcId " << one["tcId"] << ": " << one["comment"]);
      check(group, one);
      ++seen;
    }
  }
  return seen;
}

}  // namespace runard::test
