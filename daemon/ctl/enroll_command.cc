// runarctl node enroll: a token from a file becomes this node's certificate.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <memory>

#include "crypto/request.h"
#include "ctl/defaults.h"
#include "ctl/enrol_commands.h"
#include "ctl/enrolment.h"
#include "enroll/proof.h"
#include "identity/identity_folder.h"
#include "identity/profile.h"
#include "identity/time_text.h"

namespace runard::ctl {
namespace {

namespace json = boost::json;
using core::Errc;
using identity::IdentityFolder;

struct EnrollOptions {
  std::string token;
  std::string state = kDefaultState;
  std::string name;
};

core::Result<enroll::Token> read_token(Session& session, const std::string& file) {
  auto text = session.read(file);
  if (!text) {
    return text.error();
  }
  auto token = enroll::Token::parse(*text);
  crypto::cleanse({reinterpret_cast<std::uint8_t*>(text->data()), text->size()});
  if (token && session.clock.wall() >= token->expires) {
    return core::fail(enroll::kTokenExpired, "at " + identity::time_text(token->expires));
  }
  return token;
}

// This node's key; the first enrolment makes it.
core::Result<crypto::PrivateKey> own_key(Session& session, const EnrollOptions& options) {
  const IdentityFolder folder(options.state);
  auto key = folder.key();
  if (key || key.error().code != Errc::kIdentityMissing) {
    return key;
  }
  const auto made = folder.create(session.disk, options.name);
  return made ? folder.key() : made.error();
}

core::Result<std::string> wished_name(const EnrollOptions& options, const core::NodeId& id) {
  auto name = options.name.empty() ? IdentityFolder(options.state).name()
                                   : core::Result<std::string>(options.name);
  return name && name->empty() ? core::Result<std::string>(id.text()) : name;
}

core::Result<identity::CheckedBundle> try_enroll(Session& session, const EnrollOptions& options) {
  const auto token = read_token(session, options.token);
  if (!token) {
    return token.error();
  }
  const auto key = own_key(session, options);
  if (!key) {
    return key.error();
  }
  const core::NodeId id = identity::node_id_of(key->public_key());
  const auto name = wished_name(options, id);
  if (!name) {
    return name.error();
  }
  const auto request = crypto::SigningRequest::create(*key, *name);
  if (!request) {
    return request.error();
  }
  const std::string words = enroll::key_words(key->public_key().spki());
  session.say(fmt::format("This is node {}, fingerprint {}.", id.text(), words));
  const auto bundle =
      enrol({session.clock, session.random,
             [&](core::Duration patience) {
               session.say(fmt::format(
                   "Waiting up to {} s for an operator: compare the fingerprint there, then "
                   "'runarctl token approve {}'.",
                   std::chrono::duration_cast<std::chrono::seconds>(patience).count(), id.text()));
             }},
            *token, request->pem());
  if (!bundle) {
    return bundle.error();
  }
  std::vector<crypto::Sha256> pins;
  for (const crypto::Certificate& root : bundle->roots) {
    pins.push_back(root.fingerprint());
  }
  return IdentityFolder(options.state).install(session.disk, *bundle, pins, session.clock.wall());
}

int enroll(Session& session, const EnrollOptions& options) {
  const auto installed = try_enroll(session, options);
  if (!installed) {
    const int code = session.fail(installed.error());
    session.say("No certificate was installed.");
    return code;
  }
  json::array networks;
  for (const identity::NetworkDescriptor& network : installed->networks) {
    networks.emplace_back(network.name);
  }
  session.print("node_identity", {{"node", installed->identity.id.text()},
                                  {"name", installed->identity.name},
                                  {"networks", networks},
                                  {"not_after", identity::time_text(installed->identity.not_after)},
                                  {"state", options.state}});
  session.say("Start runard, or let a running one take it: runarctl config reload");
  return kExitOk;
}

}  // namespace

void add_enroll_command(CLI::App& app, const CommandContext& context) {
  CLI::App& node = group(app, "node", "Nodes of the mesh and their identities");
  const auto options = std::make_shared<EnrollOptions>();
  CLI::App& made =
      command(node,
              {"enroll", "Gets this node's certificate by a token; makes its key",
               "runarctl node enroll --token-file edge-2.token"},
              context, [options](Session& session) { return enroll(session, *options); });
  made.add_option("--token-file", options->token,
                  "What 'token create' wrote, or - for standard input")
      ->required()
      ->type_name(value_name::kFile);
  made.add_option("--state", options->state, "The node's state directory")
      ->type_name(value_name::kFolder)
      ->capture_default_str();
  made.add_option("--name", options->name, "The name to ask for")->type_name(value_name::kText);
}

}  // namespace runard::ctl
