// Dials: attempts begun, and their outcome told once.
#include "transport/hub.h"

namespace runard::transport {

using core::Errc;
using wire::CloseCode;

void Hub::dial(DialId id, std::vector<Address> addresses, std::optional<core::NodeId> expected) {
  if (addresses.empty()) {
    return services_.events.dial_done(
        id, core::fail(Errc::kAddressUnusable, "the peer's name could not be resolved"));
  }
  if (dialer_.size() >= limits_.dials) {
    return services_.events.dial_done(id, core::fail(Errc::kOverloaded, "dials in progress"));
  }
  dialer_.add(id, std::move(addresses), expected, now_);
}

void Hub::dial_next(core::TimePoint now) {
  while (const auto attempt = dialer_.due(now)) {
    start_attempt(*attempt, now);
  }
}

void Hub::start_attempt(const Dialer::Attempt& attempt, core::TimePoint now) {
  ++stats_.dials;
  if (in_use_ - strangers_ >= limits_.links + limits_.dials) {
    const core::Error why = core::fail(Errc::kOverloaded, "links");
    return end_dial(dialer_.failed(attempt.dial, 0, why, now), why);
  }
  Slot& opened = *open_slot();
  ++attempts_;
  const LinkId id = opened.link->id();
  opened.source = attempt.address;
  const auto dialled =
      opened.link->dial(connections_, attempt.address, {attempt.expected, ++lamport_}, now);
  if (!dialled) {
    forget(opened);
    return end_dial(dialer_.failed(attempt.dial, 0, dialled.error(), now), dialled.error());
  }
  dialer_.started(attempt.dial, id);
  touch(id);
}

void Hub::end_dial(const std::optional<Dialer::Ended>& ended, const core::Result<LinkId>& outcome) {
  if (!ended) {
    return;
  }
  for (const LinkId id : ended->abandoned) {
    Link* attempt = link(id);
    // Those that are further may be links to the peer already: they compete.
    if (attempt != nullptr && attempt->state() == Link::State::kHandshake) {
      attempt->close(CloseCode::kNormal, core::fail(Errc::kDuplicateLink, "another address"));
      touch(id);
    }
  }
  services_.events.dial_done(ended->dial, outcome);
}

}  // namespace runard::transport
