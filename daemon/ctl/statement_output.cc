#include "ctl/statement_output.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "ctl/command.h"

namespace runard::ctl {

int give_statements(Session& session, const std::vector<identity::Statement>& statements,
                    const std::string& out, boost::json::object record) {
  std::string text;
  for (const identity::Statement& statement : statements) {
    text += statement.pem();
  }
  record["kind"] = std::string(identity::kind_name(statements.front().key().kind));
  record["generation"] = statements.front().generation();
  if (out != "-") {
    if (const auto written = session.write(out, text); !written) {
      return session.fail(written.error());
    }
    record["file"] = out;
  } else if (session.json()) {
    record["statement"] = text;
  } else {
    session.out << text;
    return kExitOk;
  }
  session.print("statement", record);
  session.say(fmt::format("On any one node: runarctl node install {}", out == "-" ? "FILE" : out));
  return kExitOk;
}

void add_statement_files(CLI::App& made, std::string& ca, std::string& out) {
  made.add_option("--ca", ca, "The CA's folder")
      ->type_name(value_name::kFolder)
      ->capture_default_str();
  made.add_option("--out", out, "Where the statement goes; - is standard output")
      ->type_name(value_name::kFile)
      ->capture_default_str();
}

}  // namespace runard::ctl
