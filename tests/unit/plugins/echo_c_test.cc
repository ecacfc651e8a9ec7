#include <catch2/catch_test_macros.hpp>
#include <runar/testing.hpp>

namespace {

using runar::testing::Body;
using runar::testing::Host;

struct Echo {
  Host host;
  Echo() {
    host.load(RUNARD_PLUGIN_DIR "/echo-c.so");
    host.run("echo-c", {.path = "echo"});
  }
};

Body text(std::string_view text) {
  return {runar::Bytes(text.begin(), text.end()), RUNAR_ENC_TEXT};
}

}  // namespace

TEST_CASE("the C example gives back what it was sent, in the encoding it came in") {
  Echo echo;
  const auto reply = echo.host.call("echo/echo", Body{{0, 255}, RUNAR_ENC_RAW});
  CHECK(reply.body.bytes == runar::Bytes{0, 255});
  CHECK(reply.body.encoding == RUNAR_ENC_RAW);
  CHECK(echo.host.call("echo/echo", std::string("x")).as<std::string>() == "x");
  CHECK(echo.host.call("echo/echo", Body{{}, RUNAR_ENC_RAW}).body.bytes.empty());
  CHECK(echo.host.finish().empty());
}

TEST_CASE("the C example answers after its handler returned") {
  Echo echo;
  CHECK(echo.host.call("echo/shout", text("don't 42")).body.show() == "DON'T 42");
  CHECK(echo.host.call("echo/shout", text("")).body.show().empty());
  CHECK(echo.host.call("echo/shout", 1).status == RUNAR_E_INVALID);
  CHECK(echo.host.finish().empty());
}

TEST_CASE("the C example answers although it is stopped or can't post") {
  Echo echo;
  echo.host.refuse("post", RUNAR_E_BUSY);
  CHECK(echo.host.call("echo/shout", text("a")).status == RUNAR_E_BUSY);
  echo.host.refuse("post", RUNAR_OK);
  CHECK(echo.host.finish().empty());
}

TEST_CASE("the C example greets, publishes it and frees its buffer") {
  Echo echo;
  CHECK(echo.host.call("echo/greet/ann").body.show() == "hello ann");
  REQUIRE(echo.host.published().size() == 1);
  CHECK(echo.host.published()[0].topic == "main:echo/greeted");
  CHECK(echo.host.published()[0].body.show() == "hello ann");
  echo.host.refuse("publish", RUNAR_E_DENIED);
  CHECK(echo.host.call("echo/greet/bob").body.show() == "hello bob");
  CHECK(echo.host.logs().back().text == "the greeting was not published");
  echo.host.refuse("buf_alloc", RUNAR_E_NO_MEMORY);
  CHECK(echo.host.call("echo/greet/eve").status == RUNAR_E_NO_MEMORY);
  CHECK(echo.host.finish().empty());
}

TEST_CASE("the C example says nothing more when a registration is refused") {
  Host host;
  host.load(RUNARD_PLUGIN_DIR "/echo-c.so");
  const auto service = host.create("echo-c");
  host.refuse("add_action", RUNAR_E_DENIED);
  CHECK_THROWS_AS(host.init(service), runar::Error);
  CHECK(host.finish().empty());
}
