#include <catch2/catch_test_macros.hpp>
#include <runar/plugin.hpp>

#include "twins.h"

using runar::TopicPath;

TEST_CASE("topic routing: a path has a network and segments") {
  const TopicPath service_path("math", "my-network");
  const TopicPath action_path("math/add", "my-network");
  const TopicPath event_path("math/result", "my-network");
  CHECK(service_path.text() == "my-network:math");
  CHECK(action_path.segments() == std::vector<std::string>{"math", "add"});
  CHECK(event_path.network() == "my-network");
  CHECK_FALSE(event_path.is_pattern());
}

TEST_CASE("topic routing: wildcards match whole segments of the same network") {
  const TopicPath pattern("math/*", "my-network");
  CHECK(pattern.matches(TopicPath("math/add", "my-network")));
  CHECK(pattern.matches(TopicPath("math/result", "my-network")));
  CHECK_FALSE(pattern.matches(TopicPath("math", "my-network")));
  CHECK_FALSE(pattern.matches(TopicPath("math/matrix/add", "my-network")));
  CHECK_FALSE(pattern.matches(TopicPath("math/add", "backup-network")));
  CHECK(TopicPath("math/>", "my-network").matches(TopicPath("math/matrix/add", "my-network")));
}

TEST_CASE("topic routing: a template gives the parameters of a path") {
  const TopicPath path_template("users/{user_id}/profile", "my-network");
  const auto params = path_template.extract_parameters("users/123/profile");
  CHECK(params.at("user_id") == "123");
  CHECK(params.size() == 1);
  CHECK_THROWS_AS(path_template.extract_parameters("users/123/orders"), runar::Error);
  CHECK_THROWS_AS(path_template.extract_parameters("backup:users/123/profile"), runar::Error);
}

TEST_CASE("topic routing: what is no path is refused with the reason") {
  std::string why;
  CHECK_FALSE(TopicPath::parse("", "my-network", &why));
  CHECK(why == "no segment");
  CHECK_FALSE(TopicPath::parse("math/>/add", "my-network", &why));
  CHECK(why.find("only be the last") != std::string::npos);
  CHECK_FALSE(TopicPath::parse("users/{user_id}/{user_id}", "my-network", &why));
  CHECK(why == "a {name} occurs twice");
  CHECK_THROWS_AS(TopicPath("math/add", "my network"), runar::Error);
}

TEST_CASE("topic routing: a service that was registered with a template is given its parameters") {
  runar::testing::Host host;
  host.load(RUNARD_PLUGIN_DIR "/profiles.so");
  host.run("profiles", {.path = "users", .network = "my-network"});
  const auto ann = runar::testing::Body::json(R"({"name":"Ann"})");
  CHECK(host.call("my-network:users/123/profile/set", ann).ok());
  CHECK(host.call("my-network:users/123/profile").body.show().find("Ann") != std::string::npos);
  CHECK(host.call("my-network:users/124/profile").status == RUNAR_E_APP - 1);
  CHECK(host.published().at(0).topic == "my-network:users/123/profile/changed");
  CHECK(host.finish().empty());
}
