// runarctl network create|rotate-key|rewrap: a network of the mesh, as a random id that the CA
// knows by name, and the keys that its members seal to.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <functional>
#include <memory>
#include <set>

#include "ctl/ca_networks.h"
#include "ctl/ca_unlock.h"
#include "ctl/command.h"
#include "ctl/defaults.h"
#include "ctl/lifetime.h"
#include "ctl/statement_output.h"
#include "identity/time_text.h"

namespace runard::ctl {
namespace {

namespace json = boost::json;

struct CreateOptions {
  std::string name;
  std::string ca = kDefaultCa;
  SecretInput passphrase;
};

core::Result<identity::NetworkDescriptor> try_create(Session& session,
                                                     const CreateOptions& options) {
  const auto passphrase = ca_passphrase(options.ca, options.passphrase);
  if (!passphrase) {
    return passphrase.error();
  }
  auto ca = open_networks(session, options.ca, *passphrase);
  if (!ca) {
    return ca.error();
  }
  auto network = (*ca)->ca.create_network(options.name);
  if (!network) {
    return network.error();
  }
  if (const auto keyed = (*ca)->networks.refresh(network->id); !keyed) {
    return keyed.error();
  }
  return network;
}

int create(Session& session, const CreateOptions& options) {
  const auto network = try_create(session, options);
  if (!network) {
    return session.fail(network.error());
  }
  session.print("network", {{"id", network->id.text()}, {"name", network->name}});
  session.say("Make nodes members with: runarctl ca sign ... --network " + network->name);
  return kExitOk;
}

// Of what gives out a network's keys.
struct KeyringOptions {
  std::string name;
  std::string ca = kDefaultCa;
  std::string out;
  SecretInput passphrase;
};

struct RotateOptions : KeyringOptions {
  std::vector<std::string> exclude;
  std::string activate_after = "10m";
  std::string overlap = "7d";
};

core::Result<std::chrono::milliseconds> duration_of(const std::string& text) {
  if (text == "0" || text == "0s") {
    return std::chrono::milliseconds(0);
  }
  const auto parsed = parse_lifetime(text);
  if (!parsed) {
    return parsed.error();
  }
  return std::chrono::floor<std::chrono::milliseconds>(*parsed);
}

core::Result<keys::Rotation> rotation_of(const RotateOptions& options) {
  const auto activate = duration_of(options.activate_after);
  const auto overlap = duration_of(options.overlap);
  if (!activate || !overlap) {
    return !activate ? activate.error() : overlap.error();
  }
  keys::Rotation rotation{*activate, *overlap, {}};
  for (const std::string& node : options.exclude) {
    const auto id = node_of_ca(options.ca, node);
    if (!id) {
      return id.error();
    }
    rotation.exclude.push_back(*id);
  }
  return rotation;
}

using Make = std::function<core::Result<identity::Statement>(keys::NetworkAuthority& networks,
                                                             const core::NetworkId& network)>;

struct Made {
  identity::Statement statement;
  std::set<std::string> lapsed;
};

// What `make` gives, in the file.
core::Result<Made> try_make(Session& session, const KeyringOptions& options, const Make& make) {
  const auto network = network_of_ca(options.ca, options.name);
  if (!network) {
    return network.error();
  }
  const auto passphrase = ca_passphrase(options.ca, options.passphrase);
  if (!passphrase) {
    return passphrase.error();
  }
  if (auto good = check_output(options.out); !good) {
    return good.error();
  }
  auto ca = open_networks(session, options.ca, *passphrase);
  if (!ca) {
    return ca.error();
  }
  auto statement = make((*ca)->networks, *network);
  if (!statement) {
    return statement.error();
  }
  if (const auto written = session.write(options.out, statement->pem()); !written) {
    return written.error();
  }
  tell_lapsed(session, **ca);
  return Made{std::move(*statement), (*ca)->networks.lapsed()};
}

int give(Session& session, const KeyringOptions& options, const core::Result<Made>& made) {
  const auto keyring = made ? keys::NetworkKeyring::parse(made->statement.body())
                            : core::Result<keys::NetworkKeyring>(made.error());
  if (!keyring) {
    return session.fail(keyring.error());
  }
  const auto& newest = keyring->versions.back();
  json::object record = {{"network", options.name},
                         {"generation", made->statement.generation()},
                         {"version", newest.version},
                         {"activates", identity::time_text(core::WallTime(std::chrono::milliseconds(
                                           static_cast<std::int64_t>(newest.activates_ms))))},
                         {"members", keyring->members.size()},
                         {"left_out", json::value_from(made->lapsed)},
                         {"file", options.out}};
  if (session.json()) {
    record["activates_ms"] = newest.activates_ms;
  }
  session.print("network_keyring", record);
  session.say(where_to_install(networks_of({made->statement}), options.out));
  return made->lapsed.empty() ? kExitOk : kExitPartial;
}

int rotate(Session& session, const RotateOptions& options) {
  const auto rotation = rotation_of(options);
  if (!rotation) {
    return session.fail(rotation.error());
  }
  return give(session, options,
              try_make(session, options, [&](auto& networks, const core::NetworkId& network) {
                return networks.rotate(network, *rotation);
              }));
}

int rewrap(Session& session, const KeyringOptions& options) {
  return give(session, options,
              try_make(session, options, [](auto& networks, const core::NetworkId& network) {
                return networks.refresh(network);
              }));
}

void add_create(CLI::App& network, const CommandContext& context) {
  const auto options = std::make_shared<CreateOptions>();
  CLI::App& made =
      command(network,
              {"create", "Makes a network that certificates can grant",
               "runarctl network create main --ca ./ca"},
              context, [options](Session& session) { return create(session, *options); });
  made.add_option("name", options->name, "The network's name")
      ->required()
      ->type_name(value_name::kText);
  add_ca_folder(made, options->ca);
  add_ca_passphrase(made, options->passphrase);
}

void add_keyring_options(CLI::App& made, KeyringOptions& options) {
  made.add_option("name", options.name, "The network's name")
      ->required()
      ->type_name(value_name::kNetwork);
  add_ca_folder(made, options.ca);
  add_ca_passphrase(made, options.passphrase);
  made.add_option("--out", options.out, "Where the statement for the nodes goes")
      ->required()
      ->type_name(value_name::kFile);
}

void add_rotate(CLI::App& network, const CommandContext& context) {
  const auto options = std::make_shared<RotateOptions>();
  CLI::App& made =
      command(network,
              {"rotate-key", "Makes a new key for a network's members, and ends the old one",
               "runarctl network rotate-key main --ca ./ca --exclude edge-2 --out main.keyring"},
              context, [options](Session& session) { return rotate(session, *options); });
  add_keyring_options(made, *options);
  made.add_option("--exclude", options->exclude, "A node that is to be no member; repeatable")
      ->allow_extra_args(false)
      ->type_name(value_name::kNode);
  made.add_option("--activate-after", options->activate_after,
                  "When the members seal with it at the latest; sooner if all that are linked have "
                  "it")
      ->type_name(value_name::kTime)
      ->capture_default_str();
  made.add_option("--overlap", options->overlap, "How long the old one goes on opening after that")
      ->type_name(value_name::kTime)
      ->capture_default_str();
}

void add_rewrap(CLI::App& network, const CommandContext& context) {
  const auto options = std::make_shared<KeyringOptions>();
  CLI::App& made =
      command(network,
              {"rewrap", "Seals a network's keys to its present members, without a new key",
               "runarctl network rewrap main --ca ./ca --out main.keyring"},
              context, [options](Session& session) { return rewrap(session, *options); });
  add_keyring_options(made, *options);
}

}  // namespace

void add_network_commands(CLI::App& app, const CommandContext& context) {
  CLI::App& network = group(app, "network", "Networks of the mesh and their keys");
  add_create(network, context);
  add_rotate(network, context);
  add_rewrap(network, context);
}

}  // namespace runard::ctl
