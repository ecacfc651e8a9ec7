// KekOptions: how a command is told what a keystore is, or is to be, encrypted under.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "ctl/secret_input.h"
#include "ctl/session.h"
#include "keys/keystore.h"

namespace runard::ctl {

struct KekOptions {
  SecretInput passphrase;
  SecretInput credential;  // what systemd-creds has decrypted
  std::string prefix;      // of the options' names: "new-" beside those for what it is now
};

// --passphrase-file, --passphrase-fd, --credential.
void add_kek_options(CLI::App& made, KekOptions& options);

// --kek: one of the words that new_source() takes.
void add_kek_word(CLI::App& made, std::string& word, const std::string& about);

// For a keystore that exists: what opens it. What was not given is asked for on the terminal (a
// passphrase), or looked for in $CREDENTIALS_DIRECTORY.
core::Result<keys::KekSource> source_of(Session& session, keys::KekKind kind,
                                        const KekOptions& options);
// What new_source() would give for these.
keys::KekKind new_kind(const Session& session, const std::string& word, const KekOptions& options);
// For a new one, or a new KEK. `word`: auto, none, systemd or passphrase. kUsage when it and the
// options contradict each other.
core::Result<keys::KekSource> new_source(Session& session, const std::string& word,
                                         const KekOptions& options);

// For a keystore that is not there: what helps where the state directory is not there either.
Advice on_missing_keystore(const std::string& state, const core::Error& error);

// Opens the keystore of a state directory.
core::Result<keys::Keystore> open_keystore(Session& session, const std::string& state,
                                           const KekOptions& options, keys::Use use);

}  // namespace runard::ctl
