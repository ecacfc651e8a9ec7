// A node made of an Endpoint on loopback and fakes around it.
#pragma once

#include <boost/asio/io_context.hpp>

#include "support/transport_fakes.h"
#include "transport/endpoint.h"

namespace runard::testing {

struct NodeSettings {
  std::string name = "node";
  std::vector<std::string> networks{"main"};
  std::string listen = "127.0.0.1:0";
  std::uint64_t epoch = 1;
  transport::Limits limits{};
  transport::GuestEvents* guests = nullptr;
};

struct EndpointNode {
  EndpointNode(boost::asio::io_context& io, const TestCa& ca, const NodeSettings& settings)
      : identity(ca, {settings.name, settings.networks, -3600, 3600}), names(settings.networks) {
    options.self = {identity.id, settings.name, settings.epoch, {}, names.all()};
    options.limits = settings.limits;
    options.tls = identity.tls(ca, settings.guests != nullptr);
    guests = settings.guests;
    options.listen = *transport::Address::parse(settings.listen);
    random.fill(options.reset_secret);
    open(io);
  }
  void open(boost::asio::io_context& io) {
    auto opened = transport::Endpoint::open(
        io, options, {clock, random, names, handler, sink, events, core::Log(), guests});
    if (opened) {
      endpoint = std::move(*opened);
    } else {
      error = opened.error();
    }
  }
  transport::DialId dial(const EndpointNode& to) {
    return endpoint->dial({{to.endpoint->local().text()}, std::nullopt});
  }

  TestIdentity identity;
  FakeNames names;
  core::SystemClock clock;
  core::SystemRandom random;
  FakeHandler handler;
  FakeSink sink;
  FakeEvents events;
  transport::GuestEvents* guests = nullptr;
  transport::EndpointOptions options;
  std::unique_ptr<transport::Endpoint> endpoint;
  std::optional<core::Error> error;
};

// Runs the loop until the condition holds; false when it does not within `limit`.
template <class F>
bool run_until(boost::asio::io_context& io, F condition,
               std::chrono::milliseconds limit = std::chrono::seconds(10)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) {
      return false;
    }
    io.restart();
    io.run_one_for(std::chrono::milliseconds(20));
  }
  return true;
}

inline rpc::Request request_for(std::string_view path, std::string_view payload) {
  rpc::Request request;
  request.network = "main";
  request.path = path;
  request.payload = rpc::Payload::borrow(core::as_bytes(payload), rpc::Encoding::kText);
  return request;
}

}  // namespace runard::testing
