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
#include "ctl/confirm.h"
#include "ctl/defaults.h"
#include "ctl/lifetime.h"
#include "ctl/statement_output.h"
#include "identity/ca_copy.h"
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
  bool yes = false;
};

// Beside what the error says: which step comes when.
Advice on_wrong_step(const core::Error& error) {
  return {error.code == Errc::kConflict
              ? "Take the steps in their order, prepare, activate, retire: the operator's guide, "
                "daemon/identity/OPERATOR.md, has them."
              : "",
          {},
          {}};
}

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
                   : session.fail(statement.error(), on_wrong_step(statement.error()));
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
  tell_lapsed(session, **ca);
  if (all && *denylist) {
    all->insert(all->begin(), std::move(**denylist));
  }
  return all;
}

int activate(Session& session, const RotateOptions& options) {
  bool rotated = false;
  const auto all = try_activate(session, options, rotated);
  if (!all) {
    const int code = session.fail(all.error(), on_wrong_step(all.error()));
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

core::Result<identity::ShownCertificates> shown_by_nodes(Session& session,
                                                         const RotateOptions& options) {
  if (options.acknowledged.empty()) {
    return identity::ShownCertificates();
  }
  const auto text = session.read(options.acknowledged);
  return text ? certificates_shown(*text) : text.error();
}

// What retire gives, or who is in its way. Done again it gives all networks' keys: what it signed
// the first time may never have come out.
struct Retiring {
  core::Result<std::vector<Statement>> statements;
  std::vector<identity::OldHolder> holders{};
};

Retiring try_retire(Session& session, const RotateOptions& options, CaNetworks& ca) {
  const auto shown = shown_by_nodes(session, options);
  const auto before = shown ? Rotation::generation_in(options.ca) : shown.error();
  if (!before) {
    return {before.error()};
  }
  const Rotation rotation(ca.ca);
  const auto statement = rotation.retire(options.force, *shown);
  if (!statement) {
    auto holders = rotation.held_back(*shown);
    return {statement.error(), holders ? std::move(*holders) : std::vector<identity::OldHolder>()};
  }
  auto all = ca.networks.sign_again(statement->generation() == *before);
  tell_lapsed(session, ca);
  if (all) {
    all->insert(all->begin(), *statement);
  }
  return {std::move(all)};
}

int refuse_to_retire(Session& session, const RotateOptions& options, const Retiring& refused) {
  constexpr std::size_t kMostFacts = 50;
  Advice advice = on_wrong_step(refused.statements.error());
  json::array nodes;
  for (const identity::OldHolder& holder : refused.holders) {
    nodes.push_back({{"name", holder.name},
                     {"node", holder.node.text()},
                     {"until", holder.until},
                     {"signed_again", holder.signed_again}});
    if (nodes.size() <= kMostFacts) {
      advice.facts.push_back(
          fmt::format("{} ({}): its certificate of the old root ends at {}; {}.", holder.name,
                      holder.node.text(), holder.until,
                      holder.signed_again
                          ? "the new one was signed by hand or just now, and may not be in use yet"
                          : "it has none of the new root"));
    }
  }
  if (nodes.size() > kMostFacts) {
    advice.facts.push_back(fmt::format("{} more; -o json has all.", nodes.size() - kMostFacts));
  }
  if (!nodes.empty() && identity::has_copies(options.ca)) {
    advice.facts.emplace_back(
        "This CA has copies, and what they renewed is not known here: of a node whose certificate "
        "has ended, too, it must be known that it shows a new one, or it must be revoked.");
  }
  if (!nodes.empty()) {
    advice.remedy =
        "Renew those that have none. For what was signed by hand give --acked FILE, which "
        "'runarctl -o json status' wrote on a node that is linked to them: it tells what they "
        "show. Or wait for the end; --force shuts out whoever shows the old one.";
  }
  return session.fail(refused.statements.error(), advice, {{"nodes", std::move(nodes)}});
}

int retire(Session& session, const RotateOptions& options) {
  const auto meant = confirm(session, "let the nodes trust the new root alone", options.yes);
  if (!meant) {
    return session.fail(meant.error());
  }
  const auto passphrase = ca_passphrase(options.ca, options.passphrase);
  if (!passphrase) {
    return session.fail(passphrase.error());
  }
  if (auto good = check_output(options.out); !good) {
    return session.fail(good.error());
  }
  const auto ca = open_networks(session, options.ca, *passphrase);
  if (!ca) {
    return session.fail(ca.error());
  }
  const Retiring done = try_retire(session, options, **ca);
  return done.statements
             ? give_statements(session, *done.statements, options.out, {{"step", "retire"}})
             : refuse_to_retire(session, options, done);
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
  CLI::App& third =
      command(rotate,
              {"retire", "Lets nodes trust the new root alone",
               "runarctl ca rotate retire --ca ./ca --acked status.json --out trust.pem"},
              context, [options](Session& session) { return retire(session, *options); });
  for (CLI::App* made : {&second, &third}) {
    made->add_option("--acked", options->acknowledged,
                     "What 'runarctl -o json status' said on a node that sees all others")
        ->type_name(value_name::kFile);
  }
  second.add_flag("--force", options->force,
                  "Even if nodes have not heard of it: they are shut out");
  third.add_flag("--force", options->force,
                 "Even if nodes show certificates of the old root: they are shut out");
  add_yes_option(third, options->yes);
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
