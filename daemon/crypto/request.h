// SigningRequest: a PKCS #10 request whose self-signature was verified: whoever made it held the
// private key. There is no unverified value of this type. Everything in it but the key is only the
// asker's wish.
//
// Errors: kRequestInvalid. An immutable value; any thread.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"
#include "crypto/key.h"

namespace runard::crypto {

class SigningRequest {
 public:
  static core::Result<SigningRequest> create(const PrivateKey& key, std::string_view common_name);
  static core::Result<SigningRequest> from_pem(std::string_view text);  // at most 16 KiB

  const PublicKey& public_key() const { return key_; }
  const std::string& common_name() const { return common_name_; }
  std::string pem() const;

 private:
  SigningRequest(core::Bytes der, PublicKey key, std::string common_name)
      : der_(std::move(der)), key_(std::move(key)), common_name_(std::move(common_name)) {}
  static core::Result<SigningRequest> from_der(core::ByteView der);

  core::Bytes der_;
  PublicKey key_;
  std::string common_name_;
};

}  // namespace runard::crypto
