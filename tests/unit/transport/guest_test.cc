// Guests: connections without a certificate, over real sockets.
#include <catch2/catch_test_macros.hpp>

#include <thread>

#include "support/endpoint_node.h"
#include "transport/guest_client.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Errc;
using testing::run_until;

namespace {

// Says everything back.
class FakeGuests final : public transport::GuestEvents {
 public:
  void guest_came(transport::LinkId guest, const transport::GuestInfo& info) override {
    ++came;
    last = guest;
    binding = info.binding;
  }
  void guest_said(transport::LinkId guest, const transport::GuestFrame& frame) override {
    ++said;
    if (answer) {
      answer(guest, frame);
    }
  }
  void guest_left(transport::LinkId) override { ++left; }

  int came = 0;
  int said = 0;
  int left = 0;
  transport::LinkId last = 0;
  transport::GuestBinding binding{};
  std::function<void(transport::LinkId, const transport::GuestFrame&)> answer;
};

struct Desk {
  explicit Desk(bool takes_guests = true, const transport::Limits& limits = {})
      : node(io, ca, {.limits = limits, .guests = takes_guests ? &guests : nullptr}) {
    guests.answer = [this](transport::LinkId guest, const transport::GuestFrame& frame) {
      node.endpoint->send_guest(guest, frame.type + 1, frame.body);
    };
  }
  // Runs `client` on a thread of its own until it is done.
  template <class F>
  void with(F client) {
    std::atomic<bool> done = false;
    std::thread thread([&] {
      client();
      done = true;
    });
    CHECK(run_until(io, [&] { return done.load(); }, 30s));
    thread.join();
  }
  core::Result<std::unique_ptr<transport::GuestClient>> connect(
      std::shared_ptr<const transport::TlsContext> tls) {
    return transport::GuestClient::connect({clock, random, std::move(tls)}, node.endpoint->local(),
                                           5s);
  }
  std::shared_ptr<const transport::TlsContext> tls() {
    return *transport::TlsContext::create_guest(testing::verifier_for(ca));
  }

  boost::asio::io_context io;
  testing::TestCa ca;
  FakeGuests guests;
  core::SystemClock clock;
  core::SystemRandom random;
  testing::EndpointNode node;
};

}  // namespace

TEST_CASE("a guest without a certificate talks on one stream, bound to the connection") {
  Desk desk;
  desk.with([&] {
    auto client = desk.connect(desk.tls());
    REQUIRE(client.has_value());
    const core::Bytes large(60000, 7);
    (*client)->send(4, large);
    const auto frame = (*client)->receive(5s);
    REQUIRE(frame.has_value());
    CHECK(frame->type == 5);
    CHECK(frame->body == large);
    CHECK((*client)->binding() == desk.guests.binding);
  });
  CHECK(desk.guests.came == 1);
  CHECK(run_until(desk.io, [&] { return desk.guests.left == 1; }));
  CHECK(desk.node.endpoint->stats().handshakes == 0);
  CHECK(desk.node.endpoint->stats().guests == 1);
}

TEST_CASE("T1, W1: a guest reaches neither links nor services, whatever it sends") {
  Desk desk;
  desk.with([&] {
    auto client = desk.connect(desk.tls());
    REQUIRE(client.has_value());
    core::Bytes request = {2, 5, 1, 0};  // a request stream's first bytes, as a link has them
    (*client)->send(static_cast<std::uint64_t>(wire::FrameType::kRequest), request);
    CHECK((*client)->receive(5s).has_value());
  });
  CHECK(desk.node.handler.calls == 0);
  CHECK(desk.node.events.ups.empty());
}

TEST_CASE("a node that takes no guests refuses the handshake") {
  Desk desk(false);
  desk.with([&] {
    const auto client = desk.connect(desk.tls());
    REQUIRE_FALSE(client.has_value());
    CHECK(client.error().code == Errc::kVersionMismatch);
  });
  CHECK(desk.guests.came == 0);
}

TEST_CASE("T7: a guest refuses a node whose chain is another CA's") {
  Desk desk;
  const testing::TestCa other;
  desk.with([&] {
    const auto client =
        desk.connect(*transport::TlsContext::create_guest(testing::verifier_for(other)));
    REQUIRE_FALSE(client.has_value());
    CHECK(client.error().code == Errc::kCertificateUntrusted);
  });
  CHECK(desk.guests.came == 0);
}

TEST_CASE("a guest that says more than an exchange has is cut off") {
  Desk desk;
  desk.with([&] {
    auto client = desk.connect(desk.tls());
    REQUIRE(client.has_value());
    (*client)->send(4, core::Bytes(transport::kMaxFromGuest + 1, 0));
    const auto frame = (*client)->receive(5s);
    REQUIRE_FALSE(frame.has_value());
    CHECK(frame.error().code != Errc::kNoAnswer);
  });
  CHECK(desk.guests.said == 0);
  CHECK(run_until(desk.io, [&] { return desk.guests.left == 1; }));
}

TEST_CASE("attempts of one source are limited, those that were welcome do not count") {
  transport::Limits limits;
  limits.guest_attempts = {2, 1, 60};
  Desk desk(true, limits);
  bool welcome = true;
  desk.guests.answer = [&](transport::LinkId guest, const transport::GuestFrame& frame) {
    desk.node.endpoint->send_guest(guest, frame.type + 1, {});
    desk.node.endpoint->close_guest(guest, welcome);
  };
  const auto attempt = [&] {
    auto client = desk.connect(desk.tls());
    if (!client) {
      return client.error().code;
    }
    (*client)->send(4, {});
    const auto frame = (*client)->receive(5s);
    return frame ? Errc{} : frame.error().code;
  };
  desk.with([&] {
    for (int i = 0; i < 4; ++i) {
      CHECK(attempt() == Errc{});
    }
    welcome = false;
    CHECK(attempt() == Errc{});
    CHECK(attempt() == Errc{});
    CHECK(attempt() == Errc::kOverloaded);
  });
  CHECK(desk.node.endpoint->stats().guests_refused == 1);
}

TEST_CASE("guests at once are limited, and one that says nothing is gone when its time is up") {
  transport::Limits limits;
  limits.guests = 1;
  limits.guest_timeout = 300ms;
  Desk desk(true, limits);
  desk.with([&] {
    auto first = desk.connect(desk.tls());
    REQUIRE(first.has_value());
    auto second = desk.connect(desk.tls());
    if (second) {  // refused right after the handshake
      CHECK((*second)->receive(5s).error().code == Errc::kOverloaded);
    } else {
      CHECK(second.error().code == Errc::kOverloaded);
    }
    CHECK((*first)->receive(5s).has_error());
  });
  CHECK(desk.guests.left == 1);
}

TEST_CASE("a guest that is kept may take longer") {
  transport::Limits limits;
  limits.guest_timeout = 100ms;
  Desk desk(true, limits);
  desk.guests.answer = [&](transport::LinkId guest, const transport::GuestFrame& frame) {
    desk.node.endpoint->keep_guest(guest, desk.clock.now() + 10s);
    if (frame.type == 6) {
      desk.node.endpoint->send_guest(guest, 7, {});
    }
  };
  desk.with([&] {
    auto client = desk.connect(desk.tls());
    REQUIRE(client.has_value());
    (*client)->send(4, {});
    CHECK((*client)->receive(400ms).error().code == Errc::kNoAnswer);
    (*client)->send(6, {});
    CHECK((*client)->receive(5s).has_value());
  });
}
