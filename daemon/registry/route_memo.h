// RouteMemo: a few short paths without captures that a thread looked up last, and what was found:
// most threads call the same actions again and again.
//
// Shape: kPlaces places; a path has one, and who comes later takes it. A place is good for one
// table only, which is named by a number that no two tables share, so nothing outlives its table.
// Threading: one thread's own.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "routing/topic_path.h"

namespace runard::registry {

class RouteMemo {
 public:
  static constexpr std::size_t kPlaces = 16;
  static constexpr std::size_t kMostBytes = 48;  // network and path

  // What was kept for the path in that table, or null.
  const void* find(std::uint64_t table, routing::TopicView topic) const {
    const std::size_t at = place_of(topic);
    if (at == kPlaces) {
      return nullptr;
    }
    const Place& place = places_[at];
    const char* const network = place.text + topic.path.size();
    const bool same = place.table == table && place.path_size == topic.path.size() &&
                      place.network_size == topic.network.size() &&
                      std::memcmp(place.text, topic.path.data(), topic.path.size()) == 0 &&
                      std::memcmp(network, topic.network.data(), topic.network.size()) == 0;
    return same ? place.found : nullptr;
  }
  void keep(std::uint64_t table, routing::TopicView topic, const void* found) {
    const std::size_t at = place_of(topic);
    if (at == kPlaces) {
      return;
    }
    Place& place = places_[at];
    place.table = table;
    place.found = found;
    place.path_size = static_cast<std::uint8_t>(topic.path.size());
    place.network_size = static_cast<std::uint8_t>(topic.network.size());
    std::memcpy(place.text, topic.path.data(), topic.path.size());
    std::memcpy(place.text + topic.path.size(), topic.network.data(), topic.network.size());
  }

 private:
  struct Place {
    std::uint64_t table = 0;  // 0: free
    const void* found = nullptr;
    std::uint8_t path_size = 0;
    std::uint8_t network_size = 0;
    char text[kMostBytes] = {};
  };
  // kPlaces for a topic that is too long.
  static std::size_t place_of(routing::TopicView topic) {
    const std::size_t size = topic.path.size();
    if (size == 0 || size + topic.network.size() > kMostBytes) {
      return kPlaces;
    }
    const auto last = static_cast<unsigned char>(topic.path.back());
    const auto middle = static_cast<unsigned char>(topic.path[size / 2]);
    return (size * 7 + last * std::size_t{3} + middle) % kPlaces;
  }

  std::array<Place, kPlaces> places_{};
};

}  // namespace runard::registry
