// runarctl ca rotate prepare|activate|retire: from one root of the mesh to the next, as files of
// statements that any node passes on.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <iterator>
#include <memory>

#include "ctl/acknowledged.h"
#include "ctl/ca_networks.h"
#include "ctl/ca_unlock.h"
#include "ctl/command.h"
#include "ctl/defaults.h"
#include "ctl/lifetime.h"
#include "ctl/statement_output.h"
#include "identity/rotation.h"

namespace runard::ctl {
namespace {

namespace json = boost::json;
using core::Errc;
using identity::Rotation;
using identity::Statement;

struct RotateOptions {
  std::string ca = kDefaultCa;
  SecretInput passphrase;
  std::string out = "-";
  std::string lifetime = "3650d";
  std::string acknowledged;
  bool force = false;
};

int prepare(Session& session, const RotateOptions& options) {
  const auto lifetime = parse_lifetime(options.lifetime);
  if (!lifetime) {
    return session.fail(lifetime.error());
  }
  if (auto good = check_output(options.out); !good) {
    return session.fail(good.error());
  }
  const auto ca = open_authority(session, options.ca, options.passphrase);
  if (!ca) {
    return session.fail(ca.error());
  }
  const auto statement = Rotation(*ca).prepare(*lifetime);
  return statement ? give_statements(session, {*statement}, options.out, {{"step", "prepare"}})
                   : session.fail(statement.error());
}

// Nodes that do not trust the next root yet would refuse whoever shows a certificate of it.
core::Result<void> check_acknowledged(Session& session, const RotateOptions& options) {
  if (options.force) {
    return {};
  }
  if (options.acknowledged.empty()) {
    return core::fail(Errc::kUsage,
                      "which nodes trust the next root? Give the status of one node: on it "
                      "'runarctl -o json status > FILE', here --acked FILE; or --force");
  }
  const auto text = session.read(options.acknowledged);
  if (!text) {
    return text.error();
  }
  const auto generation = Rotation::generation_in(options.ca);
  return generation ? all_acknowledge(*text, *generation) : generation.error();
}

// The denylist and the networks' keys, signed by the next root: what the old root alone has signed
// proves nothing once it is retired. `rotated`: whatever fails, the next root signs.
core::Result<std::vector<Statement>> try_activate(Session& session, const RotateOptions& options,
                                                  bool& rotated) {
  const auto passphrase = ca_passphrase(options.ca, options.passphrase);
  if (!passphrase) {
    return passphrase.error();
  }
  if (auto good = check_output(options.out); !good) {
    return good.error();
  }
  const auto ca = open_networks(session, options.ca, *passphrase);
  if (!ca) {
    return ca.error();
  }
  if (const auto ready = check_acknowledged(session, options); !ready) {
    return ready.error();
  }
  auto denylist = Rotation((*ca)->ca).activate();
  if (!denylist) {
    return denylist.error();
  }
  rotated = true;
  if (auto ok = (*ca)->ca.reload(); !ok) {
    return ok.error();
  }
  auto all = (*ca)->networks.sign_again(true);
  if (all && *denylist) {
    all->insert(all->begin(), std::move(**denylist));
  }
  return all;
}

int activate(Session& session, const RotateOptions& options) {
  bool rotated = false;
  const auto all = try_activate(session, options, rotated);
  if (!all) {
    const int code = session.fail(all.error());
    session.say(rotated ? "The next root signs from now on; do it again for what nodes need of it."
                        : "Nothing was changed.");
    return code;
  }
  session.say(
      "The next root signs from now on. Renew every node's certificate, then 'runarctl ca "
      "rotate retire'.");
  if (!all->empty()) {
    return give_statements(session, *all, options.out, {{"step", "activate"}});
  }
  session.print("rotation", {{"step", "activate"}});
  return kExitOk;
}

// Done again it gives all networks' keys: what it signed the first time may never have come out.
core::Result<std::vector<Statement>> try_retire(const RotateOptions& options, CaNetworks& ca) {
  const auto before = Rotation::generation_in(options.ca);
  const auto statement =
      before ? Rotation(ca.ca).retire(options.force) : core::Result<Statement>(before.error());
  if (!statement) {
    return statement.error();
  }
  auto all = ca.networks.sign_again(statement->generation() == *before);
  if (all) {
    all->insert(all->begin(), *statement);
  }
  return all;
}

int retire(Session& session, const RotateOptions& options) {
  const auto passphrase = ca_passphrase(options.ca, options.passphrase);
  if (!passphrase) {
    return session.fail(passphrase.error());
  }
  if (auto good = check_output(options.out); !good) {
    return session.fail(good.error());
  }
  const auto ca = open_networks(session, options.ca, *passphrase);
  const auto all = ca ? try_retire(options, **ca) : ca.error();
  if (!all) {
    return session.fail(
        all.error(),
        {"Renew the certificates of these nodes first, or wait until they end.", {}, {}});
  }
  return give_statements(session, *all, options.out, {{"step", "retire"}});
}

void add_rotate(CLI::App& ca, const CommandContext& context) {
  CLI::App& rotate = group(ca, "rotate", "From one root CA to the next, in three steps");
  const auto options = std::make_shared<RotateOptions>();
  CLI::App& first =
      command(rotate,
              {"prepare", "Makes the next root, and lets nodes trust both",
               "runarctl ca rotate prepare --ca ./ca --out trust.pem"},
              context, [options](Session& session) { return prepare(session, *options); });
  first.add_option("--ttl", options->lifetime, "How long the next root lives")
      ->type_name(value_name::kTime)
      ->capture_default_str();
  CLI::App& second =
      command(rotate,
              {"activate", "Signs with the next root from now on",
               "runarctl ca rotate activate --ca ./ca --acked status.json"},
              context, [options](Session& session) { return activate(session, *options); });
  second
      .add_option("--acked", options->acknowledged,
                  "What 'runarctl -o json status' said on a node that sees all others")
      ->type_name(value_name::kFile);
  CLI::App& third =
      command(rotate,
              {"retire", "Lets nodes trust the new root alone",
               "runarctl ca rotate retire --ca ./ca --out trust.pem"},
              context, [options](Session& session) { return retire(session, *options); });
  second.add_flag("--force", options->force, "Whoever has not heard of it is shut out");
  third.add_flag("--force", options->force, "Whoever has an old certificate is shut out");
  for (CLI::App* made : {&first, &second, &third}) {
    add_statement_files(*made, options->ca, options->out);
    add_ca_passphrase(*made, options->passphrase);
  }
}

}  // namespace

void add_rotate_commands(CLI::App& app, const CommandContext& context) {
  add_rotate(group(app, "ca", "The mesh's certificate authority"), context);
}

}  // namespace runard::ctl
