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

constexpr std::size_t base32hex_size(std::size_t bytes) {
  return (bytes * 8 + 4) / 5;
}
std::string base32hex(ByteView bytes);
// Into `out`, of base32hex_size(bytes.size()).
void base32hex(ByteView bytes, std::span<char> out);
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
  using Text = std::array<char, base32hex_size(16)>;
  std::string text() const { return base32hex(bytes); }
  // Without memory from the heap; `text` keeps what is returned.
  std::string_view text(Text& text) const {
    base32hex(bytes, text);
    return {text.data(), text.size()};
  }
  // A constant size: two comparisons of words, no call.
  bool is_zero() const { return *this == Id16{}; }
  friend bool operator==(const Id16& a, const Id16& b) {
    return std::memcmp(a.bytes.data(), b.bytes.data(), sizeof a.bytes) == 0;
  }
  friend auto operator<=>(const Id16&, const Id16&) = default;
};

using NodeId = Id16<struct NodeTag>;
using NetworkId = Id16<struct NetworkTag>;
using ProfileId = Id16<struct ProfileTag>;  // a user's: half of the hash of its root key

}  // namespace runard::core

template <class Tag>
struct std::hash<runard::core::Id16<Tag>> {
  std::size_t operator()(const runard::core::Id16<Tag>& id) const noexcept {
    std::size_t word;  // the bytes are uniformly random: any of them are a hash
    std::memcpy(&word, id.bytes.data(), sizeof word);
    return word;
  }
};
