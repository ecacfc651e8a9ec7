#include "crypto/agreement_key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/hpke.h>
#include <openssl/param_build.h>

#include <cstring>

#include "crypto/openssl_error.h"
#include "crypto/secret_array.h"

namespace runard::crypto {
namespace {

using core::Errc;

using GroupPtr = std::unique_ptr<EC_GROUP, Freer<EC_GROUP_free>>;
using PointPtr = std::unique_ptr<EC_POINT, Freer<EC_POINT_clear_free>>;
using NumberPtr = std::unique_ptr<BIGNUM, Freer<BN_clear_free>>;
using BuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, Freer<OSSL_PARAM_BLD_free>>;
using ParamsPtr = std::unique_ptr<OSSL_PARAM, Freer<OSSL_PARAM_free>>;

constexpr OSSL_HPKE_SUITE suite_of(Kem kem) {
  return {kem == Kem::kX25519 ? std::uint16_t{OSSL_HPKE_KEM_ID_X25519}
                              : std::uint16_t{OSSL_HPKE_KEM_ID_P256},
          OSSL_HPKE_KDF_ID_HKDF_SHA256, OSSL_HPKE_AEAD_ID_AES_GCM_256};
}

KeyPtr public_p256(core::ByteView raw) {
  char group[] = "P-256";
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                        const_cast<std::uint8_t*>(raw.data()), raw.size()),
      OSSL_PARAM_construct_end()};
  const KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY,
                        const_cast<OSSL_PARAM*>(params)) != 1) {
    return nullptr;
  }
  return KeyPtr(key);
}

// An EVP_PKEY of an agreement key that has been validated.
KeyPtr native_public(Kem kem, core::ByteView raw) {
  return kem == Kem::kX25519
             ? KeyPtr(EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, raw.data(), raw.size()))
             : public_p256(raw);
}

// OpenSSL makes no public half by itself, and HPKE needs it.
ParamsPtr params_of_scalar(core::ByteView raw) {
  const GroupPtr group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  const NumberPtr scalar(BN_secure_new());
  if (!group || !scalar || !BN_bin2bn(raw.data(), static_cast<int>(raw.size()), scalar.get()) ||
      BN_is_zero(scalar.get()) || BN_cmp(scalar.get(), EC_GROUP_get0_order(group.get())) >= 0) {
    return nullptr;
  }
  BN_set_flags(scalar.get(), BN_FLG_CONSTTIME);
  const PointPtr point(EC_POINT_new(group.get()));
  std::uint8_t encoded[65];
  if (!point ||
      EC_POINT_mul(group.get(), point.get(), scalar.get(), nullptr, nullptr, nullptr) != 1 ||
      EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, encoded,
                         sizeof encoded, nullptr) != sizeof encoded) {
    return nullptr;
  }
  const BuilderPtr builder(OSSL_PARAM_BLD_new());
  if (!builder ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, encoded,
                                       sizeof encoded) != 1 ||
      OSSL_PARAM_BLD_push_BN_pad(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar.get(),
                                 kAgreementPrivateSize) != 1) {
    return nullptr;
  }
  return ParamsPtr(OSSL_PARAM_BLD_to_param(builder.get()));
}

KeyPtr private_p256(core::ByteView raw) {
  const ParamsPtr params = params_of_scalar(raw);
  const KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, params.get()) != 1) {
    return nullptr;
  }
  return KeyPtr(key);
}

}  // namespace

core::Result<AgreementPublicKey> AgreementPublicKey::from_raw(Kem kem, core::ByteView raw) {
  const ErrorScope errors;
  if (raw.size() != public_key_size(kem) || (kem == Kem::kP256 && raw[0] != 0x04)) {
    return core::fail(Errc::kInvalidArgument, kem == Kem::kX25519
                                                  ? "not an X25519 public key of 32 bytes"
                                                  : "not an uncompressed point of 65 bytes");
  }
  if (!native_public(kem, raw)) {  // refuses off-curve points
    return openssl_fail(Errc::kInvalidArgument, "not a public key for agreement");
  }
  return AgreementPublicKey(kem, {raw.begin(), raw.end()});
}

