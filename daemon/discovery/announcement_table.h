// AnnouncementTable: what has been heard on the multicast group, and how much of it is passed on.
//
// Anybody on the link can send anything. So each source address may speak 5 times a second (burst
// 20) and name at most kMaxNodesPerSource nodes; the tables are bounded, and when one is full the
// newcomer is left out, never one that is heard regularly. An entry belongs to (node, source):
// who says something of another's node changes nothing of what that node said. Sans-I/O.
#pragma once

#include <map>

#include "core/token_bucket.h"
#include "discovery/announcement.h"
#include "discovery/sightings.h"

namespace runard::discovery {

// Where a datagram came from.
struct Source {
  std::string ip;          // "10.0.0.5", "fe80::1%2"
  bool same_host = false;  // then its loopback addresses are of use
  friend bool operator==(const Source&, const Source&) = default;
};

class AnnouncementTable {
 public:
  static constexpr std::size_t kMaxNodes = 1024;
  static constexpr std::size_t kMaxNodesPerSource = 64;
  static constexpr std::size_t kMaxSources = 1024;

  struct Heard {
    enum class What : std::uint8_t { kNothing, kSeen, kGone };
    What what = What::kNothing;
    Sighting sighting;
    bool answer = false;  // the node has just come and should hear of us
  };
  struct Stats {
    std::uint64_t malformed = 0;
    std::uint64_t limited = 0;  // over a rate or a bound
  };

  // `ttl`: how long an announcement counts.
  AnnouncementTable(const core::NodeId& self, core::Duration ttl) : self_(self), ttl_(ttl) {}

  Heard heard(core::ByteView datagram, const Source& source, core::TimePoint now);
  std::size_t size() const { return entries_.size(); }
  const Stats& stats() const { return stats_; }

 private:
  struct Entry {
    std::uint64_t boot = 0;
    core::TimePoint expires{};
  };
  struct Speaker {
    core::TokenBucket bucket{20, 5};
    std::size_t nodes = 0;
    core::TimePoint last{};
  };
  using Key = std::pair<core::NodeId, std::string>;  // node, source

  Speaker* speaker(const std::string& ip, core::TimePoint now);
  Entry* entry(const Key& key, Speaker& speaker);
  void expire(core::TimePoint now);

  const core::NodeId self_;
  const core::Duration ttl_;
  std::map<Key, Entry> entries_;
  std::map<std::string, Speaker> speakers_;
  core::TimePoint swept_{};
  Stats stats_;
};

}  // namespace runard::discovery
