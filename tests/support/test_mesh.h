// TestMesh: a mesh CA in memory that makes nodes with certificates, for tests of anything that
// needs two ends of TLS.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/check.h"
#include "core/random.h"
#include "identity/issue.h"
#include "identity/profile.h"
#include "identity/tls_material.h"

namespace runard::test {

inline constexpr core::WallTime kMeshBorn{std::chrono::seconds(1'750'000'000)};  // June 2025

class TestMesh {
 public:
  explicit TestMesh(const std::string& name = "test", core::WallTime born = kMeshBorn)
      : born_(born),
        key_(take(crypto::PrivateKey::generate())),
        root_(take(identity::issue_root(key_, name, std::chrono::hours(24 * 365), born, random_))) {
  }

  const crypto::PrivateKey& key() const { return key_; }
  const crypto::Certificate& root() const { return root_; }
  core::WallTime born() const { return born_; }
  identity::TrustBundle trust(identity::Denylist denied = {}) const {
    return take(identity::TrustBundle::create({root_}, std::move(denied)));
  }

  core::NetworkId network() {
    core::NetworkId id;
    random_.fill(id.bytes);
    return id;
  }

  crypto::Certificate sign(const crypto::PublicKey& key, const identity::Grant& grant) {
    return take(identity::issue_node({key_, root_}, key, grant, born_, random_));
  }
  // A member of `networks`, valid for a day from born().
  std::shared_ptr<const identity::TlsMaterial> node(std::string name,
                                                    std::vector<core::NetworkId> networks) {
    auto key = take(crypto::PrivateKey::generate());
    auto certificate =
        sign(key.public_key(), {std::move(name), std::move(networks), std::chrono::hours(24)});
    return std::make_shared<const identity::TlsMaterial>(
        identity::TlsMaterial{std::move(key), std::move(certificate), {}, trust()});
  }

 private:
  template <class T>
  static T take(core::Result<T> result) {
    RUNARD_CHECK(result.has_value());
    return std::move(*result);
  }

  core::WallTime born_;
  core::SystemRandom random_;
  crypto::PrivateKey key_;
  crypto::Certificate root_;
};

}  // namespace runard::test
