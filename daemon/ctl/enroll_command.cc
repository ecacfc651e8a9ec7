// runarctl node enroll: a token from a file becomes this node's certificate.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <memory>

#include "crypto/request.h"
#include "ctl/defaults.h"
#include "ctl/enrol_commands.h"
#include "ctl/enrolment.h"
#include "ctl/kek_options.h"
#include "enroll/proof.h"
#include "identity/identity_folder.h"
#include "identity/profile.h"
#include "identity/time_text.h"
#include "keys/entries.h"
#include "keys/node_keys.h"
#include "keys/node_request.h"

namespace runard::ctl {
namespace {

namespace json = boost::json;
using core::Errc;
using identity::IdentityFolder;

struct EnrollOptions {
  std::string token;
  std::string state = kDefaultState;
  std::string name;
  KekOptions unlock;
};

core::Result<enroll::Token> read_token(Session& session, const std::string& file) {
  auto text = session.read(file);
  if (!text) {
    return text.error();
  }
  auto token = enroll::Token::parse(*text);
  crypto::cleanse({reinterpret_cast<std::uint8_t*>(text->data()), text->size()});
  if (token && session.clock.wall() >= token->expires) {
    return core::fail(Errc::kTokenExpired, "at " + identity::time_text(token->expires));
  }
  return token;
}

// This node's keystore; the first enrolment makes it.
core::Result<keys::Keystore> own_keystore(Session& session, const EnrollOptions& options) {
  auto store = open_keystore(session, options.state, options.unlock, keys::Use::kRead);
  if (store || store.error().code != Errc::kIdentityMissing) {
    return store;
  }
  const auto source = new_source(session, "auto", options.unlock);
  if (!source) {
    return source.error();
  }
  const identity::Host host{session.disk, session.clock, session.random};
  const auto made = keys::make_identity(host, options.state, options.name, *source);
  return made
             ? keys::open_node_keystore(host, options.state, *source, keys::Use::kRead, core::Log())
             : made.error();
}

struct Asked {
  core::NodeId node;
  std::string words;
  std::string request;
};

core::Result<std::string> wished_name(const EnrollOptions& options, const core::NodeId& id) {
  auto name = options.name.empty() ? IdentityFolder(options.state).name()
                                   : core::Result<std::string>(options.name);
  return name && name->empty() ? core::Result<std::string>(id.text()) : name;
}

core::Result<Asked> make_request(Session& session, const EnrollOptions& options) {
  const auto store = own_keystore(session, options);
  const auto key = store ? keys::identity_key(*store) : store.error();
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
  const auto agreement = keys::agreement_record(store->entries(), id, *key);
  return Asked{id, enroll::key_words(key->public_key().spki()),
               keys::request_text(*request, agreement ? *agreement : core::Bytes())};
}

core::Result<identity::CheckedBundle> try_enroll(Session& session, const EnrollOptions& options) {
  const auto token = read_token(session, options.token);
  if (!token) {
    return token.error();
  }
  const auto asked = make_request(session, options);
  if (!asked) {
    return asked.error();
  }
  session.say(fmt::format("This is node {}, fingerprint {}.", asked->node.text(), asked->words));
  const auto bundle =
      enrol({session.clock, session.random,
             [&](core::Duration patience) {
               session.say(fmt::format(
                   "Waiting up to {} s for an operator: compare the fingerprint there, then "
                   "'runarctl token approve {}'.",
                   std::chrono::duration_cast<std::chrono::seconds>(patience).count(),
                   asked->node.text()));
             }},
            *token, asked->request);
  if (!bundle) {
    return bundle.error();
  }
  std::vector<crypto::Sha256> pins;
  for (const crypto::Certificate& root : bundle->roots) {
    pins.push_back(root.fingerprint());
  }
  return IdentityFolder(options.state)
      .install(session.disk, *bundle, pins, session.clock.wall(), asked->node);
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
  add_kek_options(made, options->unlock);
}

}  // namespace runard::ctl
