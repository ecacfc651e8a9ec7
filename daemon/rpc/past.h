// Past: what a node that subscribes asks of a publisher's node, where retained events live.
//
// Pages go from the newest event to the oldest: what a receiver has no room for is then never sent.
#pragma once

#include <string>
#include <vector>

#include "rpc/broker.h"

namespace runard::rpc {

struct PastQuery {
  std::string network;        // as the one who is asked names it
  std::string pattern;        // of the subscription, with its group: the one who is asked must know
  std::string group;          // it already, so that what is published meanwhile is sent live
  core::Duration max_age{0};  // older events are not wanted
  std::uint64_t before = 0;   // PastPage::next of the page before; 0: the newest
  std::uint64_t events = 0;   // at most so many
  std::uint64_t bytes = 0;    // an answer of at most so many
};

struct PastPage {
  std::vector<EventPtr> events;  // newest first
  std::uint64_t next = 0;        // where the next page begins; 0: there is none
  std::uint64_t omitted = 0;     // events too large for any page
};

// How many bytes of PastQuery::bytes an event takes, at most.
inline std::size_t past_size(const StoredEvent& event) {
  constexpr std::size_t kOverhead = 128;  // numbers, and the heads of all fields
  constexpr std::size_t kTextHead = 5;
  std::size_t size =
      kOverhead + event.topic.size() + event.publisher.size() + event.payload.bytes.size();
  for (const auto& [key, value] : event.meta) {
    size += 2 * kTextHead + key.size() + value.size();
  }
  return size;
}

// Who keeps this node's retained events.
class Past {
 public:
  virtual ~Past() = default;
  // Any thread. What `asker` may have of it. kNotFound: that node's subscription is not known here
  // (yet).
  virtual core::Result<PastPage> past(const PastQuery& query, const core::NodeId& asker) = 0;
};

}  // namespace runard::rpc
