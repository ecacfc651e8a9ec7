#include "discovery/multicast.h"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>
#include <charconv>
#include <optional>

#include "core/token_bucket.h"
#include "discovery/announcement_table.h"
#include "discovery/beacon.h"
#include "discovery/group_socket.h"

namespace runard::discovery {
namespace {

using boost::asio::ip::udp;
using boost::system::error_code;

std::optional<udp::endpoint> parse_group(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) {
    return {};
  }
  std::string host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  unsigned short port = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + colon + 1, end, port);
  error_code error;
  const auto address = boost::asio::ip::make_address(host, error);
  const bool good = !error && address.is_multicast() && read.ec == std::errc() && read.ptr == end;
  return good && port != 0 ? std::optional(udp::endpoint(address, port)) : std::nullopt;
}

core::Bytes bytes_of(const boost::asio::ip::address& address) {
  if (address.is_v4()) {
    const auto bytes = address.to_v4().to_bytes();
    return {bytes.begin(), bytes.end()};
  }
  const auto bytes = address.to_v6().to_bytes();
  return {bytes.begin(), bytes.end()};
}

}  // namespace

// One start() to stop(). Shared by the handlers that are under way, which may outlive the Multicast
// by a moment.
class Multicast::Group : public std::enable_shared_from_this<Group> {
 public:
  Group(Multicast& owner, const Settings& settings, const Self& self)
      : clock_(owner.clock_),
        sightings_(owner.sightings_),
        log_(owner.log_),
        settings_(settings),
        self_(self),
        boot_(owner.random_.next()),
        timer_(owner.executor_),
        beacon_(settings.interval, owner.random_),
        table_(self.node, settings.interval * 3) {}

  core::Result<void> open(const boost::asio::any_io_executor& executor) {
    const auto group = parse_group(settings_.group);
    if (!group) {
      return core::fail(core::Errc::kAddressUnusable,
                        "\"" + settings_.group + "\" is no multicast group with a port");
    }
    receivers_.push_back(std::make_unique<Receiver>(executor, *group));
    auto opened = receivers_[0]->socket.open(settings_.ttl);
    if (opened.has_error()) {
      return opened;
    }
    if (group->address().is_v4()) {
      const udp::endpoint v6(boost::asio::ip::make_address(kGroupV6), group->port());
      auto second = std::make_unique<Receiver>(executor, v6);
      if (second->socket.open(settings_.ttl).has_value()) {
        receivers_.push_back(std::move(second));
      }
    }
    beacon_.start(clock_.now());
    tick();
    return {};
  }

  void close() {
    announce(true);
    closed_ = true;
    timer_.cancel();
    for (auto& receiver : receivers_) {
      receiver->socket.close();
      receiver->pause.cancel();
    }
  }

  Stats stats() const {
    Stats stats = stats_;
    stats.malformed = table_.stats().malformed;
    stats.limited = table_.stats().limited;
    stats.nodes = table_.size();
    for (const auto& receiver : receivers_) {
      stats.interfaces += receiver->socket.interfaces();
    }
    return stats;
  }

 private:
  struct Receiver {
    Receiver(const boost::asio::any_io_executor& executor, const udp::endpoint& group)
        : socket(executor, group), pause(executor) {}
    GroupSocket socket;
    boost::asio::steady_timer pause;
    std::array<std::uint8_t, Announcement::kMaxSize + 1> buffer{};
    udp::endpoint sender;
    bool reading = false;
  };

  void tick() {
    const core::TimePoint now = clock_.now();
    if (beacon_.take(now)) {
      rescan();
      announce(false);
      for (auto& receiver : receivers_) {
        read(*receiver);
      }
    }
    wait();
  }

