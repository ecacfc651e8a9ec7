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

// The denylist, signed by the next root, if there is one. The CA is free again afterwards.
core::Result<std::vector<Statement>> try_activate(Session& session, const RotateOptions& options,
                                                  const CaPassphrase& passphrase) {
  const auto ca = open_authority(session, options.ca, passphrase);
  if (!ca) {
    return ca.error();
  }
  if (const auto ready = check_acknowledged(session, options); !ready) {
    return ready.error();
  }
  auto denylist = Rotation(*ca).activate();
  if (!denylist) {
    return denylist.error();
  }
  return *denylist ? std::vector<Statement>{std::move(**denylist)} : std::vector<Statement>();
}

int activate(Session& session, const RotateOptions& options) {
  const auto passphrase = ca_passphrase(options.ca, options.passphrase);
  if (!passphrase) {
    return session.fail(passphrase.error());
  }
  auto all = try_activate(session, options, *passphrase);
  if (!all) {
    const int code = session.fail(all.error());
    session.say("Nothing was changed.");
    return code;
  }
  session.say(
      "The next root signs from now on. Renew every node's certificate, then 'runarctl ca "
      "rotate retire'.");
  // What the old root alone has signed proves nothing once it is retired.
  auto keyrings = sign_networks_again(session, options.ca, *passphrase);
  if (!keyrings) {
    return session.fail(keyrings.error(),
                        {"The root is rotated; sign the networks' keys with 'runarctl network "
                         "rewrap NAME', or let 'ca rotate retire' do it.",
                         {},
                         {}});
  }
  std::ranges::move(*keyrings, std::back_inserter(*all));
  if (!all->empty()) {
    return give_statements(session, *all, options.out, {{"step", "activate"}});
  }
  session.print("rotation", {{"step", "activate"}});
  return kExitOk;
}

core::Result<Statement> try_retire(Session& session, const RotateOptions& options,
                                   const CaPassphrase& passphrase) {
  const auto ca = open_authority(session, options.ca, passphrase);
  return ca ? Rotation(*ca).retire(options.force) : ca.error();
}

int retire(Session& session, const RotateOptions& options) {
  const auto passphrase = ca_passphrase(options.ca, options.passphrase);
  if (!passphrase) {
    return session.fail(passphrase.error());
  }
  auto statement = try_retire(session, options, *passphrase);
  if (!statement) {
    return session.fail(
        statement.error(),
        {"Renew the certificates of these nodes first, or wait until they end.", {}, {}});
  }
  std::vector<Statement> all{std::move(*statement)};
  auto keyrings = sign_networks_again(session, options.ca, *passphrase);
  if (!keyrings) {
    return session.fail(keyrings.error());
  }
  std::ranges::move(*keyrings, std::back_inserter(all));
  return give_statements(session, all, options.out, {{"step", "retire"}});
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
