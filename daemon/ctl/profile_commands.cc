// runarctl profile create|export|delegate|import: a user's profile, made and kept by the user, and
// what of it goes to nodes.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <memory>

#include "crypto/pem.h"
#include "ctl/command.h"
#include "ctl/defaults.h"
#include "ctl/kek_options.h"
#include "ctl/lifetime.h"
#include "identity/identity_folder.h"
#include "keys/delegation_folder.h"
#include "keys/node_keys.h"
#include "keys/user_profile.h"

namespace runard::ctl {
namespace {

namespace json = boost::json;
using core::Errc;
using core::fail;
using keys::UserProfile;

struct Options {
  std::string folder;
  std::string kek = "auto";
  KekOptions unlock;
  std::string name;
  std::vector<std::string> nodes;
  std::string lifetime = "365d";
  bool rotate = false;
  std::string to;
  std::string out;
  std::string state = kDefaultState;
};

identity::Host host_of(Session& session) {
  return {session.disk, session.clock, session.random};
}

core::Result<UserProfile> open_profile(Session& session, const Options& options) {
  const auto header = keys::Keystore::header_in(options.folder);
  if (!header) {
    return header.error().code == Errc::kKeystoreMissing
               ? fail(Errc::kNotFound, options.folder + ": no profile")
               : header.error();
  }
  const auto source = source_of(session, header->kek.kind, options.unlock);
  return source ? UserProfile::open(host_of(session), options.folder, *source) : source.error();
}

int create(Session& session, const Options& options) {
  const auto source = new_source(session, options.kek, options.unlock);
  if (!source) {
    return session.fail(source.error());
  }
  const auto made = UserProfile::create(host_of(session), options.folder, options.name, *source);
  if (!made) {
    const bool is_there = made.error().code == Errc::kConflict;
    return session.fail(
        made.error(),
        {is_there ? "Keep it: who has the folder is this user. Another profile has another folder."
                  : "",
         {},
         {}});
  }
  session.print(
      "profile",
      {{"id", made->id().text()}, {"name", made->certificate().name}, {"folder", options.folder}});
  if (source->kind() == keys::KekKind::kNone) {
    session.say("Its keys are in clear: a --passphrase-file would encrypt them.");
  }
  session.say("Keep the folder safe, with a backup: who has it is this user.");
  return kExitOk;
}

core::Result<std::vector<core::NodeId>> nodes_of(const std::vector<std::string>& texts) {
  std::vector<core::NodeId> nodes;
  for (const std::string& text : texts) {
    const auto id = core::NodeId::parse(text);
    if (!id) {
      return fail(Errc::kUsage, fmt::format("\"{}\" is no node's id: 26 characters, as 'runarctl "
                                            "node ls' prints it",
                                            text));
    }
    nodes.push_back(*id);
  }
  return nodes;
}

core::Result<identity::Statement> try_export(Session& session, const Options& options) {
  const auto nodes = nodes_of(options.nodes);
  const auto lifetime = parse_lifetime(options.lifetime);
  if (!nodes || !lifetime) {
    return !nodes ? nodes.error() : lifetime.error();
  }
  auto profile = open_profile(session, options);
  if (!profile) {
    return profile.error();
  }
  if (options.rotate) {
    if (auto ok = profile->rotate(); !ok) {
      return ok.error();
    }
  }
  const auto until = std::chrono::floor<std::chrono::milliseconds>(
      (session.clock.wall() + *lifetime).time_since_epoch());
  auto statement = profile->publish(*nodes, static_cast<std::uint64_t>(until.count()));
  if (!statement) {
    return statement.error();
  }
  const auto written = session.write(options.out, statement->pem());
  return written ? statement : written.error();
}

int export_public(Session& session, const Options& options) {
  const auto statement = try_export(session, options);
  if (!statement) {
    return session.fail(statement.error());
  }
  session.print("profile", {{"id", statement->key().subject.text()},
                            {"generation", statement->generation()},
                            {"nodes", options.nodes.size()},
                            {"file", options.out}});
  session.say("On any one node, the others hear of it: runarctl profile import " + options.out);
  return kExitOk;
}

core::Result<std::vector<crypto::PemBlock>> read_pem(Session& session, const std::string& file) {
  const auto text = session.read(file);
  if (!text) {
    return text.error();
  }
  auto blocks = crypto::parse_pem(*text);
  return blocks ? blocks : fail(blocks.error().code, file + ": " + blocks.error().about);
}

// A node's agreement key stands behind its request, or alone.
core::Result<keys::AgreementRecord> agreement_in(Session& session, const std::string& file) {
  const auto blocks = read_pem(session, file);
  if (!blocks) {
    return blocks.error();
  }
  if (blocks->empty() || blocks->back().label != keys::kAgreementLabel) {
    return fail(Errc::kAgreementKeyInvalid,
                file + ": no agreement key; 'runarctl node csr' on the node writes one");
  }
  return keys::verify_own_agreement(blocks->back().der);
}

core::Result<keys::Delegation> try_delegate(Session& session, const Options& options) {
  const auto to = agreement_in(session, options.to);
  if (!to) {
    return to.error();
  }
  auto profile = open_profile(session, options);
  if (!profile) {
    return profile.error();
  }
  auto made = profile->delegate(*to);
  if (!made) {
    return made.error();
  }
  const auto written =
      session.write(options.out, crypto::write_pem(keys::kDelegationLabel, made->bytes()));
  return written ? made : written.error();
}

int delegate(Session& session, const Options& options) {
  const auto made = try_delegate(session, options);
  if (!made) {
    return session.fail(made.error());
  }
  session.print("profile_key", {{"profile", made->profile.text()},
                                {"version", made->version},
                                {"node", made->node.text()},
                                {"file", options.out}});
  session.say("Only that node can open it; there: runarctl profile import " + options.out);
  return kExitOk;
}

core::Result<void> take_statement(Session& session, const std::string& state,
                                  core::ByteView bytes) {
  const auto statement = identity::Statement::parse(bytes);
  if (!statement) {
    return statement.error();
  }
  const auto news =
      identity::IdentityFolder(state).install(session.disk, {*statement}, session.clock.wall());
  return news ? core::Result<void>() : news.error();
}

core::Result<void> take_delegation(Session& session, const std::string& state,
                                   core::ByteView bytes) {
  const auto delegation = keys::Delegation::parse(bytes);
  const auto self = keys::node_of(state);
  if (!delegation || !self) {
    return delegation ? self.error() : delegation.error();
  }
  if (delegation->node != *self) {
    return fail(Errc::kCertificateMismatch,
                fmt::format("the profile's key is for node {}, this is node {}",
                            delegation->node.text(), self->text()));
  }
  return keys::put_delegation(session.disk, state, bytes);
}

core::Result<std::size_t> try_import(Session& session, const Options& options) {
  const auto blocks = read_pem(session, options.folder);
  if (!blocks) {
    return blocks.error();
  }
  for (const crypto::PemBlock& block : *blocks) {
    auto done = core::Result<void>();
    if (block.label == identity::kStatementLabel) {
      done = take_statement(session, options.state, block.der);
    } else if (block.label == keys::kDelegationLabel) {
      done = take_delegation(session, options.state, block.der);
    } else {
      done = fail(Errc::kProfileInvalid, options.folder + ": not a profile's export");
    }
    if (!done) {
      return done.error();
    }
  }
  return blocks->size();
}

int import_file(Session& session, const Options& options) {
  const auto taken = try_import(session, options);
  if (!taken) {
    const bool is_other = taken.error().code == Errc::kCertificateMismatch;
    return session.fail(
        taken.error(),
        {is_other
             ? "Import it there, or make one for this node: runarctl profile delegate --to its "
               "request."
             : "",
         {},
         {}});
  }
  session.print("profile_import", {{"parts", *taken}, {"state", options.state}});
  session.say("A running runard takes it by itself.");
  return kExitOk;
}

void add_folder(CLI::App& made, Options& options) {
  made.add_option("folder", options.folder, "The profile's folder")
      ->required()
      ->type_name(value_name::kFolder);
}

void add_out(CLI::App& made, Options& options) {
  made.add_option("--out", options.out, "The file to write")
      ->required()
      ->type_name(value_name::kFile);
}

void add_create(CLI::App& profile, const CommandContext& context) {
  const auto options = std::make_shared<Options>();
  CLI::App& made =
      command(profile,
              {"create", "Makes a user's profile: its root key and its seed",
               "runarctl profile create ./ann --name ann"},
              context, [options](Session& session) { return create(session, *options); });
  add_folder(made, *options);
  made.add_option("--name", options->name, "Its name, for people")
      ->required()
      ->type_name(value_name::kText);
  add_kek_word(made, options->kek, "What is to encrypt its keys; auto: by what is given");
  add_kek_options(made, options->unlock);
}

void add_export(CLI::App& profile, const CommandContext& context) {
  const auto options = std::make_shared<Options>();
  CLI::App& made =
      command(profile,
              {"export", "Writes the public part, with the nodes that may act for the user",
               "runarctl profile export ./ann --node 0dkeqs2o7ahr6ikj3c5pnu4fmg --out ann.profile"},
              context, [options](Session& session) { return export_public(session, *options); });
  add_folder(made, *options);
  made.add_option("--node", options->nodes, "A node that may act for the user; repeatable")
      ->allow_extra_args(false)
      ->type_name(value_name::kNode);
  made.add_option("--ttl", options->lifetime, "How long it is good")
      ->type_name(value_name::kTime)
      ->capture_default_str();
  made.add_flag("--rotate", options->rotate, "With the next version of the profile's key");
  add_kek_options(made, options->unlock);
  add_out(made, *options);
}

void add_delegate(CLI::App& profile, const CommandContext& context) {
  const auto options = std::make_shared<Options>();
  CLI::App& made =
      command(profile,
              {"delegate", "Gives one node the private key, so that it can open for the user",
               "runarctl profile delegate ./ann --to edge-1.csr --out ann.edge-1"},
              context, [options](Session& session) { return delegate(session, *options); });
  add_folder(made, *options);
  made.add_option("--to", options->to, "The node's request, as 'node csr' wrote it")
      ->required()
      ->type_name(value_name::kFile);
  add_kek_options(made, options->unlock);
  add_out(made, *options);
}

void add_import(CLI::App& profile, const CommandContext& context) {
  const auto options = std::make_shared<Options>();
  CLI::App& made =
      command(profile,
              {"import", "Lets this node know a profile, or have its key",
               "runarctl profile import ann.profile"},
              context, [options](Session& session) { return import_file(session, *options); });
  made.add_option("file", options->folder, "What 'profile export' or 'profile delegate' wrote")
      ->required()
      ->type_name(value_name::kFile);
  made.add_option("--state", options->state, "The node's state directory")
      ->type_name(value_name::kFolder)
      ->capture_default_str();
}

}  // namespace

void add_profile_commands(CLI::App& app, const CommandContext& context) {
  CLI::App& profile = group(app, "profile", "Users, and what nodes may do for them");
  add_create(profile, context);
  add_export(profile, context);
  add_delegate(profile, context);
  add_import(profile, context);
}

}  // namespace runard::ctl
