#include "ctl/kek_options.h"

#include <fmt/format.h>

#include <filesystem>

#include "ctl/command.h"
#include "keys/node_keys.h"

namespace runard::ctl {
namespace {

using core::Errc;
using keys::KekKind;
using keys::KekSource;

core::Error usage(std::string about) {
  return core::fail(Errc::kUsage, std::move(about));
}

std::string credentials_folder(const Session& session) {
  return session.environment("CREDENTIALS_DIRECTORY").value_or("");
}

core::Result<KekSource> credential_source(Session& session, const KekOptions& options) {
  if (!options.credential.is_given()) {
    auto found = KekSource::from_credentials(credentials_folder(session));
    if (!found && found.error().code == Errc::kKeystoreKek) {
      return core::fail(Errc::kKeystoreKek,
                        fmt::format("the systemd credential is not here: give it with "
                                    "--{}credential -, as in 'systemd-creds decrypt "
                                    "/etc/runard/kek.cred - | runarctl ...'",
                                    options.prefix));
    }
    return found;
  }
  auto bytes = read_bytes(options.credential);
  return bytes ? KekSource::systemd(std::move(*bytes)) : bytes.error();
}

core::Result<KekSource> passphrase_source(const KekOptions& options, const std::string& prompt,
                                          Ask how) {
  auto text = options.passphrase.is_given()
                  ? read_text(options.passphrase)
                  : ask_passphrase(prompt, how, options.prefix + "passphrase");
  return text ? KekSource::passphrase(std::move(*text)) : text.error();
}

KekKind kind_of_auto(const Session& session, const KekOptions& options) {
  if (options.passphrase.is_given()) {
    return KekKind::kPassphrase;
  }
  const std::string folder = credentials_folder(session);
  const bool is_passed = !folder.empty() && KekSource::has_credential(folder);
  return options.credential.is_given() || is_passed ? KekKind::kSystemd : KekKind::kNone;
}

}  // namespace

void add_kek_options(CLI::App& made, KekOptions& options) {
  const std::string whose = options.prefix.empty() ? "the keystore's " : "the keystore's new ";
  add_secret_options(made, options.passphrase, options.prefix + "passphrase", whose + "passphrase");
  made.add_option("--" + options.prefix + "credential", options.credential.file,
                  "A file with " + whose + "systemd credential, decrypted; - is standard input")
      ->type_name(value_name::kFile);
}

void add_kek_word(CLI::App& made, std::string& word, const std::string& about) {
  made.add_option("--kek", word, about)
      ->check(CLI::IsMember({"auto", "none", "systemd", "passphrase"}))
      ->type_name("SOURCE")
      ->capture_default_str();
}

core::Result<KekSource> source_of(Session& session, KekKind kind, const KekOptions& options) {
  switch (kind) {
    case KekKind::kSystemd:
      return credential_source(session, options);
    case KekKind::kPassphrase:
      return passphrase_source(options, "Passphrase of the keystore: ", Ask::kOnce);
    case KekKind::kNone:
      break;
  }
  return KekSource::none();
}

KekKind new_kind(const Session& session, const std::string& word, const KekOptions& options) {
  return word == "none"         ? KekKind::kNone
         : word == "systemd"    ? KekKind::kSystemd
         : word == "passphrase" ? KekKind::kPassphrase
                                : kind_of_auto(session, options);
}

core::Result<KekSource> new_source(Session& session, const std::string& word,
                                   const KekOptions& options) {
  const KekKind kind = new_kind(session, word, options);
  if (options.passphrase.is_given() && kind != KekKind::kPassphrase) {
    return usage("a passphrase was given, and another way to encrypt the keystore");
  }
  if (options.credential.is_given() && kind != KekKind::kSystemd) {
    return usage("a credential was given, and another way to encrypt the keystore");
  }
  if (kind == KekKind::kPassphrase) {
    return passphrase_source(options, "New passphrase of the keystore: ", Ask::kTwice);
  }
  return kind == KekKind::kSystemd ? credential_source(session, options)
                                   : core::Result<KekSource>(KekSource::none());
}

Advice on_missing_keystore(const std::string& state, const core::Error& error) {
  std::error_code ignored;
  const bool is_missing =
      error.code == Errc::kIdentityMissing || error.code == Errc::kKeystoreMissing;
  if (!is_missing || std::filesystem::exists(state, ignored)) {
    return {};
  }
  return {
      "Name the node's state directory: --state DIR. A new node's is made by 'runarctl node "
      "init'.",
      {},
      {fmt::format("there is no folder {}", state)}};
}

core::Result<keys::Keystore> open_keystore(Session& session, const std::string& state,
                                           const KekOptions& options, keys::Use use) {
  const auto kind = keys::kek_kind_of(state);
  if (!kind) {
    return kind.error();
  }
  const auto source = source_of(session, *kind, options);
  if (!source) {
    return source.error();
  }
  return keys::open_node_keystore({session.disk, session.clock, session.random}, state, *source,
                                  use, core::Log());
}

}  // namespace runard::ctl
