// A client that is cut off while its requests are on their way.
#include "admin/session.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch_test_macros.hpp>

using namespace runard;

namespace {

struct Server final : admin::Requests {
  void handle(const std::shared_ptr<admin::Session>&, std::uint64_t, std::string_view,
              const boost::json::object&) override {
    ++(ended ? late : requests);
  }
  void closed(const std::shared_ptr<admin::Session>&) override { ++ended; }
  int requests = 0, late = 0, ended = 0;
};

struct Talk {
  Talk() : here(io), there(io) {
    boost::asio::local::connect_pair(here, there);
    session = std::make_shared<admin::Session>(std::move(here), server);
    const std::string_view line = "{\"id\":1,\"method\":\"status\"}\n";
    boost::asio::write(there, boost::asio::buffer(line.data(), line.size()));
  }
  boost::asio::io_context io;
  Server server;
  admin::Session::Socket here, there;
  std::shared_ptr<admin::Session> session;
};

}  // namespace

TEST_CASE("a request that was read when its session was closed is handled no more") {
  Talk talk;
  talk.session->close();  // runs first
  talk.session->start();  // has the line at once
  talk.io.run();
  CHECK(talk.server.ended == 1);
  CHECK(talk.server.requests == 0);
  CHECK(talk.server.late == 0);
}

TEST_CASE("a session ends once, after its requests") {
  Talk talk;
  talk.session->start();
  talk.there.shutdown(admin::Session::Socket::shutdown_send);
  talk.io.run();
  CHECK(talk.server.requests == 1);
  CHECK(talk.server.late == 0);
  CHECK(talk.server.ended == 1);
}
