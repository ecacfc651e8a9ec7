#include "transport/guest.h"

namespace runard::transport {
namespace {

constexpr core::Duration kKeepAlive = std::chrono::seconds(1);

}  // namespace

core::Result<std::unique_ptr<Guest>> Guest::dial(const ConnectionContext& context,
                                                 const Address& remote, core::TimePoint now) {
  std::unique_ptr<Guest> guest(new Guest(remote));
  auto connection = Connection::create(context, *guest, remote, nullptr, now);
  if (!connection) {
    return connection.error();
  }
  guest->connection_ = std::move(*connection);
  guest->space_.resize(Connection::kTrainSpace);
  return guest;
}

Guest::~Guest() {
  connection_.reset();
}

void Guest::feed(const Datagram& datagram, core::TimePoint now) {
  if (error_) {
    return;
  }
  Datagram given = datagram;
  given.local = {};
  if (connection_->read(given, now) != ReadOutcome::kOk) {
    error_ = connection_->error();
  }
  settle();
}

// Confirmed: the node has taken this guest.
void Guest::settle() {
  if (error_ || !confirmed_ || stream_ != nullptr) {
    return;
  }
  stream_ = std::make_unique<GuestStream>(*connection_, scheduler_, kMaxToGuest);
  if (!connection_->tls().export_secret(kGuestBinding, binding_) ||
      !connection_->open_bidi(*stream_)) {
    error_ = core::fail(core::Errc::kProtocol, "no stream for a guest");
    return;
  }
  connection_->keep_alive(kKeepAlive);
}

void Guest::flush(TrainSink& sink, core::TimePoint now) {
  while (!error_) {
    const auto train = connection_->write(space_, now);
    if (!train) {
      error_ = connection_->error();
      return;
    }
    if (train->bytes.empty() || !sink.send(*train)) {
      return;
    }
  }
}

core::TimePoint Guest::expiry() const {
  return error_ ? core::kNever : connection_->expiry();
}

void Guest::on_expiry(core::TimePoint now) {
  if (!error_ && now >= connection_->expiry() && !connection_->on_expiry(now)) {
    error_ = connection_->error();
  }
}

void Guest::close(TrainSink& sink, core::TimePoint now) {
  if (!connection_->silent()) {
    const core::Bytes packet = connection_->close_packet(wire::CloseCode::kNormal, "", now);
    if (!packet.empty()) {
      static_cast<void>(sink.send({packet, packet.size(), 0, remote_, {}}));
    }
  }
  if (!error_) {
    error_ = core::fail(core::Errc::kCancelled, "closed");
  }
}

void Guest::send(std::uint64_t type, core::ByteView body) {
  if (ready()) {
    stream_->send(type, body);
  }
}

std::optional<GuestFrame> Guest::take() {
  return stream_ == nullptr ? std::nullopt : stream_->take();
}

}  // namespace runard::transport
