#include "identity/node_identity.h"

#include "identity/identity_folder.h"
#include "identity/profile.h"

namespace runard::identity {

core::Result<NodeIdentity> NodeIdentity::load(const std::filesystem::path& state_dir,
                                              crypto::PrivateKey key, core::WallTime now,
                                              Denylist denied) {
  const IdentityFolder folder(state_dir);
  auto bundle = folder.bundle();
  if (!bundle) {
    return bundle.error();
  }
  if (auto ok = check_node(*bundle, node_id_of(key.public_key())); !ok) {
    return ok.error();
  }
  auto checked = check_bundle(*bundle, now);
  if (!checked) {
    return checked.error();
  }
  auto trust = TrustBundle::create(bundle->roots, std::move(denied));
  if (!trust) {
    return trust.error();
  }
  auto tls = std::make_shared<const TlsMaterial>(
      TlsMaterial{std::move(key), bundle->certificate, bundle->intermediates, std::move(*trust)});
  return NodeIdentity{checked->identity.id,
                      std::move(checked->identity.name),
                      std::move(checked->networks),
                      std::move(checked->identity.groups),
                      checked->identity.not_after,
                      std::move(tls),
                      std::move(checked->identity.labels)};
}

}  // namespace runard::identity
