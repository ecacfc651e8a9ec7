#include "node/keystore_start.h"

#include "keys/node_keys.h"

namespace runard::node {
namespace {

using keys::KekSource;

core::Result<KekSource> source_of(const config::Keystore& configured,
                                  const std::string& credentials) {
  switch (configured.kek) {
    case config::KekSource::kPassphraseFile:
      return KekSource::from_passphrase_file(configured.passphrase_file);
    case config::KekSource::kSystemd:
      return KekSource::from_credentials(credentials);
    case config::KekSource::kAuto:
      if (!credentials.empty() && KekSource::has_credential(credentials)) {
        return KekSource::from_credentials(credentials);
      }
      break;
    case config::KekSource::kNone:
      break;
  }
  return KekSource::none();
}

}  // namespace

core::Result<keys::Keystore> open_keystore(const identity::Host& host, const config::Config& config,
                                           const std::string& credentials, const core::Log& log) {
  const auto source = source_of(config.identity.keystore, credentials);
  if (!source) {
    return source.error();
  }
  auto opened =
      keys::open_node_keystore(host, config.node.state_dir, *source, keys::Use::kWrite, log);
  if (opened && opened->kek().kind == keys::KekKind::kNone) {
    log.warn(
        "THE KEYS OF THIS NODE ARE NOT ENCRYPTED: who can read its state directory, or a copy of "
        "it, is this node",
        {core::field("kek", std::string(keys::kek_text(keys::KekKind::kNone))),
         core::field("do", "set identity.keystore.kek to systemd or to a passphrase_file")});
  }
  return opened;
}

}  // namespace runard::node
