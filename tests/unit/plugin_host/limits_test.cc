// The limits of what a plugin may attach to a message.
#include <catch2/catch_test_macros.hpp>

#include "puppets.h"
#include "support/result_text.h"

using namespace runard;
using namespace runard::test;

TEST_CASE("metadata that no other node would take is refused here") {
  Service service("s");
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  const auto publish = [&](const std::vector<runar_kv>& meta) {
    runar_publish event{};
    event.struct_size = sizeof event;
    event.topic = str("news/a");
    event.meta = meta.data();
    event.meta_count = meta.size();
    return service.host()->publish(service.ctx(), &event, nullptr, nullptr);
  };
  CHECK(publish(std::vector<runar_kv>(32, {str("k"), str("v")})) == RUNAR_OK);
  CHECK(publish(std::vector<runar_kv>(33, {str("k"), str("v")})) == RUNAR_E_TOO_LARGE);
  const std::string key(257, 'k');
  CHECK(publish({{str(std::string_view(key).substr(1)), str("v")}}) == RUNAR_OK);
  CHECK(publish({{str(key), str("v")}}) == RUNAR_E_TOO_LARGE);
  const std::string value(12288, 'v');
  CHECK(publish({{str("k"), str(std::string_view(value).substr(1))}}) == RUNAR_OK);
  CHECK(publish({{str("k"), str(value)}}) == RUNAR_E_TOO_LARGE);
}
