// A guest: somebody without a certificate, on one stream, until the time is up.
#include "transport/link.h"

namespace runard::transport {

using core::Errc;
using wire::CloseCode;

void Link::welcome_guest() {
  GuestInfo info{remote_, {}};
  if (!core_.connection->tls().export_secret(kGuestBinding, info.binding)) {
    return protocol_error("no secret for a guest");
  }
  state_ = State::kGuest;
  give_up_at_ = core_.now + core_.context.limits.guest_timeout;
  if (!events_.on_guest(*this, info)) {
    end(CloseCode::kOverloaded, core::fail(Errc::kOverloaded, "guests"), true);
  }
}

Stream* Link::accept_guest_stream() {
  if (guest_ != nullptr) {
    guest_strayed_ = true;
    return nullptr;
  }
  guest_ = std::make_unique<GuestStream>(*core_.connection, core_.scheduler, kMaxFromGuest);
  return guest_.get();
}

void Link::deliver_guest() {
  if (guest_strayed_) {
    return protocol_error("a guest has one stream");
  }
  while (core_.connection && guest_ != nullptr && !close_wanted_) {
    const auto frame = guest_->take();
    if (!frame) {
      break;
    }
    events_.on_guest_frame(*this, *frame);
  }
  if (core_.connection && close_wanted_) {
    finish_close();
  }
}

void Link::send_guest(std::uint64_t frame_type, core::ByteView body) {
  if (core_.connection && guest_ != nullptr) {
    guest_->send(frame_type, body);
  }
}

}  // namespace runard::transport
