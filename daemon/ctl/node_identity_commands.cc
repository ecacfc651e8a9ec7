// runarctl node init|csr|install: a node's identity, made on the node; its key never leaves it.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <memory>
#include <ostream>

#include "ctl/command.h"
#include "ctl/defaults.h"
#include "ctl/kek_options.h"
#include "ctl/own_certificate.h"
#include "ctl/statement_output.h"
#include "identity/fingerprint.h"
#include "identity/identity_folder.h"
#include "keys/node_keys.h"

namespace runard::ctl {
namespace {

namespace json = boost::json;
using core::Errc;
using identity::IdentityFolder;

struct InitOptions {
  std::string state = kDefaultState;
  std::string name;
  std::string kek = "auto";
  KekOptions unlock;
};

int init(Session& session, const InitOptions& options) {
  const auto source = new_source(session, options.kek, options.unlock);
  if (!source) {
    return session.fail(source.error());
  }
  const auto id = keys::make_identity({session.disk, session.clock, session.random}, options.state,
                                      options.name, *source);
  if (!id) {
    return session.fail(
        id.error(),
        {id.error().code == Errc::kConflict ? "Keep it: a node's identity is made once." : "",
         {},
         {}});
  }
  json::object record = {{"node", id->text()}, {"state", options.state}};
  if (!options.name.empty()) {
    record["name"] = options.name;
  }
  record["kek"] = keys::kek_text(source->kind());
  session.print("node_identity", record);
  if (source->kind() == keys::KekKind::kNone) {
    session.say(
        "The keystore's key lies beside it in clear; runard encrypts the keystore at its start if "
        "identity.keystore.kek names a credential or passphrase.");
  }
  session.say(fmt::format("Next: runarctl node csr --state {} --out {}.csr", options.state,
                          options.name.empty() ? "NAME" : options.name));
  return kExitOk;
}

struct CsrOptions {
  std::string state = kDefaultState;
  std::string name;
  std::string out = "-";
  KekOptions unlock;
};

int csr(Session& session, const CsrOptions& options) {
  const auto store = open_keystore(session, options.state, options.unlock, keys::Use::kRead);
  const auto asked = store ? own_request(*store, options.state, options.name) : store.error();
  if (!asked) {
    return session.fail(asked.error(), on_missing_keystore(options.state, asked.error()));
  }
  const auto given =
      session.print_made("request", {{"node", asked->node.text()}, {"wished_name", asked->name}},
                         {"request", asked->text, options.out});
  if (!given) {
    return session.fail(given.error());
  }
  session.say(
      fmt::format("Next, where the CA is: runarctl ca sign {} --network NETWORK --out BUNDLE",
                  options.out == "-" ? "REQUEST" : options.out));
  return kExitOk;
}

struct InstallOptions {
  std::string bundle;
  std::string state = kDefaultState;
  std::vector<std::string> pins;
};

core::Result<std::vector<crypto::Sha256>> parse_pins(const std::vector<std::string>& texts) {
  std::vector<crypto::Sha256> pins;
  for (const std::string& text : texts) {
    const auto pin = identity::parse_fingerprint(text);
    if (!pin) {
      return core::fail(
          Errc::kUsage,
          fmt::format("\"{}\" is no fingerprint: SHA256: and 64 hexadecimal digits", text));
    }
    pins.push_back(*pin);
  }
  return pins;
}

core::Result<identity::CheckedBundle> try_install(Session& session, const InstallOptions& options,
                                                  std::string_view text) {
  const auto pins = parse_pins(options.pins);
  if (!pins) {
    return pins.error();
  }
  auto bundle = identity::Bundle::parse(text);
  if (!bundle) {
    return core::fail(bundle.error().code,
                      fmt::format("{}: {}", options.bundle, bundle.error().about));
  }
  const auto self = keys::node_of(options.state);
  if (!self) {
    return self.error();
  }
  return IdentityFolder(options.state)
      .install(session.disk, *bundle, *pins, session.clock.wall(), *self);
}

// A file of statements alone: for a node that is installed.
core::Result<std::size_t> try_statements(Session& session, const InstallOptions& options,
                                         std::string_view text) {
  const auto statements = identity::Statement::parse_pem(text);
  if (!statements) {
    return statements.error();
  }
  return IdentityFolder(options.state).install(session.disk, *statements, session.clock.wall());
}

// The networks of the statements that this node is no member of. Nothing of them goes over its
// links, so it takes the keys and tells nobody.
core::Result<std::vector<identity::NetworkDescriptor>> foreign_networks(
    const InstallOptions& options, std::string_view text) {
  const auto statements = identity::Statement::parse_pem(text);
  const auto installed = IdentityFolder(options.state).bundle();
  if (!statements || !installed) {
    return statements ? installed.error() : statements.error();
  }
  const std::vector<core::NetworkId> own = installed->networks.ids();
  auto networks = networks_of(*statements);
  std::erase_if(networks, [&](const identity::NetworkDescriptor& network) {
    return std::ranges::find(own, network.id) != own.end();
  });
  return networks;
}

int install_statements(Session& session, const InstallOptions& options, std::string_view text) {
  const auto news = try_statements(session, options, text);
  const auto foreign = foreign_networks(options, text);
  if (!news || !foreign) {
    return session.fail(news ? foreign.error() : news.error());
  }
  session.print("statements",
                {{"news", *news}, {"not_member_of", names_of(*foreign)}, {"state", options.state}});
  session.say(*news == 0 ? "This node knew it already."
                         : "A running runard takes it by itself and tells the others.");
  if (foreign->empty()) {
    return kExitOk;
  }
  if (!session.json()) {  // also with --quiet
    for (const identity::NetworkDescriptor& network : *foreign) {
      session.err << fmt::format(
          "warning: this node is no member of {0} and passes nothing of it on: install this on a "
          "member of {0} too\n",
          network.name);
    }
  }
  return kExitPartial;
}

int install(Session& session, const InstallOptions& options) {
  const auto text = session.read(options.bundle, identity::kMaxStatementsText);
  if (!text) {
    return session.fail(text.error());
  }
  if (text->starts_with(fmt::format("-----BEGIN {}-----", identity::kStatementLabel))) {
    return install_statements(session, options, *text);
  }
  const auto installed = try_install(session, options, *text);
  if (!installed) {
    const int code = session.fail(installed.error());
    session.say("Nothing was changed.");
    return code;
  }
  return tell_installed(session, *installed, options.state);
}

void add_state(CLI::App& made, std::string& state) {
  made.add_option("--state", state, "The node's state directory")
      ->type_name(value_name::kFolder)
      ->capture_default_str();
}

}  // namespace

void add_node_identity_commands(CLI::App& app, const CommandContext& context) {
  CLI::App& node = group(app, "node", "Nodes of the mesh, and the identity of this one");

  const auto init_options = std::make_shared<InitOptions>();
  CLI::App& init_command = command(
      node, {"init", "Makes this node's key, once", "runarctl node init --state /var/lib/runard"},
      context, [init_options](Session& session) { return init(session, *init_options); });
  add_state(init_command, init_options->state);
  init_command.add_option("--name", init_options->name, "The name to ask for in requests")
      ->type_name(value_name::kText);
  add_kek_word(init_command, init_options->kek,
               "What encrypts its keystore; auto: what is given, or the credential that systemd "
               "passes, or none");
  add_kek_options(init_command, init_options->unlock);

  const auto csr_options = std::make_shared<CsrOptions>();
  CLI::App& csr_command =
      command(node,
              {"csr", "Writes a request for the CA to sign",
               "runarctl node csr --name edge-1 --out edge-1.csr"},
              context, [csr_options](Session& session) { return csr(session, *csr_options); });
  add_state(csr_command, csr_options->state);
  csr_command.add_option("--name", csr_options->name, "The name to ask for")
      ->type_name(value_name::kText);
  csr_command.add_option("--out", csr_options->out, "Where it goes; - is standard output")
      ->type_name(value_name::kFile)
      ->capture_default_str();
  add_kek_options(csr_command, csr_options->unlock);

  const auto install_options = std::make_shared<InstallOptions>();
  CLI::App& install_command = command(
      node,
      {"install", "Installs what the CA signed, if all of it is right",
       "runarctl node install edge-1.bundle --ca-fingerprint SHA256:663ef8390a7d..."},
      context, [install_options](Session& session) { return install(session, *install_options); });
  add_state(install_command, install_options->state);
  install_command
      .add_option("bundle", install_options->bundle,
                  "What 'ca sign' or another command of the CA wrote; - is standard input")
      ->required()
      ->type_name(value_name::kFile);
  install_command
      .add_option("--ca-fingerprint", install_options->pins,
                  "The CA to trust, as 'ca inspect DIR' prints it; needed the first time")
      ->allow_extra_args(false)
      ->type_name("SHA256:HEX");
}

}  // namespace runard::ctl
