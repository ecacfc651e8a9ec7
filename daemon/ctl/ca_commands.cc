// runarctl ca init|sign|copy|inspect: the mesh's CA, on a machine that needs no network and no
// daemon.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <iterator>
#include <memory>

#include "ctl/ca_networks.h"
#include "ctl/ca_unlock.h"
#include "ctl/command.h"
#include "ctl/defaults.h"
#include "ctl/grant_options.h"
#include "ctl/inspect.h"
#include "ctl/lifetime.h"
#include "enroll/rights.h"
#include "identity/authority.h"
#include "identity/ca_copy.h"
#include "identity/fingerprint.h"
#include "identity/profile.h"
#include "identity/revocation.h"
#include "identity/time_text.h"
#include "keys/node_request.h"

namespace runard::ctl {
namespace {

namespace json = boost::json;
using core::Errc;
using identity::Authority;

struct InitOptions {
  std::string name;
  std::string out = kDefaultCa;
  std::string lifetime = "3650d";
  SecretInput passphrase;
  bool no_passphrase = false;
};

// Also with --quiet; with JSON the document says it.
void warn(Session& session, std::string_view what) {
  if (!session.json()) {
    session.err << "warning: " << what << '\n';
  }
}

// Empty: none. Who sits at a terminal is asked; a script that says nothing gets none, and is told.
core::Result<crypto::SecretBytes> new_passphrase(const InitOptions& options) {
  if (options.no_passphrase || (!options.passphrase.is_given() && isatty(STDIN_FILENO) == 0)) {
    return crypto::SecretBytes();
  }
  auto text = options.passphrase.is_given()
                  ? read_text(options.passphrase)
                  : ask_passphrase("New passphrase of the CA: ", Ask::kTwice);
  if (text && text->empty()) {
    return core::fail(Errc::kUsage, "an empty passphrase; --no-passphrase makes a CA without");
  }
  return text;
}

int init(Session& session, const InitOptions& options) {
  const auto lifetime = parse_lifetime(options.lifetime);
  if (!lifetime) {
    return session.fail(lifetime.error());
  }
  const auto passphrase = new_passphrase(options);
  if (!passphrase) {
    return session.fail(passphrase.error());
  }
  std::error_code ignored;  // what could not be made is reported by create()
  const std::filesystem::path parent = std::filesystem::path(options.out).parent_path();
  std::filesystem::create_directories(parent, ignored);
  const auto ca = Authority::create({session.disk, session.clock, session.random}, options.out,
                                    options.name, *lifetime, *passphrase);
  if (!ca) {
    const bool is_there = ca.error().code == Errc::kConflict;
    return session.fail(
        ca.error(),
        {is_there ? "Keep it: its key is what the mesh trusts. Another mesh has a folder of its "
                    "own: --out DIR."
                  : "",
         {},
         {}});
  }
  session.print("ca", {{"name", ca->certificate().common_name()},
                       {"fingerprint", identity::fingerprint_text(ca->certificate())},
                       {"not_after", identity::time_text(ca->certificate().not_after())},
                       {"folder", options.out},
                       {"encrypted", !passphrase->empty()}});
  const std::string in_clear = "the CA's key is not encrypted: keep " + options.out +
                               " on a machine that you trust, with a backup";
  if (!passphrase->empty()) {
    session.say("Keep a backup of " + options.out + ", and do not lose the passphrase.");
  } else if (options.no_passphrase) {
    session.say("As asked, " + in_clear + ".");
  } else {
    warn(session, in_clear);
  }
  return kExitOk;
}

struct SignOptions {
  std::string request;
  std::string ca = kDefaultCa;
  std::string name;
  Grant grant;
  std::string lifetime = "90d";
  std::string out = "-";
  SecretInput passphrase;
  bool replace = false;
};

// The name is the operator's: --name, or how they called the file. Never what the request says.
core::Result<std::string> node_name(const SignOptions& options) {
  if (!options.name.empty()) {
    return options.name;
  }
  if (options.request == "-") {
    return core::fail(Errc::kUsage, "a request from standard input needs --name");
  }
  return std::filesystem::path(options.request).stem().string();
}

struct Issued {
  identity::Bundle bundle;
  std::vector<std::string> warnings;  // where it is not what was asked for
};

// Of the certificate that was made, against what was asked.
std::vector<std::string> differences(const Session& session, const SignOptions& options,
                                     const keys::NodeRequest& asked, const Authority& ca,
                                     const crypto::Certificate& made) {
  constexpr core::Duration kSlack = std::chrono::minutes(1);
  std::vector<std::string> found;
  const auto lifetime = parse_lifetime(options.lifetime);
  if (lifetime && made.not_after() + kSlack < session.clock.wall() + *lifetime) {
    found.push_back(fmt::format("the certificate ends with the CA, at {}: sooner than --ttl {}",
                                identity::time_text(made.not_after()), options.lifetime));
  }
  const std::string wished = asked.request.common_name();
  const core::NodeId node = identity::node_id_of(asked.request.public_key());
  const bool has_wish = !wished.empty() && wished != node.text();
  if (options.name.empty() && has_wish && wished != made.common_name()) {
    found.push_back(
        fmt::format("it is named \"{}\", as the file is; the request wishes \"{}\": "
                    "give --name",
                    made.common_name(), wished));
  }
  const auto denied = identity::denied_by(ca);
  if (denied && denied->nodes.contains(node)) {
    found.push_back(fmt::format("node {} is revoked and stays shut out: runarctl node unrevoke {}",
                                node.text(), node.text()));
  }
  return found;
}

core::Result<Issued> issue(Session& session, const SignOptions& options, const std::string& name) {
  const auto lifetime = parse_lifetime(options.lifetime);
  if (!lifetime) {
    return lifetime.error();
  }
  const auto text = session.read(options.request);
  if (!text) {
    return text.error();
  }
  const auto asked = keys::NodeRequest::from_pem(*text);
  if (!asked) {
    return core::fail(asked.error().code, options.request + ": " + asked.error().about);
  }
  const auto passphrase = ca_passphrase(options.ca, options.passphrase);
  if (!passphrase) {
    return passphrase.error();
  }
  auto ca = open_networks(session, options.ca, *passphrase);
  if (!ca) {
    return ca.error();
  }
  const auto fits =
      enroll::check_room(**ca, asked->agreement, options.grant.networks, enroll::kMaxRenewedBundle);
  if (!fits) {
    return fits.error();
  }
  if (const auto known = enroll::check_agreement(**ca, asked->agreement); !known) {
    return known.error();
  }
  const Grant& grant = options.grant;
  auto bundle = (*ca)->ca.sign({asked->request, name, grant.networks, *lifetime, options.replace,
                                grant.groups, false, grant.labels});
  if (!bundle) {
    return bundle.error();
  }
  if (asked->agreement) {
    auto statements = (*ca)->networks.admit(*asked->agreement, bundle->networks.ids());
    if (!statements) {
      return statements.error();
    }
    std::ranges::move(*statements, std::back_inserter(bundle->statements));
  }
  auto warnings = differences(session, options, *asked, (*ca)->ca, bundle->certificate);
  const auto left = (*ca)->networks.left_by(identity::node_id_of(asked->request.public_key()));
  if (!left) {
    return left.error();
  }
  for (const std::string& network : *left) {
    warnings.push_back(fmt::format(
        "it is no member of {0} any more and has its keys: runarctl network rewrap {0} --ca {1} "
        "--out {0}.keyring makes new ones",
        network, options.ca));
  }
  return Issued{std::move(*bundle), std::move(warnings)};
}

int sign(Session& session, const SignOptions& options) {
  const auto name = node_name(options);
  if (!name) {
    return session.fail(name.error());
  }
  const auto issued = issue(session, options, *name);
  if (!issued) {
    return session.fail(issued.error());
  }
  const identity::Bundle* const bundle = &issued->bundle;
  json::object record = describe_certificate(bundle->certificate, bundle->networks.networks());
  record["ca_fingerprint"] = identity::fingerprint_text(bundle->roots.back());
  if (session.json()) {
    record["warnings"] = json::value_from(issued->warnings);
  }
  const std::string node(record["node"].as_string());
  const std::string text = bundle->text();
  const auto given =
      session.print_made("certificate", std::move(record), {"bundle", text, options.out});
  if (!given) {
    return session.fail(given.error());
  }
  for (const std::string& warning : issued->warnings) {
    warn(session, warning);
  }
  session.say(
      fmt::format("Signed node {} as \"{}\". There: runarctl node install {} --ca-fingerprint {}",
                  node, *name, options.out == "-" ? "BUNDLE" : options.out,
                  identity::fingerprint_text(bundle->roots.back())));
  return kExitOk;
}

void add_init(CLI::App& ca, const CommandContext& context) {
  const auto options = std::make_shared<InitOptions>();
  CLI::App& made =
      command(ca, {"init", "Makes the CA of a new mesh", "runarctl ca init --name acme --out ./ca"},
              context, [options](Session& session) { return init(session, *options); });
  made.add_option("--name", options->name, "The mesh's name")
      ->required()
      ->type_name(value_name::kText);
  made.add_option("--out", options->out, "The folder to make, with its parents")
      ->type_name(value_name::kFolder)
      ->capture_default_str();
  made.add_option("--ttl", options->lifetime, "How long its certificate lives")
      ->type_name(value_name::kTime)
      ->capture_default_str();
  add_ca_passphrase(made, options->passphrase);
  made.add_flag("--no-passphrase", options->no_passphrase, "Leave its key unencrypted")
      ->excludes("--passphrase-file")
      ->excludes("--passphrase-fd");
}

void add_sign(CLI::App& ca, const CommandContext& context) {
  const auto options = std::make_shared<SignOptions>();
  CLI::App& made =
      command(ca,
              {"sign", "Signs a node's request; takes only the key from it",
               "runarctl ca sign edge-1.csr --ca ./ca --network main --out edge-1.bundle"},
              context, [options](Session& session) { return sign(session, *options); });
  made.add_option("request", options->request, "What 'node csr' wrote; - is standard input")
      ->required()
      ->type_name(value_name::kFile);
  add_grant(made, options->grant);
  made.add_option("--name", options->name, "The node's name; else that of the request's file")
      ->type_name(value_name::kText);
  add_ca_folder(made, options->ca);
  made.add_option("--ttl", options->lifetime, "How long the certificate lives")
      ->type_name(value_name::kTime)
      ->capture_default_str();
  made.add_option("--out", options->out, "Where the bundle goes; - is standard output")
      ->type_name(value_name::kFile)
      ->capture_default_str();
  add_ca_passphrase(made, options->passphrase);
  made.add_flag("--replace", options->replace, "Take the name from the node that has it");
}

struct CopyOptions {
  std::string ca = kDefaultCa;
  std::string out;
  SecretInput passphrase;
};

int copy(Session& session, const CopyOptions& options) {
  const auto ca = open_authority(session, options.ca, options.passphrase);
  if (!ca) {
    return session.fail(ca.error());
  }
  if (const auto copied = identity::copy_authority(*ca, options.out); !copied) {
    return session.fail(copied.error());
  }
  session.print("ca", {{"name", ca->certificate().common_name()},
                       {"fingerprint", identity::fingerprint_text(ca->certificate())},
                       {"not_after", identity::time_text(ca->certificate().not_after())},
                       {"folder", options.out},
                       {"renews_only", true}});
  session.say("It has the CA's key: move it to another issuer's machine as the secret that it is.");
  return kExitOk;
}

void add_copy(CLI::App& ca, const CommandContext& context) {
  const auto options = std::make_shared<CopyOptions>();
  CLI::App& made = command(
      ca,
      {"copy", "Makes a copy for another issuer, which only renews; or brings one up to date",
       "runarctl ca copy --ca ./ca --out ./ca-2"},
      context, [options](Session& session) { return copy(session, *options); });
  add_ca_folder(made, options->ca);
  made.add_option("--out", options->out, "The folder to make")
      ->required()
      ->type_name(value_name::kFolder);
  add_ca_passphrase(made, options->passphrase);
}

void add_inspect(CLI::App& ca, const CommandContext& context) {
  const auto file = std::make_shared<std::string>();
  CLI::App& made = command(ca,
                           {"inspect", "Shows a request, a bundle, a certificate or a CA's folder",
                            "runarctl ca inspect edge-1.bundle"},
                           context, [file](Session& session) { return inspect(session, *file); });
  made.add_option("file", *file, "A file or a CA's folder; - is standard input")
      ->required()
      ->type_name(value_name::kFile);
}

}  // namespace

void add_ca_commands(CLI::App& app, const CommandContext& context) {
  CLI::App& ca = group(app, "ca", "The mesh's certificate authority");
  add_init(ca, context);
  add_sign(ca, context);
  add_copy(ca, context);
  add_inspect(ca, context);
}

}  // namespace runard::ctl
