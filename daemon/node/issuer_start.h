// How an issuer comes to the passphrase of its CA: nobody is there to type it.
#pragma once

#include <string>

#include "config/config.h"
#include "core/result.h"
#include "crypto/secret_bytes.h"

namespace runard::node {

inline constexpr const char* kCaCredentialName = "runard.ca";

// The text of issuer.passphrase_file, which is refused when others can read it, or the credential
// "runard.ca" in `credentials` ($CREDENTIALS_DIRECTORY, or empty). Empty when there is no issuer or
// its CA's key is in clear. kKeystoreKek when a passphrase is needed and none was given.
core::Result<crypto::SecretBytes> ca_passphrase(const config::Config& config,
                                                const std::string& credentials);

}  // namespace runard::node
