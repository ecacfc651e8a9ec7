// runarctl ca rotate prepare|activate|retire and node revoke|unrevoke: what the CA's operator says
// to all nodes at once, as files of statements that any node passes on.
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
#include "identity/revocation.h"
#include "identity/rotation.h"
#include "identity/time_text.h"

namespace runard::ctl {
namespace {

namespace json = boost::json;
using core::Errc;
using identity::Authority;
using identity::Rotation;
using identity::Statement;

// Writes the file of all of them, which the first one gives its name, and tells of it. kExitOk or
// that of the error.
int give(Session& session, const std::vector<Statement>& statements, const std::string& out,
         json::object record) {
  std::string text;
  for (const Statement& statement : statements) {
    text += statement.pem();
  }
  record["kind"] = std::string(identity::kind_name(statements.front().key().kind));
  record["generation"] = statements.front().generation();
  if (out != "-") {
    if (const auto written = session.write(out, text); !written) {
      return session.fail(written.error());
    }
    record["file"] = out;
  } else if (session.json()) {
    record["statement"] = text;
  } else {
    session.out << text;
    return kExitOk;
  }
  session.print("statement", record);
  session.say(fmt::format("On any one node: runarctl node install {}", out == "-" ? "FILE" : out));
  return kExitOk;
}

void append(std::vector<Statement>& all, std::vector<Statement> more) {
  std::ranges::move(more, std::back_inserter(all));
}

struct RevokeOptions {
  std::string node;
  std::string network;
  std::string reason;
  std::string time;
  std::string ca = kDefaultCa;
  SecretInput passphrase;
  std::string out = "-";
};

core::Result<identity::DeniedEntry> target_of(const RevokeOptions& options) {
  const auto node = identity::find_node(options.ca, options.node);
  if (!node) {
    return node.error();
  }
  identity::DeniedEntry entry;
  entry.node = *node;
  if (options.network.empty()) {
    return entry;
  }
  const auto networks = Authority::networks_in(options.ca);
  if (!networks) {
    return networks.error();
  }
  for (const identity::NetworkDescriptor& network : *networks) {
    if (network.name == options.network) {
      entry.what = identity::DeniedWhat::kMembership;
      entry.network = network.id;
      return entry;
    }
  }
  return core::fail(Errc::kNotFound,
                    fmt::format("no network \"{}\" in this mesh", options.network));
}

core::Result<Statement> change_denylist(Session& session, const RevokeOptions& options,
                                        const CaPassphrase& passphrase, bool revokes) {
  const auto ca = open_authority(session, options.ca, passphrase);
  if (!ca) {
    return ca.error();
  }
  auto entry = target_of(options);
  if (!entry) {
    return entry.error();
  }
  entry->reason = options.reason;
  if (!options.time.empty()) {
    const auto time = parse_lifetime(options.time);
    if (!time) {
      return time.error();
    }
    entry->until_ms = std::chrono::floor<std::chrono::milliseconds>(session.clock.wall() + *time)
                          .time_since_epoch()
                          .count();
  }
  return revokes ? identity::deny(*ca, *entry) : identity::allow_again(*ca, *entry);
}

int revoke(Session& session, const RevokeOptions& options, bool revokes) {
  const auto passphrase = ca_passphrase(options.ca, options.passphrase);
  if (!passphrase) {
    return session.fail(passphrase.error());
  }
  const auto statement = change_denylist(session, options, *passphrase, revokes);
  if (!statement) {
    return session.fail(statement.error());
  }
  const auto node = identity::find_node(options.ca, options.node);
  json::object record = {{"node", node ? node->text() : options.node}, {"revoked", revokes}};
  if (!options.network.empty()) {
    record["network"] = options.network;
  }
  std::vector<Statement> all{*statement};
  if (revokes && node) {
    auto keyrings = rotate_without(session, options.ca, *passphrase, {*node, options.network});
    if (!keyrings) {
      return session.fail(keyrings.error());
    }
    append(all, std::move(*keyrings));
  }
  return give(session, all, options.out, std::move(record));
}

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
  return statement ? give(session, {*statement}, options.out, {{"step", "prepare"}})
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
  append(*all, std::move(*keyrings));
  if (!all->empty()) {
    return give(session, *all, options.out, {{"step", "activate"}});
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
  append(all, std::move(*keyrings));
  return give(session, all, options.out, {{"step", "retire"}});
}

void add_files(CLI::App& made, std::string& ca, std::string& out) {
  made.add_option("--ca", ca, "The CA's folder")
      ->type_name(value_name::kFolder)
      ->capture_default_str();
  made.add_option("--out", out, "Where the statement goes; - is standard output")
      ->type_name(value_name::kFile)
      ->capture_default_str();
}

void add_revoke(CLI::App& node, const CommandContext& context, bool revokes) {
  const auto options = std::make_shared<RevokeOptions>();
  const About about =
      revokes ? About{"revoke", "Shuts a node out of the mesh, or out of one network",
                      "runarctl node revoke web-1 --ca ./ca --reason lost --out denylist.pem"}
              : About{"unrevoke", "Takes a node off the denylist again",
                      "runarctl node unrevoke web-1 --ca ./ca --out denylist.pem"};
  CLI::App& made = command(node, about, context, [options, revokes](Session& session) {
    return revoke(session, *options, revokes);
  });
  made.add_option("node", options->node, "The node's name or id")
      ->required()
      ->type_name(value_name::kNode);
  made.add_option("--network", options->network, "Only out of this network")
      ->type_name(value_name::kNetwork);
  if (revokes) {
    made.add_option("--reason", options->reason, "For people, at most 60 characters")
        ->type_name(value_name::kText);
    made.add_option("--for", options->time, "How long; else for ever")
        ->type_name(value_name::kTime);
  }
  add_files(made, options->ca, options->out);
  add_ca_passphrase(made, options->passphrase);
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
    add_files(*made, options->ca, options->out);
    add_ca_passphrase(*made, options->passphrase);
  }
}

}  // namespace

void add_trust_commands(CLI::App& app, const CommandContext& context) {
  add_rotate(group(app, "ca", "The mesh's certificate authority"), context);
  CLI::App& node = group(app, "node", "Nodes of the mesh and their identities");
  add_revoke(node, context, true);
  add_revoke(node, context, false);
}

}  // namespace runard::ctl
