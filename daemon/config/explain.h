// Explain: the table of every key that a configuration may hold. Made from the schema, so it can't
// differ from what the loader takes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace runard::config {

// Stands in a path for a name that the operator chooses.
inline constexpr std::string_view kAnyName = "NAME";

struct KeyRow {
  std::string path;          // "plugins.load[].services[].path", "logging.levels.NAME"
  std::string type;          // "duration, 1ms to 1d"
  std::string default_text;  // "5s"; empty when there is none
  std::string meaning;
  bool is_required = false;
  bool is_later = false;  // not in this version: only the default is taken
};

// In the order of the schema: a section, then its keys.
std::vector<KeyRow> key_table();

// The row of "plugins.load[0].file", "plugins.load[].file" or "logging.levels.mesh".
std::optional<KeyRow> explain(std::string_view path);

// "it belongs under limits", when a key of that name exists somewhere.
std::optional<std::string> where_it_belongs(std::string_view name);

// The whole table as a JSON Schema (draft 2020-12), for editors. Ends with a line end.
std::string schema_json();

}  // namespace runard::config
