// runarctl network create|rotate-key: a network of the mesh, as a random id that the CA knows by
// name, and the keys that its members seal to.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <memory>

#include "ctl/ca_networks.h"
#include "ctl/ca_unlock.h"
#include "ctl/command.h"
#include "ctl/defaults.h"
#include "ctl/lifetime.h"

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

struct RotateOptions {
  std::string name;
  std::string ca = kDefaultCa;
  std::vector<std::string> exclude;
  std::string activate_after = "10m";
  std::string overlap = "7d";
  std::string out;
  SecretInput passphrase;
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

core::Result<identity::Statement> try_rotate(Session& session, const RotateOptions& options) {
  const auto rotation = rotation_of(options);
  if (!rotation) {
    return rotation.error();
  }
  const auto network = network_of_ca(options.ca, options.name);
  if (!network) {
    return network.error();
  }
  const auto passphrase = ca_passphrase(options.ca, options.passphrase);
  if (!passphrase) {
    return passphrase.error();
  }
  auto ca = open_networks(session, options.ca, *passphrase);
  if (!ca) {
    return ca.error();
  }
  auto statement = (*ca)->networks.rotate(*network, *rotation);
  if (!statement) {
    return statement.error();
  }
  const auto written = session.write(options.out, statement->pem());
  return written ? statement : written.error();
}

int rotate(Session& session, const RotateOptions& options) {
  const auto statement = try_rotate(session, options);
  if (!statement) {
    return session.fail(statement.error());
  }
  const auto keyring = keys::NetworkKeyring::parse(statement->body());
  if (!keyring) {
    return session.fail(keyring.error());
  }
  session.print("network_keyring", {{"network", options.name},
                                    {"generation", statement->generation()},
                                    {"version", keyring->versions.back().version},
                                    {"activates_ms", keyring->versions.back().activates_ms},
                                    {"members", keyring->members.size()},
                                    {"file", options.out}});
  session.say("Give it to one node, the others hear of it: runarctl node install " + options.out);
  return kExitOk;
}

void add_ca_option(CLI::App& made, std::string& ca) {
  made.add_option("--ca", ca, "The CA's folder")
      ->type_name(value_name::kFolder)
      ->capture_default_str();
}

void add_create(CLI::App& network, const CommandContext& context) {
  const auto options = std::make_shared<CreateOptions>();
  CLI::App& made =
      command(network,
              {"create", "Makes a network that certificates can grant",
               "runarctl network create main --ca ./ca"},
              context, [options](Session& session) { return create(session, *options); });
  made.add_option("name", options->name, "Its name")->required()->type_name(value_name::kText);
  add_ca_option(made, options->ca);
  add_ca_passphrase(made, options->passphrase);
}

void add_rotate(CLI::App& network, const CommandContext& context) {
  const auto options = std::make_shared<RotateOptions>();
  CLI::App& made =
      command(network,
              {"rotate-key", "Makes a new key for a network's members, and ends the old one",
               "runarctl network rotate-key main --ca ./ca --exclude edge-2 --out main.keyring"},
              context, [options](Session& session) { return rotate(session, *options); });
  made.add_option("name", options->name, "Its name")->required()->type_name(value_name::kText);
  add_ca_option(made, options->ca);
  add_ca_passphrase(made, options->passphrase);
  made.add_option("--exclude", options->exclude, "A node that is to be no member; repeatable")
      ->allow_extra_args(false)
      ->type_name(value_name::kNode);
  made.add_option("--activate-after", options->activate_after,
                  "When the members begin to seal with it: time for all of them to get it")
      ->type_name(value_name::kTime)
      ->capture_default_str();
  made.add_option("--overlap", options->overlap, "How long the old one goes on opening after that")
      ->type_name(value_name::kTime)
      ->capture_default_str();
  made.add_option("--out", options->out, "Where the statement for the nodes goes")
      ->required()
      ->type_name(value_name::kFile);
}

}  // namespace

void add_network_commands(CLI::App& app, const CommandContext& context) {
  CLI::App& network = group(app, "network", "Networks of the mesh and their keys");
  add_create(network, context);
  add_rotate(network, context);
}

}  // namespace runard::ctl
