#include "keys/ca_folder.h"

namespace runard::keys {

core::Result<std::unique_ptr<CaFolder>> CaFolder::open(const identity::Host& host,
                                                       const std::filesystem::path& folder,
                                                       const crypto::SecretBytes& passphrase) {
  auto ca = identity::Authority::open(host, folder, passphrase);
  return ca ? open(host, std::move(*ca), passphrase) : ca.error();
}

core::Result<std::unique_ptr<CaFolder>> CaFolder::open(const identity::Host& host,
                                                       identity::Authority ca,
                                                       const crypto::SecretBytes& passphrase) {
  const auto source = passphrase.empty()
                          ? core::Result<KekSource>(KekSource::none())
                          : KekSource::passphrase(crypto::SecretBytes::copy_of(passphrase.view()));
  if (!source) {
    return source.error();
  }
  const std::filesystem::path folder = ca.folder();
  auto store = NetworkAuthority::open_store(host, folder, *source);
  if (!store) {
    return store.error();
  }
  return std::unique_ptr<CaFolder>(new CaFolder(host, folder, std::move(ca), std::move(*store)));
}

}  // namespace runard::keys
