// Sealer: makes envelopes. Values in, bytes out.
//
// Threading: one thread at a time; a Sealer a thread, over one EpochKeys. Once an epoch's KEK is
// there and the Sealer has seen a message of that size, sealing without a signature allocates the
// envelope's Buffer and nothing else.
#pragma once

#include <span>

#include "core/buffer.h"
#include "core/clock.h"
#include "core/random.h"
#include "core/result.h"
#include "crypto/key.h"
#include "envelope/ciphers.h"
#include "envelope/core.h"
#include "envelope/epoch_keys.h"
#include "envelope/field_order.h"
#include "envelope/group_aad.h"
#include "envelope/key_schedule.h"

namespace runard::envelope {

// Fields for the same recipients. Labels are 1 to kMaxLabels texts of 1 to kMaxLabel bytes of
// UTF-8, ascending; no other group of the message has the same ones.
struct Group {
  std::span<const std::string_view> labels;
  std::span<const Field> fields;  // at least one
  const RecipientSet* recipients = nullptr;
};

// Everything is borrowed for the time of the call.
struct Message {
  std::string_view type;
  std::optional<core::NetworkId> network;
  Context context;
  std::span<const Field> clear;  // each path once in the whole message, here or in a group
  std::span<const Group> groups;
  // Epochs whose KEK the receiver keeps: with Mode::kFull, groups of theirs are compact.
  std::span<const KeyId> known{};
};

// How a group's secret reaches its recipients.
enum class Mode : std::uint8_t {
  kFull,     // the epoch's KEK, wrapped for each recipient: opens without anything from before
  kCompact,  // the epoch's id alone, for those who have seen kFull
  kOnce,     // a fresh secret, wrapped for each recipient: costs HPKE each time
};

struct Sealed {
  MessageId id;
  core::Buffer bytes;
  std::size_t compact = 0;  // groups that name their epoch and nothing more
};

class Sealer {
 public:
  // All outlive it. `epochs` knows the sender.
  Sealer(EpochKeys& epochs, const core::Clock& clock, core::Random& random)
      : epochs_(epochs), clock_(clock), random_(random) {}

  // `signer` is the sender's identity key: needed where the receiver will not get the message from
  // the sender itself, and for Kind::kStored.
  // kInvalidArgument for what Message and Group don't allow or recipients of another suite;
  // kEnvelopeLimit for too much of something; kOutOfMemory.
  core::Result<Sealed> seal(Suite suite, const Message& message, Mode mode,
                            const crypto::PrivateKey* signer = nullptr);

 private:
  // A group between the steps.
  struct Plan {
    std::shared_ptr<const Epoch> epoch;  // null with Mode::kOnce
    core::Bytes once;                    // the stanzas with Mode::kOnce
    GroupKeys keys;
    std::size_t labels_at = 0;  // in out_
    std::size_t labels_size = 0;
    std::size_t hash_at = 0;
    std::size_t plaintext_size = 0;
    bool compact = false;
  };

  core::Result<void> check(const Message& message);
  core::Result<void> write(const Message& message, Mode mode, const crypto::PrivateKey* signer);
  core::Result<void> plan_group(const Message& message, Mode mode, std::size_t index);
  core::Result<void> wrap_once(const RecipientSet& recipients, std::size_t index, Secret& dek);
  void write_core(const Message& message);
  void write_header(const Group& group, std::size_t index);
  void write_fields(std::size_t map);
  void write_group(std::size_t index);
  core::Result<void> write_tail(const crypto::PrivateKey* signer, std::size_t core_size);
  void forget(std::size_t groups);

  EpochKeys& epochs_;
  const core::Clock& clock_;
  core::Random& random_;
  KeySchedule schedule_;
  Ciphers ciphers_;
  GroupAad aad_;
  crypto::Sha256Hasher hasher_;
  FieldOrder order_;
  Core info_;
  std::array<Plan, kMaxGroups> plans_;
  core::Bytes out_;  // its memory is kept from message to message
};

}  // namespace runard::envelope
