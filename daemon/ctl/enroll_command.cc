// runarctl node enroll: a token from a file becomes this node's certificate.
#include <fmt/format.h>

#include <memory>

#include "ctl/defaults.h"
#include "ctl/enrol_commands.h"
#include "ctl/enrolment.h"
#include "ctl/kek_options.h"
#include "ctl/own_certificate.h"
#include "identity/identity_folder.h"
#include "identity/time_text.h"
#include "keys/node_keys.h"

namespace runard::ctl {
namespace {

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
    return core::fail(Errc::kTokenExpired,
                      "the token was good until " + identity::time_text(token->expires));
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

core::Result<identity::CheckedBundle> try_enroll(Session& session, const EnrollOptions& options) {
  const auto token = read_token(session, options.token);
  if (!token) {
    return token.error();
  }
  const auto store = own_keystore(session, options);
  const auto asked = store ? own_request(*store, options.state, options.name) : store.error();
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
            *token, asked->text);
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
    const bool nobody = installed.error().code == Errc::kDeadlineExceeded;
    const int code = session.fail(
        installed.error(),
        {nobody ? "Check that an issuer runs there, and that firewalls let UDP through, both ways."
                : "",
         {},
         {}});
    session.say("No certificate was installed.");
    return code;
  }
  return tell_installed(session, *installed, options.state);
}

}  // namespace

void add_enroll_command(CLI::App& app, const CommandContext& context) {
  CLI::App& node = group(app, "node", "Nodes of the mesh, and the identity of this one");
  const auto options = std::make_shared<EnrollOptions>();
  CLI::App& made =
      command(node,
              {"enroll", "Gets this node's certificate by a token; makes its key if it has none",
               "runarctl node enroll --token-file edge-2.token"},
              context, [options](Session& session) { return enroll(session, *options); });
  made.add_option("--token-file", options->token, "What 'token create' wrote; - is standard input")
      ->required()
      ->type_name(value_name::kFile);
  made.add_option("--state", options->state, "The node's state directory")
      ->type_name(value_name::kFolder)
      ->capture_default_str();
  made.add_option("--name", options->name, "The name to ask for")->type_name(value_name::kText);
  add_kek_options(made, options->unlock);
}

}  // namespace runard::ctl
