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
  unsigned damage_percent = 0;
};

// Whoever has an address on the simulated network.
class SimParty {
 public:
  virtual ~SimParty() = default;
  virtual const transport::Address& address() const = 0;
  virtual void receive(const transport::Datagram& datagram) = 0;
  virtual core::TimePoint expiry() const = 0;
  virtual void work() = 0;
  bool woken = false;  // has work to do now
};

class SimNetwork {
 public:
  explicit SimNetwork(std::uint64_t seed) : random_(seed) {}

  void join(SimParty& party) { parties_.push_back(&party); }
  void leave(SimParty& party) { std::erase(parties_, &party); }
  transport::Address next_address() {
    return *transport::Address::parse("10.0.0." + std::to_string(++hosts_) + ":8889");
  }

  // A NAT: from now on all others see `party` at another address, and the last one is nobody's.
  void rebind(const SimParty& party) {
    std::erase_if(seen_as_, [&](const auto& entry) { return entry.first == &party; });
    seen_as_.emplace_back(&party, next_address());
  }
  const transport::Address& seen_address(const SimParty& party) const {
    for (const auto& [inside, outside] : seen_as_) {
      if (inside == &party) {
        return outside;
      }
    }
    return party.address();
  }

  void carry(const transport::Address& inner, const transport::Address& to, core::ByteView bytes,
             std::uint8_t ecn) {
    transport::Address from = inner;
    for (const auto& [inside, outside] : seen_as_) {
      from = inside->address() == inner ? outside : from;
    }
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
      flying_.push({clock.now() + delay, ++order_, from, to, damaged(bytes), ecn});
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

  core::Bytes damaged(core::ByteView bytes) {
    core::Bytes copy(bytes.begin(), bytes.end());
    if (weather.damage_percent > 0 && random_.below(100) < weather.damage_percent) {
      copy[random_.below(copy.size())] ^= static_cast<std::uint8_t>(1 + random_.below(255));
    }
    return copy;
  }

  core::TimePoint next_event() const {
    core::TimePoint next = flying_.empty() ? core::kNever : flying_.top().at;
    for (const SimParty* party : parties_) {
      next = std::min(next, party->expiry());
    }
    return next;
  }

  void step() {
    while (!flying_.empty() && flying_.top().at <= clock.now()) {
      const Flying packet = flying_.top();
      flying_.pop();
      for (SimParty* party : parties_) {
        if (seen_address(*party) == packet.to) {
          party->receive({packet.bytes, packet.from, {}, packet.ecn});
          party->woken = true;
        }
      }
    }
    work_all();
  }

  void work_all() {
    bool again = true;
    while (again) {
      again = false;
      for (SimParty* party : parties_) {
        if (std::exchange(party->woken, false) || party->expiry() <= clock.now()) {
          party->work();
          again = true;
        }
      }
    }
  }

  core::SeededRandom random_;
  std::vector<SimParty*> parties_;
  std::vector<std::pair<const SimParty*, transport::Address>> seen_as_;
  std::priority_queue<Flying> flying_;
  std::uint64_t order_ = 0;
  int hosts_ = 0;
};

struct SimSettings {
  std::string name = "node";
  std::vector<std::string> networks{"main"};
  std::uint64_t epoch = 1;
  transport::Limits limits{};
  long not_before = -3600;
  long not_after = 3600;
  const TestCa* issuer = nullptr;   // the network's, if null
  const TestCa* trusted = nullptr;  // the network's, if null
  rpc::PayloadCodec* codec = nullptr;
  const transport::RequestGate* gate = nullptr;
};

// A node: a Hub with fakes around it.
class SimNode final : public SimParty, public transport::TrainSink {
 public:
  explicit SimNode(SimNetwork& network, const SimSettings& settings = {});
  SimNode(const SimNode&) = delete;
  SimNode& operator=(const SimNode&) = delete;
  ~SimNode() override { network.leave(*this); }

