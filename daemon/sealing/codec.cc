#include "sealing/codec.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/check.h"
#include "envelope/repacker.h"
#include "rpc/handler.h"
#include "sealing/join.h"
#include "sealing/limits.h"

namespace runard::sealing {

using core::Errc;
using rpc::PayloadPlace;

namespace {

core::Error failed(Errc code, std::string_view about) {
  return core::fail(code, std::string(about), core::Executed::kNo);
}

core::Result<void> check_sealable(const PayloadPlace& place, const Type& type,
                                  const rpc::Payload& payload) {
  if (!place.peer_opens) {
    return failed(Errc::kPeerCannotOpen, place.path);
  }
  if (payload.encoding != rpc::Encoding::kCbor) {
    return failed(Errc::kNotOfItsType, type.name + ": its payloads are CBOR");
  }
  if (place.recipients.size() > rpc::kMaxRecipients) {
    return failed(Errc::kEnvelopeLimit, "more recipients than a message may name");
  }
  return {};
}

std::string_view text_of(LeftOut::Why why) {
  switch (why) {
    case LeftOut::Why::kNoRule:
      return "no rule of authorization.labels names it for that label";
    case LeftOut::Why::kNoKey:
      return "no key of it is known here";
    case LeftOut::Why::kNoRoom:
      return "there are too many recipients";
  }
  return "";
}

// A reply names its request; the link it comes on is what ties them together.
std::array<std::uint8_t, 8> correlation_of(const PayloadPlace& place) {
  std::array<std::uint8_t, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(place.trace >> (8 * (bytes.size() - 1 - i)));
  }
  return bytes;
}

envelope::Context context_of(const PayloadPlace& place, core::ByteView correlation) {
  const bool reply = place.kind == PayloadPlace::Kind::kReply;
  return {static_cast<envelope::Kind>(place.kind), place.path,
          reply ? correlation : core::ByteView{}};
}

}  // namespace

// The fields of a message, sorted by group. Borrows from a Split.
struct Codec::Groups {
  std::vector<envelope::Field> fields;
  std::vector<std::vector<std::string_view>> labels;
  std::vector<Recipients::SetPtr> recipients;
  std::vector<envelope::Group> list;
};

Codec::Codec(Environment environment, Recipients& recipients, const TypeTable& types)
    : environment_(std::move(environment)),
      recipients_(recipients),
      types_(types),
      epochs_(environment_.self, environment_.clock, environment_.random),
      sealers_([this] {
        return std::make_unique<envelope::Sealer>(epochs_, environment_.clock, environment_.random);
      }),
      openers_([this] { return std::make_unique<envelope::Opener>(environment_.ring, keks_); }) {}

// `caller` is who asks, and only for its own data where the value says whose that is.
Audience Codec::audience_of(const PayloadPlace& place, const Type& type, const Split& split) const {
  Audience audience;
  audience.network =
      recipients_.directory().find_network(place.network).value_or(core::NetworkId{});
  const bool event =
      place.kind == PayloadPlace::Kind::kEvent || place.kind == PayloadPlace::Kind::kStored;
  audience.owner = type.owner.empty() && event ? place.profile : split.owner;
  audience.peer = place.peer;
  audience.caller =
      type.owner.empty() || place.profile == split.owner ? place.profile : core::ProfileId{};
  if (!place.recipients.empty()) {
    auto& named = audience.named;
    named.assign(place.recipients.begin(), place.recipients.end());
    std::sort(named.begin(), named.end());
    named.erase(std::unique(named.begin(), named.end()), named.end());
  }
  return audience;
}

// Whoever is left out of those that the message names is told of here and nowhere else: the message
// goes out without them.
Recipients::SetPtr Codec::readers_of(const PayloadPlace& place, const LabelSet& labels,
                                     const Audience& audience) {
  auto readers = recipients_.readers(labels, audience);
  for (const LeftOut& one : readers.left_out) {
    left_out_.fetch_add(1, std::memory_order_relaxed);
    environment_.log.warn("a recipient that a message names gets nothing",
                          {core::field("profile", one.profile.text()),
                           core::field("labels", fmt::format("{}", fmt::join(labels, " "))),
                           core::field("network", place.network), core::field("path", place.path),
                           core::field("why", text_of(one.why))});
  }
  return std::move(readers.set);
}

