// SeenEvents: which events of one publisher's node a subscription has had, so that what is replayed
// and what is live never double. Sequences grow within a publisher's instance and topic, so the
// last one of each is enough.
//
// Not thread-safe; its owner bounds it.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "rpc/broker.h"

namespace runard::pubsub {

class SeenEvents {
 public:
  // False: it, or a later one of its topic, was admitted before. `learn`: so that it will not be
  // admitted again; a topic that is known learns in any case.
  bool admit(const rpc::StoredEvent& event, bool learn);
  std::size_t topics() const { return last_.size(); }

 private:
  std::unordered_map<std::uint64_t, std::uint64_t> last_;  // by instance and topic
};

}  // namespace runard::pubsub
