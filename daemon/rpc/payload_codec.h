// PayloadCodec: seals payloads with private fields before they leave the node, or are kept for
// others, and opens what was sealed. Declared here, implemented by sealing.
#pragma once

#include <span>
#include <string_view>

#include "core/ids.h"
#include "core/result.h"
#include "rpc/payload.h"

namespace runard::rpc {

// What a payload is part of, as both ends know it.
struct PayloadPlace {
  enum class Kind : std::uint8_t { kRequest = 1, kReply = 2, kEvent = 3, kStored = 4 };
  Kind kind = Kind::kRequest;
  std::string_view network;  // this node's name for it
  std::string_view path;     // the request's, or the event's topic
  std::uint64_t trace = 0;   // of a request and its reply
  // To seal: who gets it; zero for what is kept. To open: who sent it, by its certificate.
  core::NodeId peer;
  core::ProfileId profile;  // the verified one behind the request, or the owner of an event
  bool peer_opens = true;   // the peer's version knows sealed payloads
  // To seal: Request or Event::recipients; a codec asks the rules for each.
  std::span<const core::ProfileId> recipients{};
};

// Any thread; does not wait.
class PayloadCodec {
 public:
  virtual ~PayloadCodec() = default;
  // Whether payloads of this declared type have private fields. Cheap; never asked for type 0.
  virtual bool is_private(std::uint64_t type) const = 0;
  // Of a payload whose type is private: what goes out instead. Errors: kPeerCannotOpen,
  // kNotOfItsType, kTooLarge, kEnvelopeLimit; never the payload as it was.
  virtual core::Result<Payload> seal(const PayloadPlace& place, const Payload& payload) = 0;
  // Of what seal() made for the peer, which has answered kKekUnknown: the same message once more,
  // so that it opens without anything from before. An error: it can't be made.
  virtual core::Result<Payload> in_full(const core::NodeId& peer, const Payload& sealed) = 0;
  // Of Encoding::kSealed: the payload with what this node has no key for as redacted. Errors:
  // kSealedRefused, whatever is wrong with it; kKekUnknown: the sender is to send it in full.
  virtual core::Result<Payload> open(const PayloadPlace& place, const Payload& payload) = 0;
  // Whether the profile has said that the node (zero: this one) may ask in its name.
  virtual bool acts_for(const core::NodeId& node, const core::ProfileId& profile) const = 0;
};

}  // namespace runard::rpc