  void wait() {
    timer_.expires_after(std::max(core::Duration(0), beacon_.expiry() - clock_.now()));
    timer_.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error && !self->closed_) {
        self->tick();
      }
    });
  }

  void rescan() {
    auto found = usable_interfaces(settings_.interfaces);
    std::size_t failed = 0;
    for (auto& receiver : receivers_) {
      failed += receiver->socket.join(found);
    }
    if (found != interfaces_ || !scanned_) {
      interfaces_ = std::move(found);
      tell_interfaces(failed);
    }
    scanned_ = true;
  }

  void tell_interfaces(std::size_t failed) const {
    std::string names;
    for (const Interface& interface : interfaces_) {
      names += (names.empty() ? "" : ",") + interface.name;
    }
    if (interfaces_.empty() || failed > 0) {
      log_.warn("multicast discovery does not work everywhere",
                {core::field("interfaces", names), core::field("failed", failed)});
    } else {
      log_.info("multicast discovery",
                {core::field("group", settings_.group), core::field("interfaces", names)});
    }
  }

  void announce(bool goodbye) {
    Announcement announcement{self_.node,       boot_,          self_.port, goodbye,
                              beacon_.asking(), self_.addresses};
    for (const Interface& interface : interfaces_) {
      for (const core::Bytes& ip : interface.addresses) {
        const auto address = wire::Address::make(ip, self_.port);
        if (self_.all_interfaces && address) {
          announcement.addresses.push_back(*address);
        }
      }
    }
    const core::Bytes datagram = encode(announcement);
    for (auto& receiver : receivers_) {
      stats_.send_errors += receiver->socket.send(datagram);
    }
    ++stats_.sent;
  }

  void read(Receiver& receiver) {
    if (receiver.reading || closed_) {
      return;
    }
    receiver.reading = true;
    receiver.socket.socket().async_receive_from(
        boost::asio::buffer(receiver.buffer), receiver.sender,
        [self = shared_from_this(), &receiver](const error_code& error, std::size_t size) {
          receiver.reading = false;
          // After an error the next announcement takes it up again.
          if (!error && !self->closed_) {
            self->received(receiver, size);
          }
        });
  }

  void received(Receiver& receiver, std::size_t size) {
    const core::TimePoint now = clock_.now();
    ++stats_.received;
    const Source source{receiver.sender.address().to_string(), is_same_host(receiver.sender)};
    const auto heard = table_.heard({receiver.buffer.data(), size}, source, now);
    if (heard.what == AnnouncementTable::Heard::What::kSeen) {
      sightings_.seen(heard.sighting);
    } else if (heard.what == AnnouncementTable::Heard::What::kGone) {
      sightings_.gone(*heard.sighting.node);
    }
    if (closed_) {
      return;  // what was told may have stopped us
    }
    if (heard.answer) {
      beacon_.asked(now);
      wait();
    }
    read_within_budget(receiver, now);
  }

  void read_within_budget(Receiver& receiver, core::TimePoint now) {
    if (budget_.take(now)) {
      read(receiver);
      return;
    }
    receiver.pause.expires_after(budget_.ready(now) - now);
    receiver.pause.async_wait([self = shared_from_this(), &receiver](const error_code& error) {
      if (!error) {
        self->read_within_budget(receiver, self->clock_.now());
      }
    });
  }

  bool is_same_host(const udp::endpoint& sender) const {
    const core::Bytes ip = bytes_of(sender.address());
    return sender.address().is_loopback() ||
           std::any_of(interfaces_.begin(), interfaces_.end(), [&](const Interface& interface) {
             return std::find(interface.addresses.begin(), interface.addresses.end(), ip) !=
                    interface.addresses.end();
           });
  }

  const core::Clock& clock_;
  Sightings& sightings_;
  const core::Log log_;
  const Settings settings_;
  const Self self_;
  const std::uint64_t boot_;
  boost::asio::steady_timer timer_;
  std::vector<std::unique_ptr<Receiver>> receivers_;
  Beacon beacon_;
  AnnouncementTable table_;
  core::TokenBucket budget_{kMaxPerSecond, kMaxPerSecond};
  std::vector<Interface> interfaces_;
  bool scanned_ = false;
  bool closed_ = false;
  Stats stats_;
};

Multicast::Multicast(boost::asio::any_io_executor executor, const core::Clock& clock,
                     core::Random& random, Sightings& sightings, core::Log log)
    : executor_(std::move(executor)),
      clock_(clock),
      random_(random),
      sightings_(sightings),
      log_(std::move(log)) {}

Multicast::~Multicast() {
  stop();
}

core::Result<void> Multicast::start(const Settings& settings, const Self& self) {
  stop();
  auto group = std::make_shared<Group>(*this, settings, self);
  auto opened = group->open(executor_);
  if (opened.has_value()) {
    group_ = std::move(group);
  }
  return opened;
}

void Multicast::stop() {
  if (group_) {
    group_->close();
    group_.reset();
  }
}

Multicast::Stats Multicast::stats() const {
  return group_ ? group_->stats() : Stats();
}

}  // namespace runard::discovery