// Whoever calls means the fields for the service. In a reply, or in an event, it is the usual thing
// that some read less than others.
void Codec::tell_withheld(const PayloadPlace& place, const Type& type, const Split& split,
                          std::uint32_t set) const {
  if (place.kind != PayloadPlace::Kind::kRequest) {
    return;
  }
  for (const PrivateField& field : split.fields) {
    if (field.labels == set) {
      environment_.log.warn(
          "a private field is sealed to nobody, so the service does not get it",
          {core::field("type", type.name), core::field("field", field.path),
           core::field("labels", fmt::format("{}", fmt::join(type.label_sets[set], " "))),
           core::field("network", place.network), core::field("path", place.path)});
    }
  }
}

std::vector<Withheld> Codec::withheld(const PayloadPlace& place, const rpc::Payload& payload) {
  std::vector<Withheld> found;
  const Type* type = payload.type == 0 ? nullptr : types_.find(payload.type);
  if (type == nullptr || !check_sealable(place, *type, payload)) {
    return found;
  }
  const auto parts = split(*type, payload.bytes);
  if (!parts) {
    return found;
  }
  const Audience audience = audience_of(place, *type, *parts);
  for (const PrivateField& field : parts->fields) {
    const LabelSet& labels = type->label_sets[field.labels];
    if (recipients_.of(labels, audience) == nullptr) {
      found.push_back({field.path, labels});
    }
  }
  return found;
}

core::Result<rpc::Payload> Codec::seal(const PayloadPlace& place, const rpc::Payload& payload) {
  const Type* type = types_.find(payload.type);
  RUNARD_CHECK(type != nullptr);
  if (auto sealable = check_sealable(place, *type, payload); !sealable) {
    return sealable.error();
  }
  const auto parts = split(*type, payload.bytes);
  if (!parts) {
    return parts.error();
  }
  const Audience audience = audience_of(place, *type, *parts);
  Groups groups;
  groups.fields.reserve(parts->fields.size());
  groups.labels.reserve(type->label_sets.size());
  for (std::uint32_t set = 0; set < type->label_sets.size(); ++set) {
    const std::size_t first = groups.fields.size();
    for (const PrivateField& field : parts->fields) {
      if (field.labels == set) {
        groups.fields.push_back({field.path, field.value});
      }
    }
    const std::size_t count = groups.fields.size() - first;
    if (count == 0) {
      continue;
    }
    auto recipients = readers_of(place, type->label_sets[set], audience);
    if (recipients == nullptr) {
      groups.fields.resize(first);
      withheld_.fetch_add(1, std::memory_order_relaxed);
      tell_withheld(place, *type, *parts, set);
      continue;
    }
    const auto& names =
        groups.labels.emplace_back(type->label_sets[set].begin(), type->label_sets[set].end());
    groups.list.push_back({names, {groups.fields.data() + first, count}, recipients.get()});
    groups.recipients.push_back(std::move(recipients));
  }
  return seal_groups(place, *type, *parts, groups);
}

core::Result<rpc::Payload> Codec::seal_groups(const PayloadPlace& place, const Type& type,
                                              const Split& split, const Groups& groups) {
  const envelope::Field clear{kRootPath, split.clear};
  const auto correlation = correlation_of(place);
  envelope::Message message;
  message.type = type.name;
  message.network = recipients_.directory().find_network(place.network);
  message.context = context_of(place, correlation);
  message.clear = {&clear, 1};
  message.groups = groups.list;
  const auto known = place.peer.is_zero() ? nullptr : kept_.kept_by(place.peer);
  if (known != nullptr) {
    message.known = *known;
  }
  const bool stored = place.kind == PayloadPlace::Kind::kStored;
  auto sealed = sealers_.lease()->seal(envelope::Suite::kX25519Aes, message, envelope::Mode::kFull,
                                       stored ? environment_.signer.get() : nullptr);
  if (!sealed) {
    return sealed.error();
  }
  sealed_.fetch_add(1, std::memory_order_relaxed);
  compact_.fetch_add(sealed->compact > 0 ? 1 : 0, std::memory_order_relaxed);
  rpc::Payload out = rpc::Payload::own(std::move(sealed->bytes), rpc::Encoding::kSealed);
  out.type = type.id;
  return out;
}

