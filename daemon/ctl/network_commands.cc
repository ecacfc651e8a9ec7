// runarctl network create: a network of the mesh, as a random id that the CA knows by name.
#include <boost/json.hpp>
#include <memory>

#include "ctl/ca_unlock.h"
#include "ctl/command.h"
#include "ctl/defaults.h"
#include "identity/authority.h"

namespace runard::ctl {
namespace {

struct CreateOptions {
  std::string name;
  std::string ca = kDefaultCa;
  SecretInput passphrase;
};

int create(Session& session, const CreateOptions& options) {
  auto ca = open_authority(session, options.ca, options.passphrase);
  if (!ca) {
    return session.fail(ca.error());
  }
  const auto network = ca->create_network(options.name);
  if (!network) {
    return session.fail(network.error());
  }
  session.print("network", {{"id", network->id.text()}, {"name", network->name}});
  session.say("Make nodes members with: runarctl ca sign ... --network " + network->name);
  return kExitOk;
}

}  // namespace

void add_network_commands(CLI::App& app, const CommandContext& context) {
  CLI::App& network = group(app, "network", "Networks of the mesh");
  const auto options = std::make_shared<CreateOptions>();
  CLI::App& made =
      command(network,
              {"create", "Makes a network that certificates can grant",
               "runarctl network create main --ca ./ca"},
              context, [options](Session& session) { return create(session, *options); });
  made.add_option("name", options->name, "Its name")->required()->type_name(value_name::kText);
  made.add_option("--ca", options->ca, "The CA's folder")
      ->type_name(value_name::kFolder)
      ->capture_default_str();
  add_ca_passphrase(made, options->passphrase);
}

}  // namespace runard::ctl
