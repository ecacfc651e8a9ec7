#include "ctl/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <istream>
#include <ostream>
#include <system_error>

#include "ctl/json_text.h"
#include "ctl/printable.h"
#include "ctl/suggest.h"
#include "ctl/table.h"
#include "identity/durable_file.h"

namespace runard::ctl {
namespace {

namespace json = boost::json;
using core::Errc;
using core::Kind;

std::string cell(const json::value& value) {
  if (value.is_string() && !value.as_string().empty()) {
    return std::string(value.as_string());
  }
  if (value.is_null() || value.is_string()) {
    return "-";
  }
  if (!value.is_array()) {
    return json_text(value);
  }
  std::string joined;
  for (const json::value& element : value.as_array()) {
    joined += (joined.empty() ? "" : ", ") + cell(element);
  }
  return joined.empty() ? "-" : joined;
}

json::object with_schema(std::string_view kind) {
  return {{"schema", fmt::format("runar.{}.v1", kind)}};
}

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) {
    return c == '_' ? ' ' : static_cast<char>(std::toupper(c));
  });
  return text;
}

bool is_flat(const json::value& value) {
  return !value.is_object() &&
         !(value.is_array() && !value.as_array().empty() && value.as_array().front().is_object());
}

// Only what a daemon was asked to do can have been done.
std::string_view executed_note(const core::Error& error, const json::object& details) {
  if (!details.contains("executed") || error.executed == core::Executed::kYes) {
    return "";
  }
  return error.executed == core::Executed::kNo ? ", not executed" : ", may have been executed";
}

// The number that the service's author gave its own error.
std::string app_code(const json::object& details) {
  const json::value* code = details.if_contains("app_code");
  return code == nullptr ? "" : " " + json_text(*code);
}

bool lacks_permission(const core::Error& error) {
  return error.code == Errc::kSystem &&
         error.about.ends_with(std::generic_category().message(EACCES));
}

std::string usual_remedy(const core::Error& error, const std::string& command) {
  return error.code == Errc::kUsage ? "see " + command + " --help"
         : lacks_permission(error)  ? "Use sudo, or run it as the owner of what the message names."
                                    : std::string(core::info(error.code).remedy);
}

}  // namespace

ExitCode exit_code(const core::Error& error) {
  if (lacks_permission(error)) {
    return kExitDenied;
  }
  switch (error.code) {
    case Errc::kUsage:
    case Errc::kInvalidArgument:
    case Errc::kNotInThisVersion:
    case Errc::kBadTopic:
    case Errc::kBadPattern:
      return kExitUsage;
    case Errc::kDaemonUnreachable:
      return kExitUnreachable;
    case Errc::kCaMissing:
    case Errc::kIdentityMissing:
    case Errc::kKeystoreMissing:
    case Errc::kServicePaused:  // the provider is there and can't take it
    case Errc::kServiceStopping:
    case Errc::kServiceStuck:
    case Errc::kDraining:
      return kExitNotFound;
    default:
      break;
  }
  switch (core::info(error.code).kind) {
    case Kind::kNoService:
    case Kind::kNoEndpoint:
      return kExitNotFound;
    case Kind::kTimeout:
      return kExitTimeout;
    case Kind::kDenied:
      return kExitDenied;
    case Kind::kConflict:
      return kExitConflict;
    default:
      return kExitFailed;
  }
}

void Session::print(std::string_view kind, const json::object& record) {
  if (json()) {
    json::object document = with_schema(kind);
    for (const auto& [key, value] : record) {
      document[key] = value;
    }
    out << json_text(document) << '\n';
    return;
  }
  std::size_t width = 0;
  for (const auto& [key, value] : record) {
    width = std::max(width, key.size());
  }
  for (const auto& [key, value] : record) {
    if (is_flat(value)) {
      out << fmt::format("{:<{}}  {}\n", std::string_view(key), width, printable(cell(value)));
    }
  }
}

void Session::print_list(std::string_view kind, std::string_view key, const json::array& rows,
                         const std::vector<std::string>& columns) {
  if (json()) {
    json::object document = with_schema(kind);
    document[key] = rows;
    out << json_text(document) << '\n';
    return;
  }
  std::vector<std::string> head(columns.size());
  std::ranges::transform(columns, head.begin(), upper);
  Table table(std::move(head));
  for (const json::value& row : rows) {
    std::vector<std::string> cells;
    for (const std::string& column : columns) {
      const json::value* value = row.is_object() ? row.as_object().if_contains(column) : nullptr;
      cells.push_back(value == nullptr ? "-" : cell(*value));
    }
    table.row(cells);
  }
  table.print(out);
}

void Session::say(std::string_view line) {
  if (!quiet && !json()) {
    err << printable(line) << '\n';
  }
}

int Session::fail(const core::Error& error, const Advice& advice, const json::object& details) {
  const core::ErrorInfo& row = core::info(error.code);
  const std::string to_do = advice.remedy.empty() ? usual_remedy(error, command) : advice.remedy;
  if (json()) {
    json::object document = with_schema("error");
    for (const auto& [key, value] : details) {
      document[key] = value;
    }
    document["code"] = core::code_text(error.code);
    document["number"] = static_cast<int>(error.code);
    document["name"] = row.name;
    document["kind"] = core::kind_text(row.kind);
    document["message"] = core::sentence(error);
    document["remedy"] = to_do;
    document["executed"] = core::executed_text(error.executed);
    document["did_you_mean"] = json::value_from(advice.did_you_mean);
    document["facts"] = json::value_from(advice.facts);
    err << json_text(document) << '\n';
    return exit_code(error);
  }
  err << (colour ? "\033[31merror:\033[0m " : "error: ")
      << printable(fmt::format("{} [{} {}{}{}]", core::sentence(error), core::code_text(error.code),
                               row.name, app_code(details), executed_note(error, details)))
      << '\n';
  if (!advice.did_you_mean.empty()) {
    err << "  " << printable(ctl::did_you_mean(advice.did_you_mean)) << '\n';
  }
  for (const std::string& fact : advice.facts) {
    err << "  " << printable(fact) << '\n';
  }
  err << "  try: " << printable(to_do) << '\n';
  return exit_code(error);
}

core::Result<void> Session::print_made(std::string_view kind, json::object record,
                                       const MadeText& made) {
  if (made.file == "-" && !json()) {
    out << made.text;
    return {};
  }
  if (made.file == "-") {
    record[made.key] = made.text;
  } else if (auto written = write(std::string(made.file), made.text); !written) {
    return written.error();
  } else {
    record["file"] = made.file;
  }
  print(kind, record);
  return {};
}

core::Result<std::string> Session::read(const std::string& file) {
  return read(file, identity::kMaxSmallFile);
}

core::Result<std::string> Session::read(const std::string& file, std::size_t limit) {
  if (file != "-") {
    return identity::read_file(file, limit);
  }
  std::string text(limit + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > limit) {
    return core::fail(Errc::kTooLarge, fmt::format("standard input: larger than {} bytes", limit));
  }
  return text;
}

core::Result<void> Session::write(const std::string& file, std::string_view text) {
  return identity::write_durably(disk, file, core::as_bytes(text), identity::kPublicMode);
}

}  // namespace runard::ctl
