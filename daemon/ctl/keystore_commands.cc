// runarctl keystore inspect|rekey, ca rekey, key ls: what is in a keystore, never its secrets, and
// what it is encrypted under.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <memory>

#include "ctl/ca_unlock.h"
#include "ctl/command.h"
#include "ctl/defaults.h"
#include "ctl/kek_options.h"
#include "identity/time_text.h"
#include "keys/ca_rekey.h"
#include "keys/node_keys.h"

namespace runard::ctl {
namespace {

namespace json = boost::json;
using core::Errc;

struct Options {
  std::string state = kDefaultState;
  KekOptions unlock;
};

struct RekeyOptions : Options {
  std::string kek = "auto";
  KekOptions fresh{{}, {}, "new-"};
};

core::WallTime time_of(std::int64_t ms) {
  return core::WallTime(std::chrono::milliseconds(ms));
}

std::string age_text(core::Duration age) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(age).count();
  constexpr std::pair<long long, const char*> kUnits[] = {{86400, "d"}, {3600, "h"}, {60, "m"}};
  for (const auto& [unit, name] : kUnits) {
    if (seconds >= unit) {
      return fmt::format("{}{}", seconds / unit, name);
    }
  }
  return fmt::format("{}s", std::max<long long>(seconds, 0));
}

json::array rows_of(const keys::Keystore& store, core::WallTime now) {
  json::array rows;
  for (const keys::Entry& entry : store.entries()) {
    rows.push_back({{"kind", keys::kind_text(entry.kind)},
                    {"id", entry.id.text()},
                    {"version", entry.version},
                    {"state", keys::state_text(entry.state)},
                    {"name", entry.name},
                    {"age", age_text(now - time_of(entry.created_ms))},
                    {"created", identity::time_text(time_of(entry.created_ms))},
                    {"changed", identity::time_text(time_of(entry.changed_ms))}});
  }
  return rows;
}

const std::vector<std::string> kColumns = {"kind", "id", "version", "state", "name", "age"};

json::object describe(const keys::KeystoreHeader& header, const std::string& state) {
  json::object record = {{"state", state},
                         {"node", header.node.text()},
                         {"generation", header.generation},
                         {"kek", keys::kek_text(header.kek.kind)}};
  if (header.kek.kind == keys::KekKind::kPassphrase) {
    record["kdf"] = fmt::format("argon2id m={}KiB t={} p={}", header.kek.cost.memory_kib,
                                header.kek.cost.passes, header.kek.cost.lanes);
  }
  return record;
}

// Without its passphrase or credential a keystore still tells how it is encrypted.
bool can_open(const Session& session, keys::KekKind kind, const KekOptions& options) {
  switch (kind) {
    case keys::KekKind::kPassphrase:
      return options.passphrase.is_given();
    case keys::KekKind::kSystemd:
      return options.credential.is_given() || session.environment("CREDENTIALS_DIRECTORY");
    case keys::KekKind::kNone:
      break;
  }
  return true;
}

int inspect_keystore(Session& session, const Options& options) {
  const auto header = keys::Keystore::header_in(options.state);
  if (!header) {
    return session.fail(header.error(), on_missing_keystore(options.state, header.error()));
  }
  json::object record = describe(*header, options.state);
  if (!can_open(session, header->kek.kind, options.unlock)) {
    record["authenticated"] = false;
    session.print("keystore", record);
    session.say(
        "Nothing of this is proven, and the keys are not listed: that takes its "
        "--passphrase-file or --credential.");
    return kExitOk;
  }
  const auto store = open_keystore(session, options.state, options.unlock, keys::Use::kRead);
  if (!store) {
    return session.fail(store.error());
  }
  record["generation"] = store->generation();
  record["authenticated"] = true;
  if (store->fell_back()) {
    record["problem"] = core::describe(*store->fell_back());
  }
  const json::array rows = rows_of(*store, session.clock.wall());
  if (session.json()) {
    record["keys"] = rows;
    session.print("keystore", record);
    return kExitOk;
  }
  session.print("keystore", record);
  session.out << '\n';
  session.print_list("keystore", "keys", rows, kColumns);
  return kExitOk;
}

int list_keys(Session& session, const Options& options) {
  const auto store = open_keystore(session, options.state, options.unlock, keys::Use::kRead);
  if (!store) {
    return session.fail(store.error(), on_missing_keystore(options.state, store.error()));
  }
  session.print_list("keys", "keys", rows_of(*store, session.clock.wall()), kColumns);
  return kExitOk;
}

// Nothing said is no wish to have the keys in clear.
bool would_decrypt_unasked(const Session& session, const RekeyOptions& options) {
  const auto now = keys::kek_kind_of(options.state);
  return now && *now != keys::KekKind::kNone && options.kek == "auto" &&
         new_kind(session, options.kek, options.fresh) == keys::KekKind::kNone;
}

// The CA's own key is beside such a keystore, under the same passphrase.
bool is_ca(const std::filesystem::path& folder) {
  std::error_code ignored;
  return std::filesystem::exists(folder / identity::kCaKeyFile, ignored);
}

int rekey(Session& session, const RekeyOptions& options) {
  if (is_ca(options.state)) {
    return session.fail(core::fail(Errc::kConflict, options.state + ": a CA's folder, whose own "
                                                                    "key changes with it"),
                        {fmt::format("runarctl ca rekey --ca {}", options.state), {}, {}});
  }
  if (would_decrypt_unasked(session, options)) {
    return session.fail(
        core::fail(Errc::kUsage, "what the keystore is to be encrypted under is not said"),
        {"Give --new-passphrase-file, --new-credential, --kek passphrase or --kek none.",
         {},
         {"nothing was changed"}});
  }
  auto store = open_keystore(session, options.state, options.unlock, keys::Use::kWrite);
  if (!store) {
    const bool in_use = store.error().code == Errc::kStateLocked;
    return session.fail(store.error(),
                        in_use ? Advice{"Stop runard first: systemctl stop runard", {}, {}}
                               : on_missing_keystore(options.state, store.error()));
  }
  const auto source = new_source(session, options.kek, options.fresh);
  if (!source) {
    return session.fail(source.error());
  }
  if (auto done = store->rekey(*source); !done) {
    return session.fail(done.error());
  }
  session.print("keystore", {{"state", options.state},
                             {"node", store->node().text()},
                             {"generation", store->generation()},
                             {"kek", keys::kek_text(store->kek().kind)}});
  session.say(source->kind() == keys::KekKind::kNone
                  ? "Its key lies beside it in clear now."
                  : "Let identity.keystore.kek of the configuration say the same.");
  return kExitOk;
}

struct CaRekeyOptions {
  std::string ca = kDefaultCa;
  SecretInput passphrase;
  SecretInput fresh;
  bool no_passphrase = false;
};

core::Result<crypto::SecretBytes> new_passphrase(const CaRekeyOptions& options) {
  if (options.no_passphrase) {
    return crypto::SecretBytes();
  }
  auto text = options.fresh.is_given()
                  ? read_text(options.fresh)
                  : ask_passphrase("New passphrase of the CA: ", Ask::kTwice, "new-passphrase");
  return text && text->empty()
             ? core::fail(Errc::kUsage, "an empty passphrase; --no-passphrase leaves it in clear")
             : std::move(text);
}

int rekey_ca(Session& session, const CaRekeyOptions& options) {
  const auto passphrase = ca_passphrase(options.ca, options.passphrase);
  if (!passphrase) {
    return session.fail(passphrase.error());
  }
  const auto fresh = new_passphrase(options);
  if (!fresh) {
    return session.fail(fresh.error());
  }
  static const crypto::SecretBytes kNone;
  const identity::Host host{session.disk, session.clock, session.random};
  const auto done = keys::rekey_ca(host, options.ca, *passphrase ? **passphrase : kNone, *fresh);
  if (!done) {
    return session.fail(done.error());
  }
  session.print("ca", {{"folder", options.ca}, {"encrypted", !fresh->empty()}});
  session.say(fmt::format(
      "{}An issuer with this folder signs nothing until it is restarted {} the new passphrase: "
      "restart it now. A backup opens with the old one.",
      fresh->empty() ? "The CA's keys are in clear now. " : "",
      fresh->empty() ? "without" : "with"));
  return kExitOk;
}

void add_ca_rekey(CLI::App& ca, const CommandContext& context) {
  const auto options = std::make_shared<CaRekeyOptions>();
  CLI::App& made =
      command(ca,
              {"rekey", "Puts a CA's keys, its own and its networks', under another passphrase",
               "runarctl ca rekey --ca ./ca --new-passphrase-file ca.passphrase"},
              context, [options](Session& session) { return rekey_ca(session, *options); });
  add_ca_folder(made, options->ca);
  add_ca_passphrase(made, options->passphrase);
  add_secret_options(made, options->fresh, "new-passphrase", "the new passphrase");
  made.add_flag("--no-passphrase", options->no_passphrase, "Leave its keys unencrypted")
      ->excludes("--new-passphrase-file")
      ->excludes("--new-passphrase-fd");
}

void add_state(CLI::App& made, Options& options) {
  made.add_option("--state", options.state, "The node's state directory")
      ->type_name(value_name::kFolder)
      ->capture_default_str();
  add_kek_options(made, options.unlock);
}

void add_fresh(CLI::App& made, RekeyOptions& options) {
  add_kek_word(made, options.kek,
               "What is to encrypt it; auto: by what is given, none only if said");
  add_kek_options(made, options.fresh);
}

}  // namespace

