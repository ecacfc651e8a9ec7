// Authority: a mesh's CA as a folder of files, which may live on a machine without a network:
//
//   ca.key       private key, 0600: PKCS #8, or sealed_key.h's form under a passphrase
//   ca.crt       its certificate
//   networks     lines of "ID NAME"                  issued.log   every issuance (issue_log.h)
//   trust.pem    the newest trust statement          denylist.pem the newest denylist
//   lock         held while the CA is open           and files of a rotation (rotation.h)
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
#include "identity/statement.h"

namespace runard::identity {

inline constexpr const char* kCaKeyFile = "ca.key";
inline constexpr const char* kCaCertificateFile = "ca.crt";
inline constexpr const char* kTrustFile = "trust.pem";
inline constexpr const char* kDenylistFile = "denylist.pem";
inline constexpr const char* kActivatedFile = "activated";  // while the CA has two roots

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
  bool renewal = false;               // nobody ordered it: it is granted again
  std::vector<std::string> labels{};  // of the node: node_labels.h
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
  // kConflict for a copy (ca_copy.h), unless it is opened for a renewal.
  enum class Purpose : std::uint8_t { kAny, kRenewal };
  static core::Result<Authority> open(const Host& host, const std::filesystem::path& folder,
                                      const crypto::SecretBytes& passphrase = {},
                                      Purpose purpose = Purpose::kAny);
  // After a rotation: signs with the root that the folder has now. open()'s errors; then it stays
  // as it was.
  core::Result<void> reload();
  // Whether its key takes a passphrase.
  static bool is_encrypted(const std::filesystem::path& folder);

  // Without the lock and without the key: for looking at a CA.
  static core::Result<crypto::Certificate> certificate_in(const std::filesystem::path& folder);
  static core::Result<std::vector<NetworkDescriptor>> networks_in(
      const std::filesystem::path& folder);
  static IssueLog issued_in(const std::filesystem::path& folder);

  const crypto::Certificate& certificate() const { return certificate_; }
  const crypto::PrivateKey& key() const { return key_; }
  const std::filesystem::path& folder() const { return folder_; }
  const Host& host() const { return host_; }
  // A key as the CA keeps its own: under its passphrase, if it has one.
  core::Result<crypto::SecretBytes> key_text(const crypto::PrivateKey& key) const;
  core::Result<crypto::PrivateKey> read_key(const std::filesystem::path& file) const;

  // kConflict when there is a network of that name, kInvalidArgument for a bad name.
  core::Result<NetworkDescriptor> create_network(const std::string& name);

  // Before it is signed: kConflict when the name belongs to another node and `replace` is not set.
  core::Result<void> check_name(const Order& order) const;
  // Records the issuance durably, then gives the bundle. kConflict when the name belongs to another
  // node and `replace` is not set, kNotFound for an unknown network, issue_node's errors.
  core::Result<Bundle> sign(const Order& order);

  // Says something about the mesh, signed by the CA. Errors: those of Statement::sign.
  core::Result<Statement> state(Claim claim) const {
    return Statement::sign(std::move(claim), key_);
  }

 private:
  // What the CA's key and certificate are, and what its key is encrypted under.
  struct Root {
    crypto::PrivateKey key;
    crypto::Certificate certificate;
    crypto::SecretBytes passphrase;  // empty: nothing
  };
  static core::Result<Root> read_root(const std::filesystem::path& folder,
                                      const crypto::SecretBytes& passphrase);
  Authority(const Host& host, std::filesystem::path folder, FileLock lock, Root root)
      : host_(host),
        folder_(std::move(folder)),
        lock_(std::move(lock)),
        key_(std::move(root.key)),
        certificate_(std::move(root.certificate)),
        passphrase_(std::move(root.passphrase)) {}

  Host host_;
  std::filesystem::path folder_;
  FileLock lock_;
  crypto::PrivateKey key_;
  crypto::Certificate certificate_;
  crypto::SecretBytes passphrase_;
};

}  // namespace runard::identity
