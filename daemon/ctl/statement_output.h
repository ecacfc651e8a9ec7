// Statements of the CA, as commands give them out: files that nodes pass on, a network's keys only
// those that are its members.
#pragma once

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "ctl/session.h"
#include "identity/networks.h"
#include "identity/statement.h"

namespace runard::ctl {

// The networks whose keys are among the statements.
std::vector<identity::NetworkDescriptor> networks_of(
    const std::vector<identity::Statement>& statements);
// Their names, for JSON.
boost::json::array names_of(const std::vector<identity::NetworkDescriptor>& networks);
// Where to install a file with the keys of these networks.
std::string where_to_install(const std::vector<identity::NetworkDescriptor>& networks,
                             const std::string& file);

// Whether such a file can be written, before the CA is changed for it. kSystem.
core::Result<void> check_output(const std::string& out);

// Writes the file of all of them, which the first one gives its name, and tells of it. kExitOk or
// that of the error.
int give_statements(Session& session, const std::vector<identity::Statement>& statements,
                    const std::string& out, boost::json::object record);

// --ca and --out.
void add_statement_files(CLI::App& made, std::string& ca, std::string& out);

}  // namespace runard::ctl
