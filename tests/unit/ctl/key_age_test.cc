#include "ctl/key_age.h"

#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>

using namespace runard;
using namespace std::chrono_literals;

namespace {

constexpr core::WallTime kMade(1'750'000'000s);

boost::json::array versions(const std::string& newest) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(kMade).time_since_epoch().count();
  return {boost::json::object{{"state", "decrypt-only"}, {"activates_ms", 1}},
          boost::json::object{{"state", newest}, {"activates_ms", ms}}};
}

}  // namespace

TEST_CASE("of a network's key that is old its age is said, and how to make a new one") {
  const std::string said = ctl::age_advice(versions("active"), "main", kMade + 45 * 24h);
  CHECK(said.find("45 days") != std::string::npos);
  CHECK(said.find("runarctl network rotate-key main") != std::string::npos);
}

TEST_CASE("nothing is said of a network's key that is young, waits for its time or isn't there") {
  CHECK(ctl::age_advice(versions("active"), "main", kMade + ctl::kLongInUse - 1s).empty());
  CHECK(ctl::age_advice(versions("active"), "main", kMade - 24h).empty());
  CHECK(ctl::age_advice(versions("pending"), "main", kMade + 45 * 24h).empty());
  CHECK(ctl::age_advice({}, "main", kMade + 45 * 24h).empty());
}
