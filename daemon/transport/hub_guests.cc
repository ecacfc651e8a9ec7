// Guests: how many are let in, and what they say.
#include <algorithm>

#include "transport/hub.h"

namespace runard::transport {

bool Hub::on_guest(Link& link, const GuestInfo& info) {
  const auto guests = [&](auto counts) {
    return static_cast<std::size_t>(std::count_if(
        slots_.begin(), slots_.end(), [&](const Slot& s) { return s.guest && counts(s); }));
  };
  const Source source = source_of(info.address);
  const auto from_there = [&](const Slot& s) { return source_of(s.source) == source; };
  if (services_.guests == nullptr || stopping_ ||
      guests([](const Slot&) { return true; }) >= limits_.guests ||
      guests(from_there) >= limits_.guests_source || !guest_attempts_.take(info.address, now_)) {
    ++stats_.guests_refused;
    return false;
  }
  ++stats_.guests;
  slot(link.id())->guest = true;
  services_.guests->guest_came(link.id(), info);
  return true;
}

void Hub::on_guest_frame(Link& link, const GuestFrame& frame) {
  services_.guests->guest_said(link.id(), frame);
}

void Hub::send_guest(LinkId id, std::uint64_t type, core::ByteView body) {
  if (Link* guest = link(id)) {
    guest->send_guest(type, body);
    touch(id);
  }
}

void Hub::close_guest(LinkId id, bool welcome) {
  Slot* closing = slot(id);
  if (closing == nullptr || !closing->guest) {
    return;
  }
  if (welcome) {
    guest_attempts_.give_back(closing->source);
  }
  closing->link->close(wire::CloseCode::kNormal, core::fail(core::Errc::kLinkLost, "done"));
  touch(id);
}

void Hub::keep_guest(LinkId id, core::TimePoint until) {
  if (Link* guest = link(id)) {
    guest->keep_guest(until);
    touch(id);
  }
}

}  // namespace runard::transport
