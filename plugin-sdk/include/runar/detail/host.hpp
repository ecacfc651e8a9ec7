// What every other header needs: the host's table, and strings across the C boundary.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <runar/plugin.h>

namespace runar {

namespace detail {

// Set once by the entry point. Hidden: an inline variable with default visibility would be shared
// by all C++ plugins of a process.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): the C ABI has no other place
[[gnu::visibility("hidden")]] inline const runar_host* host = nullptr;

inline runar_str str(std::string_view text) {
  return {text.data(), text.size()};
}
inline std::string_view view(runar_str text) {
  return text.len == 0 ? std::string_view() : std::string_view(text.ptr, text.len);
}
inline std::span<const std::uint8_t> view(runar_bytes bytes) {
  return {bytes.ptr, bytes.len};
}

constexpr std::uint32_t flag(bool set, std::uint32_t bit) {
  return set ? bit : 0;
}

template <class Struct>
Struct sized() {
  Struct made{};
  made.struct_size = sizeof(Struct);
  return made;
}

// fail and phase_done: what the host refuses (a text that it can't take) is said again in words
// that it takes, since whoever waits for it must hear something. `say` gives the host's status.
template <class Say>
runar_status insist(Say&& say, std::string_view text) noexcept {
  const runar_status status = say(str(text));
  const bool refused = status < 0 && status != RUNAR_E_STALE;
  return refused ? say(str("the error's own text was refused")) : status;
}

// What the host lent, in the shape that this SDK knows: missing tail fields are zero.
template <class Struct>
Struct known(const Struct& lent) {
  Struct copy{};
  std::memcpy(&copy, &lent, std::min<std::size_t>(lent.struct_size, sizeof(Struct)));
  return copy;
}

}  // namespace detail

using Bytes = std::vector<std::uint8_t>;

}  // namespace runar
