// runarctl explain [CODE]: what an error means and what to do about it.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <optional>

#include "core/errors.h"
#include "ctl/command.h"
#include "ctl/suggest.h"

namespace runard::ctl {
namespace {

namespace json = boost::json;
using core::ErrorInfo;

json::object record_of(const ErrorInfo& row) {
  return {{"code", core::code_text(row.code)},
          {"name", row.name},
          {"kind", core::kind_text(row.kind)},
          {"meaning", row.meaning},
          {"remedy", row.remedy}};
}

std::string upper(std::string text) {
  for (char& c : text) {
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return text;
}

// "NO_SERVICE", as each error shows it, in any case. Null: none has that name.
const ErrorInfo* find_name(const std::string& name) {
  const auto table = core::error_table();
  const auto at = std::ranges::find_if(
      table, [name = upper(name)](const ErrorInfo& row) { return row.name == name; });
  return at == table.end() ? nullptr : &*at;
}

std::vector<std::string> near_names(const std::string& name) {
  std::vector<std::string> names;
  for (const ErrorInfo& row : core::error_table()) {
    names.emplace_back(row.name);
  }
  return suggest(upper(name), names);
}

// "RUNAR-E1101", "E1101", "1101" in any case.
std::optional<int> number_of(std::string text) {
  text = upper(std::move(text));
  std::string_view digits = text;
  for (const std::string_view prefix : {"RUNAR-", "E"}) {
    digits.remove_prefix(digits.starts_with(prefix) ? prefix.size() : 0);
  }
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool whole = error == std::errc() && end == digits.data() + digits.size() && number >= 0;
  return whole ? std::optional(number) : std::nullopt;
}

const ErrorInfo& nearest(int number) {
  const auto distance = [number](const ErrorInfo& row) {
    return std::abs(static_cast<long long>(row.code) - number);
  };
  const ErrorInfo* best = &core::error_table().front();
  for (const ErrorInfo& row : core::error_table()) {
    best = distance(row) < distance(*best) ? &row : best;
  }
  return *best;
}

int list_all(Session& session) {
  json::array rows;
  for (const ErrorInfo& row : core::error_table()) {
    rows.push_back(record_of(row));
  }
  session.print_list("error_list", "errors", rows, {"code", "name", "meaning"});
  return kExitOk;
}

int explain(Session& session, const std::string& code) {
  if (code.empty()) {
    return list_all(session);
  }
  if (const ErrorInfo* named = find_name(code)) {
    session.print("error_info", record_of(*named));
    return kExitOk;
  }
  const auto number = number_of(code);
  if (!number) {
    return session.fail(
        core::fail(core::Errc::kUsage, fmt::format("\"{}\" is no error code", code)),
        {"Write it as RUNAR-E1101, E1101, 1101 or NO_SERVICE.", near_names(code), {}});
  }
  const ErrorInfo& row = nearest(*number);
  if (static_cast<int>(row.code) != *number) {
    return session.fail(
        core::fail(core::Errc::kNotFound, fmt::format("no error has the code {}", code)),
        {"'runarctl explain' lists all.",
         {},
         {fmt::format("the nearest is {} {}", core::code_text(row.code), row.name)}});
  }
  session.print("error_info", record_of(row));
  return kExitOk;
}

}  // namespace

void add_explain_command(CLI::App& app, const CommandContext& context) {
  const auto code = std::make_shared<std::string>();
  CLI::App& made = command(
      app, {"explain", "What an error code means and what to do", "runarctl explain RUNAR-E1101"},
      context, [code](Session& session) { return explain(session, *code); });
  made.add_option("code", *code,
                  "RUNAR-E1101, E1101, 1101 or NO_SERVICE; without it all are listed")
      ->type_name(value_name::kCode);
}

}  // namespace runard::ctl
