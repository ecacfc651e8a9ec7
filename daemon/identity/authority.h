// Authority: a mesh's CA as a folder of files, which may live on a machine without a network:
//
//   ca.key       private key, 0600: PKCS #8, or sealed_key.h's form under a passphrase
//   ca.crt       its certificate
//   networks     lines of "ID NAME"                  issued.log   every issuance (issue_log.h)
//   lock         held while the CA is open
//
// What it grants comes from its operator alone: of a request only the key is taken.
// Errors: kCaMissing, kIdentityUnreadable, kFileMode, kStateLocked, kSystem, and as said below.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/random.h"
#include "core/result.h"
#include "crypto/request.h"
#include "identity/bundle.h"
#include "identity/disk.h"
#include "identity/file_lock.h"
#include "identity/issue_log.h"

namespace runard::identity {

// The world around, as tests may replace it. What it refers to outlives whoever holds it.
struct Host {
  Disk& disk;
  const core::Clock& clock;
  core::Random& random;
};

// What the operator orders a certificate with.
struct Order {
  const crypto::SigningRequest& request;
  std::string name;
  std::vector<std::string> networks;  // names
  core::Duration lifetime{};
  bool replace = false;  // the name may belong to another node
  std::vector<std::string> groups{};
};

class Authority {
 public:
  // A new CA in `folder`, which is made if its parent exists. kConflict when one is there. With a
  // passphrase its key is encrypted under it, without (empty) it is not.
  static core::Result<Authority> create(const Host& host, const std::filesystem::path& folder,
                                        const std::string& name, core::Duration lifetime,
                                        const crypto::SecretBytes& passphrase = {});
  // kKeystoreKek when its key is encrypted and no passphrase is given, kKeystoreLocked when that is
  // the wrong one.
  static core::Result<Authority> open(const Host& host, const std::filesystem::path& folder,
                                      const crypto::SecretBytes& passphrase = {});
  // Whether its key takes a passphrase.
  static bool is_encrypted(const std::filesystem::path& folder);

  // Without the lock and without the key: for looking at a CA.
  static core::Result<crypto::Certificate> certificate_in(const std::filesystem::path& folder);
  static core::Result<std::vector<NetworkDescriptor>> networks_in(
      const std::filesystem::path& folder);
  static IssueLog issued_in(const std::filesystem::path& folder);

  const crypto::Certificate& certificate() const { return certificate_; }

  // kConflict when there is a network of that name, kInvalidArgument for a bad name.
  core::Result<NetworkDescriptor> create_network(const std::string& name);

  // Records the issuance durably, then gives the bundle. kConflict when the name belongs to another
  // node and `replace` is not set, kNotFound for an unknown network, issue_node's errors.
  core::Result<Bundle> sign(const Order& order);

 private:
  Authority(const Host& host, std::filesystem::path folder, FileLock lock, crypto::PrivateKey key,
            crypto::Certificate certificate)
      : host_(host),
        folder_(std::move(folder)),
        lock_(std::move(lock)),
        key_(std::move(key)),
        certificate_(std::move(certificate)) {}
  core::Result<void> check_name(const Order& order) const;

  Host host_;
  std::filesystem::path folder_;
  FileLock lock_;
  crypto::PrivateKey key_;
  crypto::Certificate certificate_;
};

}  // namespace runard::identity
