// SeenPaths: a few short paths that a thread found canonical before, so that a service which calls
// the same actions again and again pays for reading their names once.
//
// Shape: kPlaces places of a fixed size; a path has one place, and who comes later takes it.
// Threading: one thread's own.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace runard::plugin_host {

class SeenPaths {
 public:
  static constexpr std::size_t kPlaces = 16;
  static constexpr std::size_t kMostBytes = 47;

  bool has(std::string_view path) const {
    if (path.empty() || path.size() > kMostBytes) {
      return false;
    }
    const Place& place = places_[place_of(path)];
    return place.size == path.size() && std::memcmp(place.text, path.data(), path.size()) == 0;
  }
  void add(std::string_view path) {
    if (!path.empty() && path.size() <= kMostBytes) {
      Place& place = places_[place_of(path)];
      place.size = static_cast<std::uint8_t>(path.size());
      std::memcpy(place.text, path.data(), path.size());
    }
  }

 private:
  struct Place {
    std::uint8_t size = 0;  // 0: free
    char text[kMostBytes] = {};
  };
  // Paths of one service differ in their length or their last bytes.
  static std::size_t place_of(std::string_view path) {
    const auto last = static_cast<unsigned char>(path.back());
    const auto middle = static_cast<unsigned char>(path[path.size() / 2]);
    return (path.size() * 7 + last * std::size_t{3} + middle) % kPlaces;
  }

  std::array<Place, kPlaces> places_{};
};

}  // namespace runard::plugin_host
