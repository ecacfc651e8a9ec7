#include "identity/bundle.h"

#include <algorithm>

#include "core/check.h"
#include "crypto/pem.h"

namespace runard::identity {
namespace {

using core::Errc;
using core::fail;
using crypto::Certificate;
using crypto::PemBlock;

constexpr std::string_view kNetworksLabel = "RUNARD NETWORKS";
constexpr std::size_t kMaxIntermediates = 4;

// Those at the end, out of the blocks.
core::Result<std::vector<Statement>> take_statements(std::vector<PemBlock>& blocks) {
  std::vector<Statement> statements;
  while (!blocks.empty() && blocks.back().label == kStatementLabel) {
    auto statement = Statement::parse(blocks.back().der);
    if (!statement) {
      return fail(Errc::kBundleInvalid, statement.error().about);
    }
    statements.insert(statements.begin(), std::move(*statement));
    blocks.pop_back();
  }
  return statements;
}

core::Result<std::vector<Certificate>> certificates_of(const std::vector<PemBlock>& blocks) {
  std::vector<Certificate> certificates;
  for (const PemBlock& block : blocks) {
    if (block.label != crypto::kCertificateLabel) {
      return fail(Errc::kBundleInvalid, "a bundle has blocks that do not belong in it");
    }
    auto certificate = Certificate::from_der(block.der);
    if (!certificate) {
      return fail(Errc::kBundleInvalid, certificate.error().about);
    }
    certificates.push_back(std::move(*certificate));
  }
  return certificates;
}

core::Result<Bundle> assemble(std::vector<Certificate> certificates, SignedNetworks networks) {
  const auto first_root = std::find_if(certificates.begin() + 1, certificates.end(),
                                       [](const Certificate& c) { return c.is_self_issued(); });
  Bundle bundle{certificates.front(),
                {certificates.begin() + 1, first_root},
                {first_root, certificates.end()},
                std::move(networks),
                {}};
  if (bundle.roots.empty() || bundle.roots.size() > kMaxRoots ||
      bundle.intermediates.size() > kMaxIntermediates) {
    return fail(Errc::kBundleInvalid, "a bundle holds 1 to 8 root CAs and at most 4 others");
  }
  const auto is_no_root = [](const Certificate& c) { return !c.is_self_issued(); };
  if (std::ranges::any_of(bundle.roots, is_no_root)) {
    return fail(Errc::kBundleInvalid, "a bundle's root CAs stand after its other CAs");
  }
  return bundle;
}

// The CA that signed the node's certificate; it is in the bundle if verify_peer accepted that.
core::Result<crypto::PublicKey> issuer_key(const Bundle& bundle) {
  for (const auto* group : {&bundle.intermediates, &bundle.roots}) {
    for (const Certificate& authority : *group) {
      if (bundle.certificate.issued_by(authority)) {
        return authority.public_key();
      }
    }
  }
  return fail(Errc::kCertificateUntrusted, "the bundle does not hold the certificate's CA");
}

core::Result<PeerIdentity> verify_with(const Bundle& bundle, const TrustBundle& trust,
                                       core::WallTime now) {
  const crypto::BorrowedStackPtr stack(sk_X509_new_null());
  RUNARD_CHECK(stack != nullptr);
  for (const Certificate& certificate : bundle.intermediates) {
    RUNARD_CHECK(sk_X509_push(stack.get(), certificate.native()) > 0);
  }
  return verify_peer(bundle.certificate.native(), stack.get(), trust, now);
}

}  // namespace

core::Result<Bundle> Bundle::parse(std::string_view text) {
  if (text.size() > kMaxBundleText) {
    return fail(Errc::kBundleInvalid, "a bundle is at most 512 KiB long");
  }
  auto blocks = crypto::parse_pem(text);
  if (!blocks) {
    return fail(Errc::kBundleInvalid, blocks.error().about);
  }
  auto statements = take_statements(*blocks);
  if (!statements) {
    return statements.error();
  }
  if (blocks->size() < 3 || blocks->back().label != kNetworksLabel) {
    return fail(Errc::kBundleInvalid,
                "a bundle is a certificate, its CAs and a list of networks, in this order");
  }
  auto networks = SignedNetworks::parse(blocks->back().der);
  if (!networks) {
    return networks.error();
  }
  blocks->pop_back();
  auto certificates = certificates_of(*blocks);
  if (!certificates) {
    return certificates.error();
  }
  auto bundle = assemble(std::move(*certificates), std::move(*networks));
  if (bundle) {
    bundle->statements = std::move(*statements);
  }
  return bundle;
}

std::string Bundle::text() const {
  std::string text = certificate.pem();
  for (const auto* group : {&intermediates, &roots}) {
    for (const Certificate& authority : *group) {
      text += authority.pem();
    }
  }
  text += crypto::write_pem(kNetworksLabel, networks.bytes());
  for (const Statement& statement : statements) {
    text += statement.pem();
  }
  return text;
}

core::Result<CheckedBundle> check_bundle(const Bundle& bundle, core::WallTime now) {
  auto trust = TrustBundle::create(bundle.roots);
  if (!trust) {
    return trust.error();
  }
  auto identity = verify_with(bundle, *trust, now);
  if (!identity) {
    return identity.error();
  }
  const auto issuer = issuer_key(bundle);
  if (!issuer) {
    return issuer.error();
  }
  if (!bundle.networks.verify(*issuer)) {
    return fail(Errc::kBundleInvalid, "the names of the networks are not signed by the CA");
  }
  if (bundle.networks.ids() != identity->networks) {
    return fail(Errc::kBundleInvalid, "the named networks are not those of the certificate");
  }
  return CheckedBundle{std::move(*identity), bundle.networks.networks(), std::move(*trust)};
}

}  // namespace runard::identity
