// runarctl token create|ls|approve|deny|rm: tokens by which new nodes enrol themselves; on the CA's
// folder, or through a node that is an issuer.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <memory>

#include "ctl/ask.h"
#include "ctl/confirm.h"
#include "ctl/enrol_commands.h"
#include "ctl/grant_options.h"
#include "ctl/lifetime.h"
#include "enroll/office.h"
#include "identity/durable_file.h"
#include "identity/time_text.h"
#include "transport/address.h"

namespace runard::ctl {
namespace {

namespace json = boost::json;
using core::Errc;

struct CreateOptions {
  std::string ca;  // "": the issuer behind the control socket
  Grant grant;
  std::vector<std::string> addresses;
  std::string ttl = "10m";
  std::string lifetime = "24h";
  std::string name;
  std::uint32_t uses = 1;
  bool approve = false;
  std::string out = "-";
};

struct Made {
  std::string id;
  std::string expires;
  crypto::SecretBytes text;
};

core::Result<enroll::TokenOrder> order_of(const CreateOptions& options) {
  const auto valid = parse_lifetime(options.ttl);
  const auto lifetime = parse_lifetime(options.lifetime);
  if (!valid || !lifetime) {
    return valid ? lifetime.error() : valid.error();
  }
  for (const std::string& address : options.addresses) {
    if (!transport::HostPort::parse(address)) {
      return core::fail(Errc::kUsage, fmt::format("--address: \"{}\" is not HOST:PORT", address));
    }
  }
  const Grant& grant = options.grant;
  return enroll::TokenOrder{options.addresses, *valid,       options.uses,
                            options.approve,   *lifetime,    options.name,
                            grant.networks,    grant.groups, grant.labels};
}

core::Result<Made> create_in_folder(Session& session, const CreateOptions& options,
                                    const enroll::TokenOrder& order) {
  if (order.addresses.empty()) {
    return core::fail(Errc::kUsage, "where can an issuer be dialled? --address HOST:PORT");
  }
  const enroll::Office office({session.disk, session.clock, session.random}, options.ca);
  const auto token = office.create(order);
  if (!token) {
    return token.error();
  }
  return Made{token->id.text(), identity::time_text(token->expires), token->text()};
}

json::object params_of(const enroll::TokenOrder& order) {
  return {{"addresses", json::value_from(order.addresses)},
          {"ttl_ns", order.valid.count()},
          {"lifetime_ns", order.lifetime.count()},
          {"uses", order.uses},
          {"approve", order.approve},
          {"node_name", order.name},
          {"networks", json::value_from(order.networks)},
          {"groups", json::value_from(order.groups)},
          {"node_labels", json::value_from(order.labels)}};
}

int show(Session& session, const CreateOptions& options, const Made& made) {
  json::object record = {{"id", made.id}, {"expires", made.expires}};
  const std::string_view text = core::as_text(made.text.view());
  if (options.out != "-") {
    core::Bytes line(text.begin(), text.end());
    line.push_back('\n');
    const auto written =
        identity::write_durably(session.disk, options.out, line, identity::kSecretMode);
    crypto::cleanse(line);
    if (!written) {
      return session.fail(written.error());
    }
    record["file"] = options.out;
    session.print("token", record);
  } else if (session.json()) {
    record["token"] = text;
    session.print("token", record);
  } else {
    session.out << text << '\n';
  }
  session.say(
      fmt::format("Token {} is good until {}. Carry it as a secret; there: runarctl node enroll "
                  "--token-file {}",
                  made.id, made.expires, options.out == "-" ? "FILE" : options.out));
  return kExitOk;
}

int create(Session& session, const CreateOptions& options) {
  const auto order = order_of(options);
  if (!order) {
    return session.fail(order.error());
  }
  if (!options.ca.empty()) {
    const auto made = create_in_folder(session, options, *order);
    return made ? show(session, options, *made) : session.fail(made.error());
  }
  const Answer answer = ask(session, "token.create", params_of(*order));
  if (!answer.result) {
    return answer.exit;
  }
  return show(session, options,
              {text_of(*answer.result, "id"), text_of(*answer.result, "expires"),
               crypto::SecretBytes::copy_of(core::as_bytes(text_of(*answer.result, "token")))});
}

json::object row_of(const enroll::TokenRecord& token) {
  return {{"token", token.id.text()},
          {"expires", identity::time_text(token.expires)},
          {"uses", token.uses},
          {"left", token.left},
          {"approve", token.approve},
          {"node_name", token.name},
          {"networks", json::value_from(token.networks)},
          {"groups", json::value_from(token.groups)},
          {"node_labels", json::value_from(token.labels)}};
}

int list_folder(Session& session, const std::string& ca) {
  const enroll::Office office({session.disk, session.clock, session.random}, ca);
  const auto tokens = office.tokens();
  if (!tokens) {
    return session.fail(tokens.error());
  }
  json::array rows;
  for (const enroll::TokenRecord& token : *tokens) {
    if (token.expires > session.clock.wall()) {
      rows.push_back(row_of(token));
    }
  }
  session.print_list("tokens", "tokens", rows,
                     {"token", "expires", "left", "uses", "approve", "node_name", "networks"});
  return kExitOk;
}

int list(Session& session, const std::string& ca) {
  if (!ca.empty()) {
    return list_folder(session, ca);
  }
  const Answer answer = ask(session, "token.ls");
  if (!answer.result) {
    return answer.exit;
  }
  if (session.json()) {
    session.print("tokens", *answer.result);
    return kExitOk;
  }
  session.print_list("tokens", "tokens", answer.result->at("tokens").as_array(),
                     {"token", "expires", "left", "uses", "approve", "node_name", "networks"});
  const json::array& pending = answer.result->at("pending").as_array();
  if (!pending.empty()) {
    session.out << "\nwait for approval:\n";
    session.print_list("tokens", "pending", pending,
                       {"node", "fingerprint", "wished_name", "address", "token"});
  }
  return kExitOk;
}

int decide(Session& session, const std::string& method, const std::string& id) {
  const Answer answer = ask(session, method, {{"id", id}});
  if (!answer.result) {
    return answer.exit;
  }
  session.print("token",
                {{"node", id}, {"decided", method == "token.approve" ? "approved" : "denied"}});
  return kExitOk;
}

struct RemoveOptions {
  std::string ca;
  std::string id;
  bool yes = false;
};

int remove(Session& session, const RemoveOptions& options) {
  const auto& [ca, id, yes] = options;
  if (auto meant = confirm(session, "take token " + id + " back", yes); !meant) {
    return session.fail(meant.error());
  }
  if (ca.empty()) {
    const Answer answer = ask(session, "token.remove", {{"id", id}});
    if (!answer.result) {
      return answer.exit;
    }
  } else {
    const auto token = enroll::TokenId::parse(id);
    const enroll::Office office({session.disk, session.clock, session.random}, ca);
    const auto removed = token ? office.remove(*token)
                               : core::Result<void>(core::fail(
                                     Errc::kInvalidArgument, "\"" + id + "\" is not a token's id"));
    if (!removed) {
      return session.fail(removed.error());
    }
  }
  session.print("token", {{"id", id}, {"removed", true}});
  return kExitOk;
}

void add_ca(CLI::App& made, std::string& ca) {
  made.add_option("--ca", ca, "The CA's folder; else the issuer behind the control socket is asked")
      ->type_name(value_name::kFolder);
}

void add_create(CLI::App& token, const CommandContext& context) {
  const auto options = std::make_shared<CreateOptions>();
  CLI::App& made =
      command(token,
              {"create", "Makes a token by which a new node enrols itself",
               "runarctl token create --ca ./ca --network main --address ca.example:8889 --out "
               "edge-2.token"},
              context, [options](Session& session) { return create(session, *options); });
  add_ca(made, options->ca);
  add_grant(made, options->grant);
  made.add_option("--address", options->addresses,
                  "Where an issuer can be dialled; repeatable. Else what the issuer advertises")
      ->allow_extra_args(false)
      ->type_name("HOST:PORT");
  made.add_option("--ttl", options->ttl, "How long the token is good")
      ->type_name(value_name::kTime)
      ->capture_default_str();
  made.add_option("--cert-ttl", options->lifetime, "How long a certificate lives; it is renewed")
      ->type_name(value_name::kTime)
      ->capture_default_str();
  made.add_option("--uses", options->uses, "How many nodes may enrol with it")
      ->type_name(value_name::kNumber)
      ->capture_default_str();
  made.add_option("--node-name", options->name, "The node's name; else its id, or what you approve")
      ->type_name(value_name::kText);
  made.add_flag("--approve", options->approve, "Each request waits for 'token approve'");
  made.add_option("--out", options->out, "Where the token goes, mode 0600; - is standard output")
      ->type_name(value_name::kFile)
      ->capture_default_str();
}

void add_decision(CLI::App& token, const CommandContext& context, const About& about,
                  const std::string& method) {
  const auto id = std::make_shared<std::string>();
  CLI::App& made = command(token, about, context,
                           [id, method](Session& session) { return decide(session, method, *id); });
  made.add_option("node", *id, "The node's id, as 'token ls' shows it")
      ->required()
      ->type_name(value_name::kNode);
}

}  // namespace

void add_token_commands(CLI::App& app, const CommandContext& context) {
  CLI::App& token = group(app, "token", "Tokens by which new nodes enrol themselves");
  add_create(token, context);
  const auto ca = std::make_shared<std::string>();
  CLI::App& listed =
      command(token,
              {"ls", "Lists the tokens that are good, and the nodes that wait for approval",
               "runarctl token ls"},
              context, [ca](Session& session) { return list(session, *ca); });
  add_ca(listed, *ca);
  add_decision(token, context,
               {"approve", "Lets a node in that waits for approval: compare its fingerprint first",
                "runarctl token approve 7q9gk2m1c6d8e5n0t3v4r5s6ao"},
               "token.approve");
  add_decision(token, context,
               {"deny", "Refuses a node that waits for approval",
                "runarctl token deny 7q9gk2m1c6d8e5n0t3v4r5s6ao"},
               "token.deny");
  const auto options = std::make_shared<RemoveOptions>();
  CLI::App& removed =
      command(token, {"rm", "Takes a token back", "runarctl token rm 7q9gk2m1c6d8e5n0t3v4r5s6ao"},
              context, [options](Session& session) { return remove(session, *options); });
  add_ca(removed, options->ca);
  add_yes_option(removed, options->yes);
  removed.add_option("id", options->id, "The token's id, as 'token ls' shows it")
      ->required()
      ->type_name("ID");
}

}  // namespace runard::ctl
