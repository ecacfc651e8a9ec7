// CaFolder: a CA's folder, opened to sign with: the CA and the keystore of its networks' keys,
// which are under the same passphrase, or both in clear.
//
// Holds the locks of both while it lives. Stays where it is made: its parts refer to each other.
#pragma once

#include <filesystem>
#include <memory>

#include "keys/network_authority.h"
#include "keys/node_request.h"

namespace runard::keys {

struct CaFolder {
  // `passphrase`: empty for none. Errors: those of Authority::open and
  // NetworkAuthority::open_store.
  static core::Result<std::unique_ptr<CaFolder>> open(const identity::Host& host,
                                                      const std::filesystem::path& folder,
                                                      const crypto::SecretBytes& passphrase);
  // With the CA opened before, under the same passphrase.
  static core::Result<std::unique_ptr<CaFolder>> open(const identity::Host& host,
                                                      identity::Authority ca,
                                                      const crypto::SecretBytes& passphrase);
  CaFolder(const CaFolder&) = delete;
  CaFolder& operator=(const CaFolder&) = delete;

  identity::Authority ca;
  Keystore store;
  NetworkAuthority networks;

 private:
  CaFolder(const identity::Host& host, const std::filesystem::path& folder,
           identity::Authority its_ca, Keystore its_store)
      : ca(std::move(its_ca)), store(std::move(its_store)), networks(host, folder, ca, store) {}
};

}  // namespace runard::keys
