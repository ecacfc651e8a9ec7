// TrustBundle: whom this node believes: the root CAs of its mesh, and who is denied all the same.
//
// An immutable value, cheap to copy; any thread. A reload makes a new one.
#pragma once

#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "core/ids.h"
#include "core/result.h"
#include "crypto/certificate.h"
#include "crypto/chain.h"

namespace runard::identity {

inline constexpr std::size_t kMaxRoots = 8;

// By node id: a denied node stays denied under any certificate of its key. A denied key may be a
// CA's too: nothing below it counts.
struct Denylist {
  std::set<core::NodeId> nodes;
  std::set<std::pair<core::NodeId, core::NetworkId>> memberships;
  std::set<crypto::Sha256> keys;  // of the SubjectPublicKeyInfo
  friend bool operator==(const Denylist&, const Denylist&) = default;
};

class TrustBundle {
 public:
  // Errors: kCertificateInvalid for no root, more than kMaxRoots, or one that is no root CA.
  static core::Result<TrustBundle> create(std::vector<crypto::Certificate> roots,
                                          Denylist denied = {});

  const std::vector<crypto::Certificate>& roots() const { return *roots_; }
  const crypto::TrustStore& store() const { return store_; }
  const Denylist& denied() const { return *denied_; }

 private:
  TrustBundle(crypto::TrustStore store, std::vector<crypto::Certificate> roots, Denylist denied)
      : store_(std::move(store)),
        roots_(std::make_shared<const std::vector<crypto::Certificate>>(std::move(roots))),
        denied_(std::make_shared<const Denylist>(std::move(denied))) {}

  crypto::TrustStore store_;
  std::shared_ptr<const std::vector<crypto::Certificate>> roots_;
  std::shared_ptr<const Denylist> denied_;
};

}  // namespace runard::identity
