// Ids of 16 bytes. A NodeId is the first half of the SHA-256 of the node's public key, a NetworkId
// is random; both come from certificates. Text form: lowercase base32hex without padding, 26
// characters.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/bytes.h"

namespace runard::core {

std::string base32hex(ByteView bytes);
// False when the text is not the base32hex form of exactly out.size() bytes.
bool parse_base32hex(std::string_view text, std::span<std::uint8_t> out);

template <class Tag>
struct Id16 {
  std::array<std::uint8_t, 16> bytes{};

  static std::optional<Id16> parse(std::string_view text) {
    Id16 id;
    return parse_base32hex(text, id.bytes) ? std::optional(id) : std::nullopt;
  }
  static std::optional<Id16> from(ByteView view) {
    Id16 id;
    if (view.size() != id.bytes.size()) {
      return std::nullopt;
    }
    std::memcpy(id.bytes.data(), view.data(), view.size());
    return id;
  }
  std::string text() const { return base32hex(bytes); }
  bool is_zero() const {
    std::uint64_t halves[2];
    std::memcpy(halves, bytes.data(), sizeof halves);
    return (halves[0] | halves[1]) == 0;
  }
  friend auto operator<=>(const Id16&, const Id16&) = default;
};

using NodeId = Id16<struct NodeTag>;
using NetworkId = Id16<struct NetworkTag>;

}  // namespace runard::core

template <class Tag>
struct std::hash<runard::core::Id16<Tag>> {
  std::size_t operator()(const runard::core::Id16<Tag>& id) const noexcept {
    std::size_t word;  // the bytes are uniformly random: any of them are a hash
    std::memcpy(&word, id.bytes.data(), sizeof word);
    return word;
  }
};