  const transport::Address& address() const override { return options.local; }
  void receive(const transport::Datagram& datagram) override;
  core::TimePoint expiry() const override { return hub ? hub->expiry() : core::kNever; }
  void work() override;
  bool send(const transport::Train& train) override;

  // A crash: everything in memory is gone. restart() begins a new run with the same identity.
  void crash() { hub.reset(); }
  void restart(std::uint64_t epoch);
  transport::DialId dial(const SimNode& to) { return dial(std::vector{to.address()}); }
  transport::DialId dial(std::vector<transport::Address> to,
                         std::optional<core::NodeId> expected = std::nullopt);
  transport::RemoteNode& remote() { return *events.ups.back().remote; }
  bool has_link() const { return hub != nullptr && hub->stats().links > 0; }

  SimNetwork& network;
  TestIdentity identity;
  FakeNames names;
  std::vector<std::string> logged;  // lines
  core::Log log;
  core::SystemRandom random;
  FakeHandler handler;
  FakeSink sink;
  FakeEvents events;
  transport::HubOptions options;
  rpc::PayloadCodec* codec = nullptr;
  const transport::RequestGate* gate = nullptr;
  std::unique_ptr<transport::Hub> hub;
  std::uint64_t bytes_out = 0;
  std::uint64_t bytes_in = 0;
};

inline SimNode::SimNode(SimNetwork& net, const SimSettings& settings)
    : network(net),
      identity(settings.issuer ? *settings.issuer : net.ca,
               {settings.name, settings.networks, settings.not_before, settings.not_after}),
      names(settings.networks),
      log(std::make_shared<core::LogSink>(
              net.clock, core::LogFormat::kText,
              [this](std::string_view line) { logged.emplace_back(line); }),
          "transport") {
  options.local = net.next_address();
  options.self = {identity.id, settings.name, settings.epoch, {options.local.text()}, names.all()};
  options.limits = settings.limits;
  options.tls = identity.tls(settings.trusted ? *settings.trusted : net.ca);
  random.fill(options.reset_secret);
  codec = settings.codec;
  gate = settings.gate;
  restart(settings.epoch);
  net.join(*this);
}

inline void SimNode::restart(std::uint64_t epoch) {
  options.self.epoch = epoch;
  hub = std::make_unique<transport::Hub>(
      options, transport::HubServices{network.clock, random, names, handler, sink, events, log,
                                      nullptr, codec, gate});
  hub->exchange()->mailbox().set_wake([this] { woken = true; });
  woken = true;
}

inline void SimNode::receive(const transport::Datagram& datagram) {
  bytes_in += datagram.bytes.size();
  if (hub) {
    hub->datagram(datagram, network.clock.now());
  }
}

inline bool SimNode::send(const transport::Train& train) {
  for (core::ByteView rest = train.bytes; !rest.empty();) {
    const std::size_t segment = train.segment == 0 ? rest.size() : train.segment;
    const core::ByteView one = rest.first(std::min(segment, rest.size()));
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
    hub->turn(now);
    more = hub->flush(*this, now) == transport::Flushed::kShare || hub->has_more();
    more = !hub->exchange()->mailbox().may_sleep() || more;
  }
}

inline transport::DialId SimNode::dial(std::vector<transport::Address> to,
                                       std::optional<core::NodeId> expected) {
  const transport::DialId id = hub->next_dial();
  hub->dial(id, std::move(to), expected);
  woken = true;
  return id;
}

// Dials and waits for both sides.
inline bool link_up(SimNetwork& network, SimNode& a, SimNode& b) {
  a.dial(b);
  return network.run_until([&] { return a.has_link() && b.has_link(); });
}

inline rpc::Request sim_request(std::string_view path, std::string_view payload) {
  rpc::Request request;
  request.network = "main";
  request.path = path;
  request.payload = rpc::Payload::borrow(core::as_bytes(payload), rpc::Encoding::kText);
  return request;
}

}  // namespace runard::testing
