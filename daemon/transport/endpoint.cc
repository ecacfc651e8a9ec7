#include "transport/endpoint.h"

#include <boost/asio/post.hpp>

#include "transport/endpoint_loop.h"

namespace runard::transport {

namespace {

// One look at the socket takes so many batches, then timers and writers have their turn.
constexpr int kBatches = 4;
// So many looks, while each finds something, before others of the io_context have theirs: looking
// costs less than asking epoll whether to look.
constexpr int kLooks = 8;

}  // namespace

// A handler that does nothing once the endpoint is gone.
template <class F>
auto Endpoint::Loop::guarded(F function) {
  return [weak = weak_from_this(), function](const boost::system::error_code& error = {}) {
    const std::shared_ptr<Loop> self = weak.lock();
    if (self != nullptr && !self->stopped_ && !error) {
      function(*self);
    }
  };
}

Endpoint::Loop::Loop(boost::asio::io_context& io, std::unique_ptr<UdpSocket> socket,
                     HubOptions options, const HubServices& services)
    : io_(io),
      clock_(services.clock),
      socket_(std::move(socket)),
      hub_(std::move(options), services),
      descriptor_(io, socket_->native()),
      timer_(io),
      resolver_(std::make_unique<Resolver>()) {}

void Endpoint::Loop::start() {
  hub_.exchange()->mailbox().set_wake([this_weak = weak_from_this(), &io = io_] {
    boost::asio::post(io, [this_weak] {
      const std::shared_ptr<Loop> self = this_weak.lock();
      if (self != nullptr && !self->stopped_) {
        self->turn();
      }
    });
  });
  wait_readable();
  turn();
}

void Endpoint::Loop::stop() {
  stopped_ = true;
  resolver_.reset();
  hub_.stop(*socket_, now());
  descriptor_.release();  // the socket closes it
  timer_.cancel();
}

core::TimePoint Endpoint::Loop::now() {
  now_ = std::max(now_, clock_.now());
  return now_;
}

void Endpoint::Loop::wait_readable() {
  descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                         guarded([](Loop& self) { self.on_readable(); }));
}

void Endpoint::Loop::wait_writable() {
  if (std::exchange(waiting_writable_, true)) {
    return;
  }
  descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_write, guarded([](Loop& self) {
                           self.waiting_writable_ = false;
                           self.turn();
                         }));
}

void Endpoint::Loop::on_readable() {
  for (int look = 0; look < kLooks && !stopped_ && take_datagrams(); ++look) {
    turn();
  }
  if (!stopped_) {
    wait_readable();
  }
}

// False: nothing was there.
bool Endpoint::Loop::take_datagrams() {
  const core::TimePoint at = now();
  std::size_t taken = UdpSocket::kBatch;
  std::size_t all = 0;
  for (int batch = 0; batch < kBatches && taken == UdpSocket::kBatch; ++batch) {
    taken = socket_->receive([&](const Datagram& datagram) { hub_.datagram(datagram, at); });
    all += taken;
  }
  return all > 0;
}

void Endpoint::Loop::kick() {
  if (!std::exchange(kicked_, true)) {
    boost::asio::post(io_, guarded([](Loop& self) { self.turn(); }));
  }
}

void Endpoint::Loop::turn() {
  const std::shared_ptr<Loop> alive = shared_from_this();
  kicked_ = false;
  hub_.exchange()->mailbox().awake();
  hub_.turn(now());
  Flushed flushed = Flushed::kAll;
  while (!stopped_) {  // by what it told
    flushed = hub_.flush(*socket_, now_);
    if (flushed != Flushed::kAll || !hub_.has_undelivered()) {
      break;
    }
    hub_.deliver(now());
  }
  if (stopped_) {
    return;
  }
  if (flushed == Flushed::kFull) {
    wait_writable();
  }
  if (hub_.has_more() || flushed == Flushed::kShare || !hub_.exchange()->mailbox().may_sleep()) {
    hub_.exchange()->mailbox().awake();
    kick();
  }
  arm_timer();
}

void Endpoint::Loop::arm_timer() {
  const core::TimePoint due = hub_.expiry();
  // An earlier timer than needed costs one turn; setting it anew each time costs a system call.
  if (due >= armed_) {
    return;
  }
  armed_ = due;
  timer_.expires_after(std::max(due - now_, core::Duration::zero()));
  timer_.async_wait(guarded([](Loop& self) {
    self.armed_ = core::kNever;
    self.turn();
  }));
}

// Waits for the names among the addresses; those that are numbers need none.
struct Endpoint::Loop::PendingDial {
  DialId id = 0;
  std::optional<core::NodeId> expected;
  std::vector<Address> addresses;
  std::size_t names = 0;
};

