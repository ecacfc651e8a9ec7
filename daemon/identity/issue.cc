#include "identity/issue.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "crypto/certificate_builder.h"
#include "identity/groups.h"
#include "identity/name.h"
#include "identity/node_labels.h"
#include "identity/profile.h"

namespace runard::identity {
namespace {

using core::Errc;
using core::fail;
using namespace std::chrono_literals;

core::Result<void> check(const std::string& name, std::string_view whose, core::Duration lifetime) {
  if (auto good = check_name(name, whose); !good) {
    return good;
  }
  if (lifetime < 1s || lifetime > kMaxLifetime) {
    return fail(Errc::kInvalidArgument, "a certificate's lifetime must be 1 s to 30 years");
  }
  return {};
}

}  // namespace

core::Result<crypto::Certificate> issue_root(const crypto::PrivateKey& key, const std::string& name,
                                             core::Duration lifetime, core::WallTime now,
                                             core::Random& random) {
  if (auto ok = check(name, "mesh", lifetime); !ok) {
    return ok.error();
  }
  crypto::CertificateSpec spec;
  spec.common_name = name + " mesh CA";  // can't be a node's name: it has spaces
  random.fill(spec.serial);
  spec.not_before = now - kBackdate;
  spec.not_after = now + lifetime;
  spec.extensions = authority_extensions(key.public_key());
  return build_certificate(spec, key.public_key(), {key});
}

core::Result<crypto::Certificate> issue_next_root(const crypto::PrivateKey& key,
                                                  const crypto::Certificate& before,
                                                  core::Duration lifetime, core::WallTime now,
                                                  core::Random& random) {
  constexpr std::string_view kWords = " mesh CA";
  const std::string old = before.common_name();
  const std::size_t at = old.rfind(kWords);
  if (at == std::string::npos) {
    return fail(Errc::kCertificateInvalid, "the CA's certificate has a foreign name");
  }
  const std::string name = old.substr(0, at);
  if (auto ok = check(name, "mesh", lifetime); !ok) {
    return ok.error();
  }
  const int number = std::max(1, std::atoi(old.c_str() + at + kWords.size()));
  crypto::CertificateSpec spec;
  spec.common_name = fmt::format("{}{} {}", name, kWords, number + 1);
  random.fill(spec.serial);
  spec.not_before = now - kBackdate;
  spec.not_after = now + lifetime;
  spec.extensions = authority_extensions(key.public_key());
  return build_certificate(spec, key.public_key(), {key});
}

core::Result<crypto::Certificate> issue_cross(const Signer& before, const crypto::Certificate& next,
                                              core::WallTime now, core::Random& random) {
  const auto key = next.public_key();
  if (!key) {
    return key.error();
  }
  crypto::CertificateSpec spec;
  spec.common_name = next.common_name();
  random.fill(spec.serial);
  spec.not_before = std::max<core::WallTime>(now - kBackdate, before.certificate.not_before());
  spec.not_after = std::min<core::WallTime>(next.not_after(), before.certificate.not_after() - 1s);
  spec.extensions = cross_extensions(*key);
  return build_certificate(spec, *key, {before.key, &before.certificate});
}

core::Result<crypto::Certificate> issue_node(const Signer& signer, const crypto::PublicKey& key,
                                             const Grant& grant, core::WallTime now,
                                             core::Random& random) {
  if (auto ok = check(grant.name, "node", grant.lifetime); !ok) {
    return ok.error();
  }
  if (grant.networks.empty() || grant.networks.size() > kMaxNetworks) {
    return fail(Errc::kInvalidArgument, fmt::format("a node joins 1 to {} networks", kMaxNetworks));
  }
  const auto groups = checked_groups(grant.groups);
  const auto labels = checked_node_labels(grant.labels);
  if (!groups || !labels) {
    return groups ? labels.error() : groups.error();
  }
  crypto::CertificateSpec spec;
  spec.common_name = grant.name;
  random.fill(spec.serial);
  spec.not_before = std::max<core::WallTime>(now - kBackdate, signer.certificate.not_before());
  spec.not_after =
      std::min<core::WallTime>(now + grant.lifetime, signer.certificate.not_after() - 1s);
  if (spec.not_after <= now) {
    return fail(Errc::kCertificateExpired, "the CA's own certificate ends too soon to sign");
  }
  spec.extensions = node_extensions(key, grant.networks, {*groups, *labels});
  return build_certificate(spec, key, {signer.key, &signer.certificate});
}

}  // namespace runard::identity
