// Dialer: dials in progress. Each tries its addresses one after the other, kStagger apart, without
// giving up the earlier ones; the first link that comes up ends it. Decides only: the hub makes and
// closes the links. One thread.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "transport/endpoint_events.h"
#include "transport/link_id.h"

namespace runard::transport {

class Dialer {
 public:
  static constexpr core::Duration kStagger = std::chrono::milliseconds(30);

  struct Attempt {
    DialId dial = 0;
    Address address;
    std::optional<core::NodeId> expected;
  };
  struct Ended {
    DialId dial = 0;
    core::Error why;                // of its last attempt
    std::vector<LinkId> abandoned;  // its other attempts
  };

  void add(DialId dial, std::vector<Address> addresses, std::optional<core::NodeId> expected,
           core::TimePoint now);
  // The next attempt that is due; its link is then told to started() or failed().
  std::optional<Attempt> due(core::TimePoint now);
  core::TimePoint expiry() const;

  void started(DialId dial, LinkId link);
  // The attempt came to nothing. Set when that ends the dial.
  std::optional<Ended> failed(DialId dial, LinkId link, core::Error why, core::TimePoint now);
  // The attempt's node is linked: the dial is over.
  std::optional<Ended> succeeded(LinkId link);
  DialId dial_of(LinkId link) const;
  std::size_t size() const { return dials_.size(); }

 private:
  struct Dial {
    DialId id;
    std::deque<Address> left;
    std::optional<core::NodeId> expected;
    core::TimePoint next;
    std::vector<LinkId> running;
    std::size_t starting = 0;  // due() gave it out
  };
  std::vector<Dial> dials_;
};

}  // namespace runard::transport
