// runarctl node revoke|unrevoke: whom the CA's operator shuts out, as files of statements that any
// node passes on.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <iterator>
#include <memory>
#include <ostream>

#include "ctl/ca_networks.h"
#include "ctl/ca_unlock.h"
#include "ctl/command.h"
#include "ctl/confirm.h"
#include "ctl/defaults.h"
#include "ctl/lifetime.h"
#include "ctl/statement_output.h"
#include "identity/denied.h"
#include "identity/revocation.h"

namespace runard::ctl {
namespace {

namespace json = boost::json;
using identity::Statement;

struct RevokeOptions {
  std::string node;
  std::string network;
  std::string reason;
  std::string time;
  std::string ca = kDefaultCa;
  SecretInput passphrase;
  std::string out = "-";
  bool yes = false;
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
  const auto network = network_of_ca(options.ca, options.network);
  if (!network) {
    return network.error();
  }
  entry.what = identity::DeniedWhat::kMembership;
  entry.network = *network;
  return entry;
}

struct Change {
  std::vector<Statement> statements;  // the denylist first
  std::vector<keys::Rekeyed::Failure> failed;
};

// The keys of the networks without the node, or with it again.
keys::Rekeyed rekey(CaNetworks& ca, const identity::DeniedEntry& entry, bool revokes) {
  const bool everywhere = entry.what == identity::DeniedWhat::kNode;
  const auto only = everywhere ? std::nullopt : std::optional(entry.network);
  return revokes ? ca.networks.remove(entry.node, only) : ca.networks.restore(entry.node, only);
}

// The denylist is given out whatever becomes of the networks' keys.
core::Result<Change> change(Session& session, identity::Authority ca,
                            const CaPassphrase& passphrase, const identity::DeniedEntry& entry,
                            bool revokes) {
  const auto denylist = revokes ? identity::deny(ca, entry) : identity::allow_again(ca, entry);
  if (!denylist) {
    return denylist.error();
  }
  Change done{{*denylist}, {}};
  const auto folder = open_networks(session, std::move(ca), passphrase);
  if (!folder) {
    done.failed.push_back({"", folder.error()});
    return done;
  }
  keys::Rekeyed made = rekey(**folder, entry, revokes);
  std::ranges::move(made.statements, std::back_inserter(done.statements));
  done.failed = std::move(made.failed);
  tell_lapsed(session, **folder);
  return done;
}

core::Result<Change> try_change(Session& session, const RevokeOptions& options, bool revokes) {
  const auto passphrase = ca_passphrase(options.ca, options.passphrase);
  if (!passphrase) {
    return passphrase.error();
  }
  if (auto good = check_output(options.out); !good) {
    return good.error();
  }
  auto ca = open_authority(session, options.ca, *passphrase);
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
  return change(session, std::move(*ca), *passphrase, *entry, revokes);
}

json::array failures_of(const Change& done) {
  json::array failures;
  for (const keys::Rekeyed::Failure& failure : done.failed) {
    failures.push_back({{"network", failure.network}, {"message", core::sentence(failure.why)}});
  }
  return failures;
}

// Also with --quiet; with JSON the document says it.
void tell_failures(Session& session, const Change& done) {
  if (session.json()) {
    return;
  }
  for (const auto& [network, why] : done.failed) {
    const std::string whose = network.empty() ? "of the networks" : "of network " + network;
    session.err << "warning: the keys " << whose
                << " are not as they should be: " << core::sentence(why)
                << "; run this command again later\n";
  }
}

constexpr const char* kWholeMesh = "*";  // no network has that name

// Where the denylist still shuts out a node that was to be let in again: of one network only what
// covers it.
core::Result<std::vector<std::string>> still_out(const Session& session,
                                                 const RevokeOptions& options,
                                                 const Statement& denylist) {
  const auto target = target_of(options);
  const auto entries = identity::parse_denied(denylist.body());
  const auto networks = identity::Authority::networks_in(options.ca);
  if (!target || !entries || !networks) {
    return !target ? target.error() : !entries ? entries.error() : networks.error();
  }
  const auto denied = identity::in_force(*entries, session.clock.wall());
  std::vector<std::string> out;
  if (denied.nodes.contains(target->node)) {
    out.emplace_back(kWholeMesh);
  }
  for (const identity::NetworkDescriptor& network : *networks) {
    if (options.network.empty() && denied.memberships.contains({target->node, network.id})) {
      out.push_back(network.name);
    }
  }
  return out;
}

// A warning also with --quiet.
void tell_still_out(Session& session, const RevokeOptions& options,
                    const std::vector<std::string>& out) {
  for (const std::string& where : out) {
    if (!session.json()) {
      session.err << (where == kWholeMesh
                          ? fmt::format("warning: {} is still shut out of the whole mesh; without "
                                        "--network it is let in again\n",
                                        options.node)
                          : fmt::format("warning: {0} is still shut out of {1}; --network {1} lets "
                                        "it in again\n",
                                        options.node, where));
    }
  }
}

int give_allowed(Session& session, const RevokeOptions& options,
                 const std::vector<Statement>& statements, json::object record) {
  const auto out = still_out(session, options, statements.front());
  if (!out) {
    return session.fail(out.error());
  }
  if (!out->empty()) {
    record["still_revoked_in"] = json::value_from(*out);
  }
  const int code = give_statements(session, statements, options.out, std::move(record));
  if (code != kExitOk || out->empty()) {
    return code;
  }
  tell_still_out(session, options, *out);
  return kExitPartial;
}

int revoke(Session& session, const RevokeOptions& options, bool revokes) {
  if (revokes) {
    const std::string from = options.network.empty() ? "the mesh" : options.network;
    const auto meant =
        confirm(session, fmt::format("shut {} out of {}", options.node, from), options.yes);
    if (!meant) {
      return session.fail(meant.error());
    }
  }
  const auto done = try_change(session, options, revokes);
  if (!done) {
    const bool is_free = !revokes && done.error().about == "nobody was revoked in this mesh";
    return session.fail(done.error(),
                        {is_free ? "Nothing to do: this CA shuts it out of nothing." : "", {}, {}});
  }
  const auto node = identity::find_node(options.ca, options.node);
  json::object record = {{"node", node ? node->text() : options.node}, {"revoked", revokes}};
  if (!options.network.empty()) {
    record["network"] = options.network;
  }
  if (session.json() && !done->failed.empty()) {
    record["keys_failed"] = failures_of(*done);
  }
  const int given = revokes
                        ? give_statements(session, done->statements, options.out, std::move(record))
                        : give_allowed(session, options, done->statements, std::move(record));
  tell_failures(session, *done);
  return given == kExitOk && !done->failed.empty() ? kExitPartial : given;
}

void add_revoke(CLI::App& node, const CommandContext& context, bool revokes) {
  const auto options = std::make_shared<RevokeOptions>();
  const About about =
      revokes ? About{"revoke", "Shuts a node out of the mesh, or out of one network",
                      "runarctl node revoke web-1 --ca ./ca --reason lost --out denylist.pem"}
              : About{"unrevoke", "Lets a node that was revoked in again",
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
    add_yes_option(made, options->yes);
  }
  add_statement_files(made, options->ca, options->out);
  add_ca_passphrase(made, options->passphrase);
}

}  // namespace

void add_trust_commands(CLI::App& app, const CommandContext& context) {
  CLI::App& node = group(app, "node", "Nodes of the mesh, and the identity of this one");
  add_revoke(node, context, true);
  add_revoke(node, context, false);
}

}  // namespace runard::ctl