void Endpoint::Loop::recheck(PeerVerifier verify, Told told, std::size_t from) {
  constexpr std::size_t kAtOnce = 32;  // a few milliseconds
  for (const Hub::Refused& refused : hub_.recheck(verify, from, kAtOnce)) {
    told(refused);
  }
  kick();
  const std::size_t next = from + kAtOnce;
  if (next < hub_.slots()) {
    boost::asio::post(io_, guarded([verify = std::move(verify), told = std::move(told),
                                    next](Loop& self) { self.recheck(verify, told, next); }));
  }
}

DialId Endpoint::Loop::dial(DialTarget target) {
  auto dial = std::make_shared<PendingDial>();
  dial->id = hub_.next_dial();
  dial->expected = target.expected;
  const auto go = [dial](Loop& self) {
    self.hub_.dial(dial->id, std::move(dial->addresses), dial->expected);
    self.turn();
  };
  for (const std::string& text : target.addresses) {
    const auto numeric = Address::parse(text);
    if (numeric) {
      dial->addresses.push_back(*numeric);
      continue;
    }
    const auto name = HostPort::parse(text);
    const auto resolved = [weak = weak_from_this(), &io = io_, dial,
                           go](std::vector<Address> found) {
      boost::asio::post(io, [weak, dial, go, found = std::move(found)] {
        const std::shared_ptr<Loop> self = weak.lock();
        dial->addresses.insert(dial->addresses.end(), found.begin(), found.end());
        if (--dial->names == 0 && self != nullptr && !self->stopped_) {
          go(*self);
        }
      });
    };
    if (name && resolver_->resolve(*name, resolved)) {
      ++dial->names;
    }
  }
  if (dial->names == 0) {
    boost::asio::post(io_, guarded(go));
  }
  return dial->id;
}

core::Result<std::unique_ptr<Endpoint>> Endpoint::open(boost::asio::io_context& io,
                                                       EndpointOptions options,
                                                       const HubServices& services) {
  auto socket = UdpSocket::open(options.listen);
  if (!socket) {
    return socket.error();
  }
  HubOptions hub{std::move(options.self), options.limits, std::move(options.tls),
                 options.reset_secret, (*socket)->local()};
  if (hub.self.addresses.empty() && !hub.local.is_wildcard()) {
    hub.self.addresses.push_back(hub.local.text());
  }
  if ((*socket)->receive_buffer() < 1024 * 1024) {
    services.log.warn("the socket's receive buffer is small: raise net.core.rmem_max",
                      {core::field("bytes", (*socket)->receive_buffer())});
  }
  auto loop = std::make_shared<Loop>(io, std::move(*socket), std::move(hub), services);
  loop->start();
  return std::unique_ptr<Endpoint>(new Endpoint(std::move(loop)));
}

Endpoint::~Endpoint() {
  loop_->stop();
}

DialId Endpoint::dial(DialTarget target) {
  return loop_->dial(std::move(target));
}

void Endpoint::close(LinkId link, const core::Error& why) {
  loop_->hub().close(link, why);
  loop_->kick();
}

core::Result<void> Endpoint::send_control(LinkId link, std::uint64_t type, core::ByteView body) {
  loop_->kick();
  return loop_->hub().send_control(link, type, body);
}

void Endpoint::resume(LinkId link, std::uint64_t lane) {
  loop_->hub().resume(link, lane);
  loop_->kick();
}

void Endpoint::send_guest(LinkId guest, std::uint64_t type, core::ByteView body) {
  loop_->hub().send_guest(guest, type, body);
  loop_->kick();
}

void Endpoint::close_guest(LinkId guest, bool welcome) {
  loop_->hub().close_guest(guest, welcome);
  loop_->kick();
}

void Endpoint::keep_guest(LinkId guest, core::TimePoint until) {
  loop_->hub().keep_guest(guest, until);
  loop_->kick();
}

void Endpoint::set_tls(std::shared_ptr<const TlsContext> tls) {
  loop_->hub().set_tls(std::move(tls));
}

void Endpoint::recheck(PeerVerifier verify, std::function<void(const Hub::Refused&)> told) {
  loop_->recheck(std::move(verify), std::move(told), 0);
}

const Address& Endpoint::local() const {
  return loop_->socket().local();
}

Stats Endpoint::stats() const {
  return loop_->hub().stats();
}

std::optional<Connection::Info> Endpoint::info(LinkId link) const {
  return loop_->hub().info(link);
}

}  // namespace runard::transport
