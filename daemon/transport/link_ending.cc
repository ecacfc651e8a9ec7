// How a link ends: by a better one, by request, by an error, by the peer.
#include <algorithm>

#include "transport/link.h"

namespace runard::transport {

using core::Errc;
using wire::CloseCode;

void Link::on_reset(core::TimePoint now) {
  core_.now = now;
  if (core_.connection) {
    end(CloseCode::kNormal, core::fail(Errc::kLinkLost, "the peer restarted"), false);
  }
}

void Link::retire() {
  if (retiring_ || !core_.connection) {
    return;
  }
  retiring_ = true;
  core_.up = true;  // what the peer sent before it knew is still answered
  port_->open = false;
  give_up_at_ = core_.now + core_.context.limits.drain_grace;
}

// Each side says when it has nothing more on the way; the dialler then closes.
void Link::finish_drain() {
  const bool lanes_idle = std::all_of(out_lanes_.begin(), out_lanes_.end(),
                                      [](const auto& lane) { return lane.second->idle(); });
  if (!drain_sent_ && requests_.open_ours() == 0 && lanes_idle) {
    drain_sent_ = control_->send(wire::kDrain, {});
  }
  if (drain_sent_ && drained_by_peer_ && !server_ && open_requests() == 0) {
    end(CloseCode::kDuplicate, core::fail(Errc::kDuplicateLink, peer_->name), true);
  }
}

void Link::close(CloseCode code, core::Error why) {
  close_wanted_.emplace(code, std::move(why));
  port_->open = false;
}

// What was queued before the close still goes out.
void Link::finish_close() {
  const bool waits = (control_ != nullptr && !control_->over() && !control_->all_acknowledged()) ||
                     (guest_ != nullptr && !guest_->over() && !guest_->all_acknowledged());
  if (!waits || core_.now >= give_up_at_) {
    end(close_wanted_->first, close_wanted_->second, true);
  } else {
    const Limits& limits = core_.context.limits;
    const core::Duration grace = guest_ ? limits.handshake_timeout : limits.close_grace;
    give_up_at_ = std::min(give_up_at_, core_.now + grace);
  }
}

void Link::stop(const core::Error& why) {
  if (core_.connection) {
    end(CloseCode::kNormal, why, true);
  }
}

void Link::protocol_error(const char* what) {
  end(CloseCode::kProtocol, core::fail(Errc::kProtocol, what), true);
}

void Link::end(CloseCode code, core::Error why, bool tell_peer) {
  const core::TimePoint now = core_.now;
  const bool telling = tell_peer && !core_.connection->silent();
  gone_at_ = now + 3 * core_.connection->probe_timeout();
  if (telling) {
    // Strangers learn no more than the number.
    const bool known = state_ >= State::kGreeting;
    close_packet_ = core_.connection->close_packet(code, known ? why.about : std::string(), now);
    send_close_ = !close_packet_.empty();
  }
  state_ = State::kClosing;
  core_.up = false;
  port_->open = false;
  core_.connection.reset();
  for (const auto& lane : in_lanes_) {
    lane->closed();  // ngtcp2 does not tell of streams that end with their connection
  }
  forget_lanes();
  requests_.close(why);
  events_.on_down(*this, why);
}

}  // namespace runard::transport
