#include "envelope/sealer.h"

#include <algorithm>
#include <runar/cbor/utf8.hpp>

#include "envelope/signature.h"
#include "envelope/stanza.h"
#include "wire/cbor.h"

namespace runard::envelope {
namespace {

using core::Errc;

constexpr std::size_t kKeptMemory = 256 * 1024;
constexpr std::size_t kCoreAt = 1;  // after the head of the envelope's array

core::Error bad(const char* about) {
  return core::fail(Errc::kInvalidArgument, about);
}
core::Error too_much(const char* about) {
  return core::fail(Errc::kEnvelopeLimit, about);
}

constexpr std::size_t head_size(std::size_t argument) {
  return argument < 24 ? 1 : argument <= 0xff ? 2 : argument <= 0xffff ? 3 : 5;
}

std::size_t map_size(std::span<const FieldOrder::Slot> slots) {
  std::size_t size = head_size(slots.size());
  for (const FieldOrder::Slot& slot : slots) {
    const std::size_t path = slot.field->path.size();
    size += head_size(path) + path + slot.field->value.size();
  }
  return size;
}

core::Result<void> check_labels(std::span<const std::string_view> labels) {
  if (labels.empty() || labels.size() > kMaxLabels) {
    return too_much("a group has 1 to 16 labels");
  }
  std::string_view last;
  for (const std::string_view label : labels) {
    if (label.size() > kMaxLabel) {
      return too_much("a label is too long");
    }
    if (label <= last || !runar::cbor::is_utf8(label)) {
      return bad("labels are empty, not UTF-8, out of order or repeated");
    }
    last = label;
  }
  return {};
}

core::Result<void> check_groups(std::span<const Group> groups) {
  if (groups.size() > kMaxGroups) {
    return too_much("a message has at most 16 groups");
  }
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (groups[i].recipients == nullptr || groups[i].fields.empty()) {
      return bad("a group without recipients or fields");
    }
    if (const auto good = check_labels(groups[i].labels); !good) {
      return good;
    }
    for (std::size_t k = 0; k < i; ++k) {
      if (std::ranges::equal(groups[k].labels, groups[i].labels)) {
        return bad("two groups with the same labels");
      }
    }
  }
  return {};
}

core::Result<void> check_context(const Message& message) {
  const Context& context = message.context;
  if (message.type.size() > kMaxType || context.path.size() > kMaxPath ||
      context.correlation.size() > kMaxCorrelation) {
    return too_much("the type, path or correlation is too long");
  }
  if (!runar::cbor::is_utf8(message.type) || !runar::cbor::is_utf8(context.path)) {
    return bad("the type or path is not UTF-8");
  }
  return {};
}

std::uint64_t ms_since_1970(core::WallTime time) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
  return static_cast<std::uint64_t>(std::max<decltype(ms)>(ms, 0));
}

}  // namespace

core::Result<Sealed> Sealer::seal(Suite suite, const Message& message, Mode mode,
                                  const crypto::PrivateKey* signer) {
  if (message.context.kind == Kind::kStored && signer == nullptr) {
    return bad("what is stored has to be signed");
  }
  if (const auto good = check(message); !good) {
    return good.error();
  }
  info_ = {suite,
           message.type,
           message.network,
           epochs_.sender(),
           {},
           ms_since_1970(clock_.wall()),
           message.context};
  random_.fill(info_.id.bytes);  // here and nowhere else: no key is ever used twice
  const auto done = write(message, mode, signer);
  const auto plans = std::span(plans_).first(message.groups.size());
  const auto compact = static_cast<std::size_t>(std::ranges::count(plans, true, &Plan::compact));
  forget(message.groups.size());
  if (!done) {
    return done.error();
  }
  Sealed sealed{info_.id, core::Buffer::copy(out_), compact};
  if (out_.capacity() > kKeptMemory) {
    out_ = {};
  }
  return sealed.bytes ? core::Result<Sealed>(std::move(sealed))
                      : core::fail(Errc::kOutOfMemory, "an envelope");
}

core::Result<void> Sealer::write(const Message& message, Mode mode,
                                 const crypto::PrivateKey* signer) {
  schedule_.begin(info_.suite, info_.id);
  for (std::size_t i = 0; i < message.groups.size(); ++i) {
    if (const auto done = plan_group(message, mode, i); !done) {
      return done;
    }
  }
  write_core(message);
  const std::size_t core_size = out_.size() - kCoreAt;
  wire::CborWriter(out_).array(message.groups.size());
  for (std::size_t i = 0; i < message.groups.size(); ++i) {
    write_group(i);
  }
  return write_tail(signer, core_size);
}

core::Result<void> Sealer::check(const Message& message) {
  if (const auto good = check_context(message); !good) {
    return good;
  }
  if (const auto good = check_groups(message.groups); !good) {
    return good;
  }
  order_.clear();
  auto good = order_.add(0, message.clear);
  for (std::size_t i = 0; i < message.groups.size() && good; ++i) {
    good = order_.add(i + 1, message.groups[i].fields);
  }
  if (good) {
    good = order_.sort();
  }
  std::size_t size = 0;
  for (std::size_t map = 0; map <= message.groups.size() && good; ++map) {
    size += map_size(order_.of(map));
  }
  if (good && size > kMaxContent) {
    return too_much("the message is too large");
  }
  return good;
}

