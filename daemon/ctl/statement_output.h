// Statements of the CA, as commands give them out: files that any node passes on.
#pragma once

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "ctl/session.h"
#include "identity/statement.h"

namespace runard::ctl {

// Writes the file of all of them, which the first one gives its name, and tells of it. kExitOk or
// that of the error.
int give_statements(Session& session, const std::vector<identity::Statement>& statements,
                    const std::string& out, boost::json::object record);

// --ca and --out.
void add_statement_files(CLI::App& made, std::string& ca, std::string& out);

}  // namespace runard::ctl
