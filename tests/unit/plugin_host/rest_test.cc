#include "plugin_host/rest.h"

#include <catch2/catch_test_macros.hpp>
#include <thread>

using namespace std::chrono_literals;
using runard::plugin_host::Rest;

namespace {

bool quick(const std::chrono::steady_clock::time_point& began) {
  return std::chrono::steady_clock::now() - began < 30s;
}

}  // namespace

TEST_CASE("a light rest ends when plugin code is entered, also one that has yet to begin") {
  const auto began = std::chrono::steady_clock::now();
  Rest rest;
  rest.begin_light();
  rest.enter();
  CHECK(rest.wait(60s));

  rest.begin_light();
  std::thread other([&rest] { rest.enter(); });
  CHECK(rest.wait(60s));
  other.join();
  CHECK(quick(began));
}

TEST_CASE("an ordinary rest lasts its time, whatever is entered") {
  Rest rest;
  rest.enter();
  const auto began = std::chrono::steady_clock::now();
  CHECK(rest.wait(2ms));
  CHECK(std::chrono::steady_clock::now() - began >= 2ms);
}

TEST_CASE("a rest that was ended once is not ended by that again") {
  Rest rest;
  rest.begin_light();
  rest.enter();
  rest.enter();
  CHECK(rest.wait(60s));
  rest.begin_light();
  const auto began = std::chrono::steady_clock::now();
  CHECK(rest.wait(2ms));
  CHECK(std::chrono::steady_clock::now() - began >= 2ms);
}

TEST_CASE("the one who stops ends any rest, and those to come") {
  const auto began = std::chrono::steady_clock::now();
  Rest rest;
  rest.begin_light();
  std::thread other([&rest] { rest.stop(); });
  CHECK_FALSE(rest.wait(60s));
  other.join();
  CHECK_FALSE(rest.wait(60s));
  CHECK(quick(began));
}