core::Result<void> Sealer::plan_group(const Message& message, Mode mode, std::size_t index) {
  const RecipientSet& recipients = *message.groups[index].recipients;
  Plan& plan = plans_[index];
  if (recipients.kem() != hpke_of(info_.suite).kem) {
    return bad("the recipients' keys are not of the suite");
  }
  Secret dek;
  if (mode == Mode::kOnce) {
    if (const auto done = wrap_once(recipients, index, dek); !done) {
      return done;
    }
  } else {
    auto epoch = epochs_.use(info_.suite, recipients);
    if (!epoch) {
      return epoch.error();
    }
    plan.epoch = std::move(*epoch);
    plan.compact = mode == Mode::kCompact || std::ranges::count(message.known, plan.epoch->id) > 0;
    schedule_.derive_dek(plan.epoch->kek.view(), index, dek);
  }
  schedule_.derive(dek.view(), index, plan.keys);
  plan.plaintext_size = map_size(order_.of(index + 1));
  return {};
}

core::Result<void> Sealer::wrap_once(const RecipientSet& recipients, std::size_t index,
                                     Secret& dek) {
  random_.fill(dek.bytes());
  core::Bytes& stanzas = plans_[index].once;
  wire::CborWriter(stanzas).array(recipients.recipients().size());
  return append_stanzas(Wrapping::of_dek(info_.suite, info_.id, index), recipients, dek, random_,
                        stanzas);
}

void Sealer::write_core(const Message& message) {
  out_.clear();
  wire::CborWriter writer(out_);
  writer.array(3);
  writer.map(10);
  const auto number = [&](std::uint64_t key, std::uint64_t value) {
    writer.key(key);
    writer.number(value);
  };
  number(1, 1);
  number(2, static_cast<std::uint64_t>(info_.suite));
  writer.key(3);
  writer.text(info_.type);
  writer.key(4);
  if (info_.network) {
    writer.bytes(info_.network->bytes);
  } else {
    writer.null();
  }
  writer.key(5);
  writer.bytes(info_.sender.bytes);
  writer.key(6);
  writer.bytes(info_.id.bytes);
  number(7, info_.created_ms);
  writer.key(8);
  writer.map(3);
  number(1, static_cast<std::uint64_t>(info_.context.kind));
  writer.key(2);
  writer.text(info_.context.path);
  writer.key(3);
  writer.bytes(info_.context.correlation);
  writer.key(9);
  write_fields(0);
  writer.key(10);
  writer.array(message.groups.size());
  aad_.begin(core::ByteView(out_).subspan(kCoreAt));
  for (std::size_t i = 0; i < message.groups.size(); ++i) {
    write_header(message.groups[i], i);
  }
  aad_.end();
}

void Sealer::write_fields(std::size_t map) {
  const auto slots = order_.of(map);
  wire::CborWriter writer(out_);
  writer.map(slots.size());
  for (const FieldOrder::Slot& slot : slots) {
    writer.text(slot.field->path);
    out_.insert(out_.end(), slot.field->value.begin(), slot.field->value.end());
  }
}

void Sealer::write_header(const Group& group, std::size_t index) {
  constexpr Hash kLater{};
  Plan& plan = plans_[index];
  wire::CborWriter writer(out_);
  writer.array(4);
  plan.labels_at = out_.size();
  writer.array(group.labels.size());
  for (const std::string_view label : group.labels) {
    writer.text(label);
  }
  plan.labels_size = out_.size() - plan.labels_at;
  aad_.add(core::ByteView(out_).subspan(plan.labels_at), plan.keys.commitment);
  writer.bytes(plan.keys.commitment);
  writer.number(plan.plaintext_size + crypto::kAeadTagSize);
  writer.bytes(kLater);
  plan.hash_at = out_.size() - kLater.size();
}

void Sealer::write_group(std::size_t index) {
  const Plan& plan = plans_[index];
  const core::Bytes& stanzas = plan.epoch == nullptr ? plan.once
                               : plan.compact        ? plan.epoch->compact
                                                     : plan.epoch->full;
  wire::CborWriter writer(out_);
  writer.array(3);
  out_.insert(out_.end(), stanzas.begin(), stanzas.end());
  writer.bytes(schedule_.stanza_hmac(plan.keys, stanzas));
  writer.bytes_head(plan.plaintext_size + crypto::kAeadTagSize);
  const std::size_t at = out_.size();
  write_fields(index + 1);
  out_.resize(out_.size() + crypto::kAeadTagSize);
  const auto sealed = std::span(out_).subspan(at);
  const auto labels = core::ByteView(out_).subspan(plan.labels_at, plan.labels_size);
  ciphers_.of(info_.suite)
      .seal(plan.keys.key.view(), kNonce, aad_.of(index, labels).view(),
            sealed.first(plan.plaintext_size), sealed);
  hasher_.update(sealed);
  std::ranges::copy(hasher_.finish(), out_.begin() + static_cast<std::ptrdiff_t>(plan.hash_at));
}

core::Result<void> Sealer::write_tail(const crypto::PrivateKey* signer, std::size_t core_size) {
  wire::CborWriter writer(out_);
  if (signer == nullptr) {
    writer.map(0);
    return {};
  }
  const auto signature = sign_core(*signer, core::ByteView(out_).subspan(kCoreAt, core_size));
  if (!signature) {
    return signature.error();
  }
  writer.map(2);
  writer.key(1);
  writer.bytes(*signature);
  writer.key(2);
  writer.bytes(signer_id(signer->public_key()).bytes);
  return {};
}

void Sealer::forget(std::size_t groups) {
  for (Plan& plan : std::span(plans_).first(groups)) {
    plan.epoch.reset();
    plan.once.clear();
    plan.compact = false;
    plan.keys.key.clear();
    plan.keys.stanza_key.clear();
  }
}

}  // namespace runard::envelope
