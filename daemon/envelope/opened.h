// What opening an envelope gives.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "envelope/core.h"

namespace runard::envelope {

// A group's fields, or that they are redacted: this node has no key for them. There is no third
// way: what has a key but does not open fails the whole message.
struct OpenedGroup {
  std::vector<std::string_view> labels;
  std::optional<std::vector<Field>> fields;  // none: redacted
};

// Borrows from the envelope's bytes, which outlive it; what was sealed it owns. Movable.
struct Opened {
  Core info;
  std::vector<Field> clear;
  std::vector<OpenedGroup> groups;  // in the sender's order
  bool is_signed = false;
  // Of those groups that came in full from the peer itself: their KEKs are in the KekCache now.
  std::vector<KeyId> epochs{};
  std::vector<core::Bytes> plaintexts;  // where the groups' fields lie
};

// A group may be for this node, but only names an epoch whose KEK is not here (any more): the
// sender has to send the message once more, in full (Mode::kFull).
struct KekUnknown {
  KeyId kek;
};

using Outcome = std::variant<Opened, KekUnknown>;

}  // namespace runard::envelope
