// KeyRing: the private keys that this node opens envelopes with, and the signing keys of nodes
// whose certificates it has seen.
//
// What is held is replaced as a whole after each change of the keystore (node_keys.h); a key that
// was handed out stays usable while it is held.
// Threading: any thread; find() and signer() take a lock for as long as copying a pointer takes.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "core/result.h"
#include "envelope/key_ring.h"

namespace runard::keys {

inline constexpr std::size_t kMaxHeldKeys = 4096;
inline constexpr std::size_t kMaxSigners = 8192;

// One private key that opens.
struct HeldKey {
  envelope::KeyAddress address;  // of a profile, network or node
  std::shared_ptr<const crypto::AgreementPrivateKey> key;
};

class KeyRing final : public envelope::KeyRing {
 public:
  // Everything that is held from now on. Of two with one address the first counts; more than
  // kMaxHeldKeys are kInvalidArgument and change nothing.
  core::Result<void> hold(std::vector<HeldKey> keys);
  // `node` signs with this key: seen in a certificate that verify_peer accepted. Above kMaxSigners
  // the one that was learned first is forgotten.
  void learn_signer(const core::NodeId& node, const crypto::PublicKey& key);
  void forget_signer(const core::NodeId& node);

  std::size_t size() const;

  std::shared_ptr<const crypto::AgreementPrivateKey> find(
      const envelope::KeyAddress& address) const override;
  std::shared_ptr<const crypto::PublicKey> signer(const core::NodeId& node,
                                                  const envelope::KeyId& id) const override;

 private:
  using Held = std::map<envelope::KeyAddress, std::shared_ptr<const crypto::AgreementPrivateKey>>;
  struct Signer {
    envelope::KeyId id;
    std::shared_ptr<const crypto::PublicKey> key;
    std::uint64_t learned = 0;
  };
  void forget_oldest();

  mutable std::mutex mutex_;  // protects all below
  std::shared_ptr<const Held> held_ = std::make_shared<const Held>();
  std::unordered_map<core::NodeId, Signer> signers_;
  std::map<std::uint64_t, core::NodeId> by_age_;
  std::uint64_t learned_ = 0;
};

}  // namespace runard::keys
