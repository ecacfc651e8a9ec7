// A network that is simulated: nodes are Hubs with real TLS and QUIC, time is virtual, and
// datagrams are late, lost, doubled and out of order as a seed says. A run of minutes takes
// milliseconds.
//
// Decisions of the network follow from the seed alone; what TLS draws at random does not change how
// many packets there are, only their bytes.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <queue>
#include <set>
#include <vector>

#include "support/transport_fakes.h"

namespace runard::testing {

class SimClock final : public core::Clock {
 public:
  core::TimePoint now() const override { return now_; }
  core::WallTime wall() const override {
    return core::WallTime(std::chrono::hours(500'000)) + now_.time_since_epoch();
  }
  void set(core::TimePoint now) { now_ = std::max(now_, now); }

 private:
  core::TimePoint now_{std::chrono::seconds(1000)};
};

// How datagrams fare, both ways.
struct Weather {
  core::Duration delay = std::chrono::milliseconds(1);
  core::Duration jitter{0};
  unsigned loss_percent = 0;
  unsigned double_percent = 0;
  std::size_t largest = 65535;  // longer datagrams are lost
};

struct SimSettings {
  std::string name = "node";
  std::vector<std::string> networks{"main"};
  std::uint64_t epoch = 1;
  transport::Limits limits{};
  long not_before = -3600;
  long not_after = 3600;
};

class SimNetwork;

class SimNode final : public transport::TrainSink {
 public:
  SimNode(SimNetwork& network, const TestCa& ca, const SimSettings& settings,
          const std::string& address);

  bool send(const transport::Train& train) override;
  // A crash: everything in memory is gone. restart() begins a new run with the same identity.
  void crash() { hub.reset(); }
  void restart(std::uint64_t epoch);
  transport::DialId dial(const transport::Address& to,
                         std::optional<core::NodeId> expected = std::nullopt);
  transport::RemoteNode& remote() { return *events.ups.back().remote; }
  bool has_link() const { return hub != nullptr && hub->stats().links > 0; }
  void work();

  SimNetwork& network;
  TestIdentity identity;
  FakeNames names;
  core::SystemRandom random;
  FakeHandler handler;
  FakeSink sink;
  FakeEvents events;
  transport::HubOptions options;
  std::unique_ptr<transport::Hub> hub;
  bool woken = false;
  std::uint64_t bytes_out = 0;
  std::uint64_t bytes_in = 0;
};

class SimNetwork {
 public:
  explicit SimNetwork(std::uint64_t seed) : random_(seed) {}

  SimNode& add(const SimSettings& settings) { return add(settings, ca); }
  SimNode& add(const SimSettings& settings, const TestCa& issuer) {
    const std::string address = "10.0.0." + std::to_string(nodes_.size() + 1) + ":8889";
    nodes_.push_back(std::make_unique<SimNode>(*this, issuer, settings, address));
    return *nodes_.back();
  }

  void carry(const transport::Address& from, const transport::Address& to, core::ByteView bytes,
             std::uint8_t ecn) {
    if (on_datagram && !on_datagram(from, to, bytes)) {
      return;
    }
    if (bytes.size() > weather.largest || random_.below(100) < weather.loss_percent) {
      return;
    }
    const int copies = random_.below(100) < weather.double_percent ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
      core::Duration delay = weather.delay;
      if (weather.jitter.count() > 0) {
        delay += core::Duration(random_.below(static_cast<std::uint64_t>(weather.jitter.count())));
      }
      const core::TimePoint at = std::max(clock.now() + delay, core::TimePoint{});
      flying_.push({at, ++order_, from, to, {bytes.begin(), bytes.end()}, ecn});
    }
  }

  // Runs until the condition holds; false when it does not within `limit` of virtual time.
  bool run_until(const std::function<bool()>& condition,
                 core::Duration limit = std::chrono::seconds(60)) {
    const core::TimePoint end = clock.now() + limit;
    work_all();
    while (!condition()) {
      const core::TimePoint next = next_event();
      if (next > end) {
        clock.set(end);
        work_all();
        return condition();
      }
      clock.set(next);
      step();
    }
    return true;
  }
  void run_for(core::Duration time) {
    run_until([] { return false; }, time);
  }

  TestCa ca;
  SimClock clock;
  Weather weather;
  // Sees each datagram before the network decides; false loses it.
  std::function<bool(const transport::Address& from, const transport::Address& to,
                     core::ByteView bytes)>
      on_datagram;

 private:
  struct Flying {
    core::TimePoint at;
    std::uint64_t order;
    transport::Address from;
    transport::Address to;
    core::Bytes bytes;
    std::uint8_t ecn;
    bool operator<(const Flying& other) const {
      return std::tie(other.at, other.order) < std::tie(at, order);
    }
  };

  core::TimePoint next_event() const {
    core::TimePoint next = flying_.empty() ? core::kNever : flying_.top().at;
    for (const auto& node : nodes_) {
      if (node->hub) {
        next = std::min(next, node->hub->expiry());
      }
    }
    return next;
  }

  void step() {
    while (!flying_.empty() && flying_.top().at <= clock.now()) {
      const Flying packet = flying_.top();
      flying_.pop();
      for (const auto& node : nodes_) {
        if (node->hub && node->options.local == packet.to) {
          node->bytes_in += packet.bytes.size();
          node->hub->datagram({packet.bytes, packet.from, {}, packet.ecn}, clock.now());
          node->woken = true;
        }
      }
    }
    work_all();
  }

  void work_all() {
    bool again = true;
    while (again) {
      again = false;
      for (const auto& node : nodes_) {
        if (node->hub &&
            (std::exchange(node->woken, false) || node->hub->expiry() <= clock.now())) {
          node->work();
          again = true;
        }
      }
    }
  }

  core::SeededRandom random_;
  std::vector<std::unique_ptr<SimNode>> nodes_;
  std::priority_queue<Flying> flying_;
  std::uint64_t order_ = 0;
};

inline SimNode::SimNode(SimNetwork& net, const TestCa& ca, const SimSettings& settings,
                        const std::string& address)
    : network(net),
      identity(ca, {settings.name, settings.networks, settings.not_before, settings.not_after}),
      names(settings.networks) {
  options.self = {identity.id, settings.name, settings.epoch, {address}, names.all()};
  options.limits = settings.limits;
  options.tls = identity.tls(net.ca);
  options.local = *transport::Address::parse(address);
  random.fill(options.reset_secret);
  restart(settings.epoch);
}

inline void SimNode::restart(std::uint64_t epoch) {
  options.self.epoch = epoch;
  hub = std::make_unique<transport::Hub>(
      options, transport::HubServices{network.clock, random, names, handler, sink, events, {}});
  hub->exchange()->mailbox().set_wake([this] { woken = true; });
  woken = true;
}

inline bool SimNode::send(const transport::Train& train) {
  for (core::ByteView rest = train.bytes; !rest.empty();) {
    const core::ByteView one =
        rest.first(std::min(std::max<std::size_t>(train.segment, 1), rest.size()));
    bytes_out += one.size();
    network.carry(options.local, train.remote, one, train.ecn);
    rest = rest.subspan(one.size());
  }
  return true;
}

inline void SimNode::work() {
  const core::TimePoint now = network.clock.now();
  bool more = true;
  while (more && hub) {
    hub->exchange()->mailbox().awake();
    more = hub->turn(now);
    more = hub->flush(*this, now) == transport::Flushed::kShare || more;
    more = !hub->exchange()->mailbox().may_sleep() || more;
  }
}

inline transport::DialId SimNode::dial(const transport::Address& to,
                                       std::optional<core::NodeId> expected) {
  const transport::DialId id = hub->next_dial();
  hub->dial(id, {to}, expected);
  woken = true;
  return id;
}

inline rpc::Request sim_request(std::string_view path, std::string_view payload) {
  rpc::Request request;
  request.network = "main";
  request.path = path;
  request.payload = rpc::Payload::borrow(core::as_bytes(payload), rpc::Encoding::kText);
  return request;
}

}  // namespace runard::testing