core::Result<AgreementPrivateKey> AgreementPrivateKey::adopt(Kem kem, KeyPtr key) {
  core::Bytes raw(public_key_size(kem));
  std::size_t size = 0;
  if (EVP_PKEY_get_octet_string_param(key.get(), OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, raw.data(),
                                      raw.size(), &size) != 1 ||
      size != raw.size()) {
    return openssl_fail(Errc::kInternal, "can't read a public key");
  }
  return AgreementPrivateKey(std::move(key), AgreementPublicKey(kem, std::move(raw)));
}

core::Result<AgreementPrivateKey> AgreementPrivateKey::generate(Kem kem, core::Random& random) {
  SecretArray<32> seed;
  random.fill(seed.bytes());
  return derive(kem, seed.view());
}

core::Result<AgreementPrivateKey> AgreementPrivateKey::derive(Kem kem,
                                                              core::ByteView key_material) {
  const ErrorScope errors;
  std::uint8_t encoded[65];
  std::size_t size = sizeof encoded;
  EVP_PKEY* key = nullptr;
  if (key_material.size() < 32 ||
      OSSL_HPKE_keygen(suite_of(kem), encoded, &size, &key, key_material.data(),
                       key_material.size(), nullptr, nullptr) != 1) {
    return openssl_fail(Errc::kInvalidArgument, "can't derive an agreement key");
  }
  return adopt(kem, KeyPtr(key));
}

core::Result<AgreementPrivateKey> AgreementPrivateKey::from_raw(Kem kem, core::ByteView raw) {
  const ErrorScope errors;
  KeyPtr key;
  if (raw.size() == kAgreementPrivateSize) {
    key =
        kem == Kem::kX25519
            ? KeyPtr(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, raw.data(), raw.size()))
            : private_p256(raw);
  }
  if (!key) {
    return openssl_fail(Errc::kInvalidArgument, "not a private key for agreement");
  }
  return adopt(kem, std::move(key));
}

core::Result<SecretBytes> AgreementPrivateKey::raw() const {
  const ErrorScope errors;
  SecretBytes raw(kAgreementPrivateSize);
  std::size_t size = raw.size();
  bool done = false;
  if (public_.kem() == Kem::kX25519) {
    done = EVP_PKEY_get_raw_private_key(key_.get(), raw.bytes().data(), &size) == 1;
  } else {
    BIGNUM* scalar = nullptr;
    done = EVP_PKEY_get_bn_param(key_.get(), OSSL_PKEY_PARAM_PRIV_KEY, &scalar) == 1;
    const NumberPtr owned(scalar);
    done = done && BN_bn2binpad(scalar, raw.bytes().data(), kAgreementPrivateSize) ==
                       static_cast<int>(kAgreementPrivateSize);
  }
  if (!done || size != kAgreementPrivateSize) {
    return openssl_fail(Errc::kInternal, "can't read a private key");
  }
  return raw;
}

core::Result<SecretBytes> AgreementPrivateKey::agree(const AgreementPublicKey& other) const {
  const ErrorScope errors;
  if (other.kem() != public_.kem()) {
    return core::fail(Errc::kInvalidArgument, "the two keys are of different kinds");
  }
  const KeyPtr peer = native_public(other.kem(), other.raw());
  const KeyContextPtr context(EVP_PKEY_CTX_new(key_.get(), nullptr));
  SecretBytes shared(32);
  std::size_t size = shared.size();
  if (!peer || !context || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer_ex(context.get(), peer.get(), 0) != 1 ||
      EVP_PKEY_derive(context.get(), shared.bytes().data(), &size) != 1 || size != shared.size()) {
    return openssl_fail(Errc::kInvalidArgument, "the two keys agree on nothing");
  }
  return shared;
}

}  // namespace runard::crypto
