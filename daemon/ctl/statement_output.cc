#include "ctl/statement_output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <filesystem>

#include "ctl/ca_unlock.h"
#include "ctl/command.h"
#include "identity/durable_file.h"
#include "keys/network_keyring.h"

namespace runard::ctl {

std::vector<identity::NetworkDescriptor> networks_of(
    const std::vector<identity::Statement>& statements) {
  std::vector<identity::NetworkDescriptor> networks;
  for (const identity::Statement& statement : statements) {
    if (statement.key().kind == identity::StatementKind::kNetwork) {
      const core::NetworkId id{statement.key().subject.bytes};
      const auto keyring = keys::NetworkKeyring::parse(statement.body());
      networks.push_back({id, keyring ? keyring->name : id.text()});
    }
  }
  return networks;
}

boost::json::array names_of(const std::vector<identity::NetworkDescriptor>& networks) {
  boost::json::array names;
  for (const identity::NetworkDescriptor& network : networks) {
    names.emplace_back(network.name);
  }
  return names;
}

// Nothing of a network goes over a link to or from a node that is no member of it.
std::string where_to_install(const std::vector<identity::NetworkDescriptor>& networks,
                             const std::string& file) {
  std::string members;
  for (const identity::NetworkDescriptor& network : networks) {
    members += (members.empty() ? "" : ", one of ") + network.name;
  }
  return networks.empty()
             ? fmt::format("On any one node: runarctl node install {}", file)
             : fmt::format("On a member of {}{}: runarctl node install {}", members,
                           networks.size() > 1 ? " (one node may be several)" : "", file);
}

core::Result<void> check_output(const std::string& out) {
  const std::filesystem::path file(out);
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  std::error_code ignored;
  if (out == "-") {
    return {};
  }
  if (std::filesystem::is_directory(file, ignored)) {
    return identity::system_error(file, "write", EISDIR);
  }
  return access(folder.c_str(), W_OK | X_OK) == 0 ? core::Result<void>()
                                                  : identity::system_error(file, "write", errno);
}

int give_statements(Session& session, const std::vector<identity::Statement>& statements,
                    const std::string& out, boost::json::object record) {
  std::string text;
  for (const identity::Statement& statement : statements) {
    text += statement.pem();
  }
  record["kind"] = std::string(identity::kind_name(statements.front().key().kind));
  record["generation"] = statements.front().generation();
  const std::vector<identity::NetworkDescriptor> networks = networks_of(statements);
  if (!networks.empty()) {
    record["install_on_members_of"] = names_of(networks);
  }
  const auto given = session.print_made("statement", std::move(record), {"statement", text, out});
  if (!given) {
    return session.fail(given.error());
  }
  session.say(where_to_install(networks, out == "-" ? "FILE" : out));
  return kExitOk;
}

void add_statement_files(CLI::App& made, std::string& ca, std::string& out) {
  add_ca_folder(made, ca);
  made.add_option("--out", out, "Where the statement goes; - is standard output")
      ->type_name(value_name::kFile)
      ->capture_default_str();
}

}  // namespace runard::ctl
