// What a TLS context is made of. `transport` owns the contexts; here is only the material.
//
// TlsMaterial is immutable and shared; a reload puts another one into the slot, new connections
// take that, old ones keep theirs.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "crypto/certificate.h"
#include "crypto/key.h"
#include "identity/trust_bundle.h"

namespace runard::identity {

struct TlsMaterial {
  crypto::PrivateKey key;
  crypto::Certificate certificate;                 // this node's
  std::vector<crypto::Certificate> intermediates;  // sent after it; without the root
  TrustBundle trust;                               // for verify_peer
};

// Any thread. Read at each new connection: compare the pointer to know whether it changed.
class TlsMaterialSlot {
 public:
  explicit TlsMaterialSlot(std::shared_ptr<const TlsMaterial> material)
      : material_(std::move(material)) {}

  std::shared_ptr<const TlsMaterial> get() const {
    const std::lock_guard lock(mutex_);
    return material_;
  }
  void set(std::shared_ptr<const TlsMaterial> material) {
    const std::lock_guard lock(mutex_);
    material_ = std::move(material);
  }

 private:
  mutable std::mutex mutex_;  // protects material_
  std::shared_ptr<const TlsMaterial> material_;
};

}  // namespace runard::identity