core::Result<rpc::Payload> Codec::in_full(const core::NodeId& peer, const rpc::Payload& sealed) {
  kept_.forget(peer);
  auto bytes = envelope::Repacker(epochs_).repack(sealed.bytes, envelope::Mode::kFull);
  if (!bytes) {
    return failed(Errc::kKekUnknown, bytes.error().about);
  }
  rpc::Payload out = rpc::Payload::own(std::move(*bytes), rpc::Encoding::kSealed);
  out.type = sealed.type;
  return out;
}

void Codec::peer_began(const core::NodeId& peer) {
  kept_.forget(peer);
  keks_.forget(peer);
}

core::Result<rpc::Payload> Codec::open(const PayloadPlace& place, const rpc::Payload& payload) {
  const auto opened = open_envelope(place, payload);
  if (!opened) {
    return refuse(place, opened.error());
  }
  auto value = join(*opened);
  if (!value) {
    return refuse(place, value.error());
  }
  if (auto fresh = check_fresh(place, opened->info); !fresh) {
    return refuse(place, fresh.error());
  }
  keep_keks(place, *opened);
  for (const envelope::OpenedGroup& group : opened->groups) {
    redacted_.fetch_add(group.fields ? 0 : 1, std::memory_order_relaxed);
  }
  opened_.fetch_add(1, std::memory_order_relaxed);
  rpc::Payload out = rpc::Payload::own(core::Buffer::copy(*value), rpc::Encoding::kCbor);
  out.type = payload.type;
  return out;
}

core::Result<envelope::Opened> Codec::open_envelope(const PayloadPlace& place,
                                                    const rpc::Payload& payload) {
  const auto correlation = correlation_of(place);
  envelope::Expected expected;
  expected.network = recipients_.directory().find_network(place.network);
  expected.context = context_of(place, correlation);
  if (const Type* type = types_.find(payload.type)) {
    expected.type = type->name;
  }
  if (!place.peer.is_zero()) {
    expected.peer = place.peer;
  }
  auto outcome = openers_.lease()->open(payload.bytes, expected);
  if (!outcome) {
    return outcome.error();
  }
  if (std::holds_alternative<envelope::KekUnknown>(*outcome)) {
    return failed(Errc::kKekUnknown, place.path);
  }
  return std::get<envelope::Opened>(std::move(*outcome));
}

// What the peer sent in full it need only name from now on.
void Codec::keep_keks(const PayloadPlace& place, const envelope::Opened& opened) {
  if (!tell_ || opened.epochs.empty() || place.peer == environment_.self) {
    return;
  }
  const core::TimePoint now = environment_.clock.now();
  std::vector<envelope::KeyId> ids;
  for (const envelope::KeyId& id : opened.epochs) {
    if (keks_.pin(place.peer, id, now) && kept_.tell(place.peer, id, now)) {
      ids.push_back(id);
    }
  }
  if (!ids.empty()) {
    tell_(place.peer, ids);
  }
}

// A reply is bound to its request by the stream that it comes on; what was kept is old, and who
// keeps it tells its copies apart.
core::Result<void> Codec::check_fresh(const PayloadPlace& place, const envelope::Core& info) {
  if (place.kind == PayloadPlace::Kind::kReply || place.kind == PayloadPlace::Kind::kStored) {
    return {};
  }
  const std::lock_guard lock(replay_mutex_);
  return replays_.accept(info.sender, info.id, info.created_ms, environment_.clock.wall());
}

// The reason is for the log and the counters. Whoever sent it gets one answer for all reasons.
core::Error Codec::refuse(const PayloadPlace& place, const core::Error& why) {
  if (why.code == Errc::kKekUnknown) {
    return why;
  }
  refused_.fetch_add(1, std::memory_order_relaxed);
  const std::size_t number = static_cast<std::size_t>(why.code) - 8000;
  if (number < failures_.size()) {
    failures_[number].fetch_add(1, std::memory_order_relaxed);
  }
  environment_.log.warn("a message with private fields was refused",
                        {core::field("from", place.peer.text()), core::field("path", place.path),
                         core::field("why", core::describe(why))});
  return failed(Errc::kSealedRefused, place.path);
}

Stats Codec::stats() const {
  Stats stats{sealed_.load(),   compact_.load(),  opened_.load(),  redacted_.load(),
              withheld_.load(), left_out_.load(), refused_.load(), {}};
  for (std::size_t i = 0; i < failures_.size(); ++i) {
    stats.failures[i] = failures_[i].load();
  }
  return stats;
}

}  // namespace runard::sealing
