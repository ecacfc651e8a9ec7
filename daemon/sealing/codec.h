// Codec: seals payloads with private fields where they leave the node, and opens them where they
// come in. README.md says how.
//
// Threads: any. Sealing without an epoch's KEK, and opening without one, costs HPKE: 0.1 to 0.2 ms
// a recipient. Lifetime: all that it is given outlives it.
#pragma once

#include <array>
#include <atomic>
#include <functional>

#include "core/log.h"
#include "envelope/opener.h"
#include "envelope/replay_guard.h"
#include "envelope/sealer.h"
#include "rpc/payload_codec.h"
#include "sealing/kept_keks.h"
#include "sealing/pool.h"
#include "sealing/recipients.h"
#include "sealing/split.h"
#include "sealing/type_table.h"

namespace runard::sealing {

struct Stats {
  std::uint64_t sealed = 0;                  // messages
  std::uint64_t compact = 0;                 // of them, with a group that only names its key
  std::uint64_t opened = 0;                  // messages
  std::uint64_t redacted = 0;                // groups of them that there was no key for
  std::uint64_t withheld = 0;                // groups of sealed ones that had no recipient
  std::uint64_t left_out = 0;                // recipients that a message named, for each group
  std::uint64_t refused = 0;                 // messages that failed, for whatever reason
  std::array<std::uint64_t, 13> failures{};  // of them, by the code's last two digits: E8001 is 1
};

// A private field that nobody could be found to seal to: the receiver has the mark in its place.
struct Withheld {
  std::string field;  // its path; kWholePath: the value
  LabelSet labels;
};

class Codec final : public rpc::PayloadCodec {
 public:
  struct Environment {
    core::NodeId self;
    std::shared_ptr<const crypto::PrivateKey> signer;  // the node's identity key
    const envelope::KeyRing& ring;
    const core::Clock& clock;
    core::Random& random;
    core::Log log;
  };
  Codec(Environment environment, Recipients& recipients, const TypeTable& types);

  bool is_private(std::uint64_t type) const override { return types_.find(type) != nullptr; }
  core::Result<rpc::Payload> seal(const rpc::PayloadPlace& place,
                                  const rpc::Payload& payload) override;
  core::Result<rpc::Payload> open(const rpc::PayloadPlace& place,
                                  const rpc::Payload& payload) override;
  core::Result<rpc::Payload> in_full(const core::NodeId& peer, const rpc::Payload& sealed) override;
  // What seal() withholds of such a payload; nothing of one that it can't seal.
  std::vector<Withheld> withheld(const rpc::PayloadPlace& place, const rpc::Payload& payload);
  bool acts_for(const core::NodeId& node, const core::ProfileId& profile) const override {
    return recipients_.directory().acts_for(node.is_zero() ? environment_.self : node, profile);
  }

  // The peer is to be told that this node keeps those KEKs of its epochs; it says peer_keeps()
  // there. Called by who opens. Set before the first message.
  using Tell = std::function<void(const core::NodeId& peer, std::span<const envelope::KeyId> ids)>;
  void on_kept(Tell tell) { tell_ = std::move(tell); }
  void peer_keeps(const core::NodeId& peer, std::span<const envelope::KeyId> ids) {
    kept_.heard(peer, ids);
  }
  // A new run of the peer: it keeps nothing, and its old epochs come no more.
  void peer_began(const core::NodeId& peer);

  // This node has other keys now.
  void keys_changed() { keks_.forget_for_others(); }
  Stats stats() const;

 private:
  struct Groups;
  Recipients::SetPtr readers_of(const rpc::PayloadPlace& place, const LabelSet& labels,
                                const Audience& audience);
  void tell_withheld(const rpc::PayloadPlace& place, const Type& type, const Split& split,
                     std::uint32_t set) const;
  Audience audience_of(const rpc::PayloadPlace& place, const Type& type, const Split& split) const;
  core::Result<rpc::Payload> seal_groups(const rpc::PayloadPlace& place, const Type& type,
                                         const Split& split, const Groups& groups);
  core::Result<envelope::Opened> open_envelope(const rpc::PayloadPlace& place,
                                               const rpc::Payload& payload);
  void keep_keks(const rpc::PayloadPlace& place, const envelope::Opened& opened);
  core::Result<void> check_fresh(const rpc::PayloadPlace& place, const envelope::Core& info);
  core::Error refuse(const rpc::PayloadPlace& place, const core::Error& why);

  const Environment environment_;
  Recipients& recipients_;
  const TypeTable& types_;
  envelope::EpochKeys epochs_;
  envelope::KekCache keks_;
  KeptKeks kept_;
  Tell tell_;
  Pool<envelope::Sealer> sealers_;
  Pool<envelope::Opener> openers_;
  std::mutex replay_mutex_;
  envelope::ReplayGuard replays_;
  std::atomic<std::uint64_t> sealed_{0}, compact_{0}, opened_{0}, redacted_{0}, withheld_{0},
      left_out_{0}, refused_{0};
  std::array<std::atomic<std::uint64_t>, 13> failures_{};
};

}  // namespace runard::sealing
