#include "crypto/chain.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/check.h"
#include "crypto/openssl_error.h"

namespace runard::crypto {
namespace {

using core::Errc;

constexpr int kMaxIntermediates = 2;  // root, issuing CA, and one that crosses over to a new root
constexpr int kSecurityLevel = 2;     // 112 bits: no SHA-1, no RSA below 2048

Errc code_of(int verify_error) {
  switch (verify_error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return Errc::kCertificateExpired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return Errc::kCertificateNotYetValid;
    case X509_V_ERR_INVALID_PURPOSE:
      return Errc::kCertificatePurpose;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_CERT_CHAIN_TOO_LONG:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
      return Errc::kCertificateUntrusted;
    default:
      return Errc::kCertificateInvalid;
  }
}

core::Error verify_failure(X509_STORE_CTX* context) {
  const int error = X509_STORE_CTX_get_error(context);
  const int depth = X509_STORE_CTX_get_error_depth(context);
  const core::Errc code = code_of(error);
  const std::string_view who = depth == 0 ? "the certificate" : "a CA certificate";
  const std::string_view openssl = X509_verify_cert_error_string(error);
  return core::fail(
      code, code == Errc::kCertificateUntrusted
                ? fmt::format("{} does not lead to a CA that this node trusts ({})", who, openssl)
                : fmt::format("{}: {}", who, openssl));
}

// A context to check `leaf` with, for `purpose` (0: any). The arguments outlive it.
StoreContextPtr prepare(X509* leaf, STACK_OF(X509) * intermediates, const TrustStore& trust,
                        core::WallTime now, int purpose) {
  StoreContextPtr context(X509_STORE_CTX_new());
  RUNARD_CHECK(context != nullptr);
  RUNARD_CHECK(X509_STORE_CTX_init(context.get(), trust.native(), leaf, intermediates) == 1);
  X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(
      rules, std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_X509_STRICT);
  if (purpose != 0) {
    X509_VERIFY_PARAM_set_purpose(rules, purpose);
  }
  X509_VERIFY_PARAM_set_depth(rules, kMaxIntermediates);
  X509_VERIFY_PARAM_set_auth_level(rules, kSecurityLevel);
  return context;
}

// A certificate without the extension may be used for anything, which is not enough here.
bool names_both_tls_roles(X509* leaf) {
  const std::uint32_t usage = X509_get_extended_key_usage(leaf);
  return usage != UINT32_MAX && (usage & XKU_SSL_SERVER) != 0 && (usage & XKU_SSL_CLIENT) != 0;
}

}  // namespace

core::Result<TrustStore> TrustStore::create(std::span<const Certificate> roots) {
  const ErrorScope errors;
  StorePtr store(X509_STORE_new());
  RUNARD_CHECK(store != nullptr);
  for (const Certificate& root : roots) {
    if (!root.is_authority() || !root.is_self_issued()) {
      return core::fail(Errc::kCertificateInvalid,
                        "a trusted certificate is not that of a root CA");
    }
    RUNARD_CHECK(X509_STORE_add_cert(store.get(), root.native()) == 1);
  }
  return TrustStore(std::shared_ptr<X509_STORE>(std::move(store)));
}

core::Result<core::WallTime> verify_chain(X509* leaf, STACK_OF(X509) * intermediates,
                                          const TrustStore& trust, core::WallTime now) {
  const ErrorScope errors;
  if (leaf == nullptr || (intermediates != nullptr && sk_X509_num(intermediates) > kMaxChain)) {
    return core::fail(Errc::kCertificateInvalid,
                      leaf == nullptr ? "no certificate was shown" : "too long a chain was shown");
  }
  if ((X509_get_extension_flags(leaf) & EXFLAG_INVALID) != 0) {
    return core::fail(Errc::kCertificateInvalid, "the certificate has malformed extensions");
  }
  const StoreContextPtr context = prepare(leaf, intermediates, trust, now, X509_PURPOSE_SSL_SERVER);
  if (X509_verify_cert(context.get()) != 1) {
    return verify_failure(context.get());
  }
  if (X509_check_purpose(leaf, X509_PURPOSE_SSL_CLIENT, 0) != 1 || !names_both_tls_roles(leaf)) {
    return core::fail(Errc::kCertificatePurpose,
                      "the certificate is not for both TLS roles, server and client");
  }
  core::WallTime ends = core::WallTime::max();
  const STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(context.get());
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    ends = std::min(ends, wall_time(X509_get0_notAfter(sk_X509_value(chain, i))));
  }
  return ends;
}

core::Result<void> verify_authority(std::span<const Certificate> chain, const TrustStore& trust,
                                    core::WallTime now) {
  const ErrorScope errors;
  if (chain.empty() || chain.size() > static_cast<std::size_t>(kMaxChain)) {
    return core::fail(Errc::kCertificateInvalid, "not a chain of a CA");
  }
  if (!chain.front().is_authority()) {
    return core::fail(Errc::kCertificateUntrusted, "the signer is no CA");
  }
  const BorrowedStackPtr stack(sk_X509_new_null());
  RUNARD_CHECK(stack != nullptr);
  for (const Certificate& certificate : chain) {
    RUNARD_CHECK(sk_X509_push(stack.get(), certificate.native()) > 0);
  }
  const StoreContextPtr context = prepare(chain.front().native(), stack.get(), trust, now, 0);
  if (X509_verify_cert(context.get()) != 1) {
    return verify_failure(context.get());
  }
  return {};
}

}  // namespace runard::crypto