void add_keystore_commands(CLI::App& app, const CommandContext& context) {
  CLI::App& keystore = group(app, "keystore", "The encrypted file of a node's private keys");
  const auto inspect_options = std::make_shared<Options>();
  CLI::App& inspect = command(
      keystore,
      {"inspect", "Shows how a keystore is encrypted and, if it can be opened, what is in it",
       "runarctl keystore inspect --state /var/lib/runard"},
      context,
      [inspect_options](Session& session) { return inspect_keystore(session, *inspect_options); });
  add_state(inspect, *inspect_options);

  const auto rekey_options = std::make_shared<RekeyOptions>();
  CLI::App& rekeyed = command(
      keystore,
      {"rekey", "Encrypts a keystore anew; runard must not run",
       "runarctl keystore rekey --kek passphrase --new-passphrase-file /etc/runard/passphrase"},
      context, [rekey_options](Session& session) { return rekey(session, *rekey_options); });
  add_state(rekeyed, *rekey_options);
  add_fresh(rekeyed, *rekey_options);

  CLI::App& key = group(app, "key", "The keys of this node");
  const auto list_options = std::make_shared<Options>();
  CLI::App& list = command(
      key,
      {"ls", "Lists the keys in this node's keystore", "runarctl key ls --state /var/lib/runard"},
      context, [list_options](Session& session) { return list_keys(session, *list_options); });
  add_state(list, *list_options);

  add_ca_rekey(group(app, "ca", "The mesh's certificate authority"), context);
}

}  // namespace runard::ctl
