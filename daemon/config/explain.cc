#include "config/explain.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/schema.h"
#include "config/suggest.h"

namespace runard::config {
namespace {

// Visits a Config of defaults, and every section, list and mapping as if it were there once.
class Collector final : public Visitor {
 public:
  std::vector<KeyRow> take() { return std::move(rows_); }

  void value(const Key& key, Value& value) override { add(key, value.type(), value.text()); }
  void values(const Key& key, ValueList& list) override {
    add(key, fmt::format("list of {}", list.type()), "[]");
  }
  void values_or(const Key& key, Value& word, ValueList& list, bool) override {
    add(key, fmt::format("{} | list of {}", word.type(), list.type()), word.text());
  }
  void free_form(const Key& key, ServiceConfig&) override { add(key, "mapping", "{}"); }

  bool begin_section(const Key& key) override {
    add(key, key.list_key.empty() ? "section" : "section | list", "");
    push(key);
    return true;
  }
  bool begin_section_or(const Key& key, Value& word, bool is_set) override {
    add(key, word.type() + " | section", is_set ? "section" : word.text());
    push(key);
    return true;
  }
  void end_section() override { levels_.pop_back(); }

  std::size_t begin_list(const Key& key, std::size_t) override {
    add(key, "list of sections", key.need == Need::kRequired ? "" : "[]");
    push(key);
    levels_.back().path += "[]";
    return 1;
  }
  bool begin_item(std::size_t) override { return true; }
  void end_item() override {}
  void end_list() override { end_section(); }

  std::vector<std::string> begin_map(const Key& key, const std::vector<std::string>&,
                                     const TextRule& rule) override {
    add(key, fmt::format("mapping by {}", rule.type), "{}");
    push(key);
    return {std::string(kAnyName)};
  }
  void end_map() override { end_section(); }

 private:
  struct Level {
    std::string path;
    bool is_later = false;
  };

  std::string path_of(const Key& key) const {
    const std::string& path = levels_.back().path;
    return path.empty() ? std::string(key.name) : fmt::format("{}.{}", path, key.name);
  }
  bool is_later(const Key& key) const {
    return levels_.back().is_later || key.when == When::kLater;
  }
  void add(const Key& key, std::string type, std::string default_text) {
    if (key.name == kAnyName) {
      default_text.clear();  // what the operator names has no default
    }
    rows_.push_back({path_of(key), std::move(type), std::move(default_text),
                     std::string(key.meaning), key.need == Need::kRequired, is_later(key)});
  }
  void push(const Key& key) { levels_.push_back({path_of(key), is_later(key)}); }

  std::vector<Level> levels_{Level{}};
  std::vector<KeyRow> rows_;
};

// "plugins.load[12].file" -> "plugins.load[].file"
std::string without_indices(std::string_view path) {
  std::string out;
  bool is_inside = false;
  for (const char c : path) {
    is_inside = is_inside && c != ']';
    if (!is_inside) {
      out += c;
    }
    is_inside = is_inside || c == '[';
  }
  return out;
}

std::string_view parent_of(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  return dot == std::string_view::npos ? std::string_view{} : path.substr(0, dot);
}

std::string_view name_of(std::string_view path) {
  return path.substr(path.rfind('.') + 1);
}

// A name that the operator chose may itself hold dots and slashes, so it reaches to the end of the
// path or up to a known key.
bool is_same_key(std::string_view row, std::string_view path) {
  const std::size_t any = row.find(kAnyName);
  if (any == std::string_view::npos) {
    return row == path;
  }
  const std::string_view before = row.substr(0, any);
  const std::string_view after = row.substr(any + kAnyName.size());
  return path.size() > before.size() + after.size() && path.starts_with(before) &&
         path.ends_with(after);
}

}  // namespace

std::vector<KeyRow> key_table() {
  Config defaults;
  Collector collector;
  describe(collector, defaults);
  return collector.take();
}

std::optional<KeyRow> explain(std::string_view path) {
  const std::string wanted = without_indices(path);
  const std::vector<KeyRow> table = key_table();
  std::optional<KeyRow> found;
  for (const KeyRow& row : table) {
    if (row.path == wanted) {
      return row;
    }
    if (is_same_key(row.path, wanted)) {
      found = row;  // the last is the most precise: "labels.NAME.network" after "labels.NAME"
    }
  }
  return found;
}

std::optional<std::string> where_it_belongs(std::string_view name) {
  constexpr std::size_t kMost = 3;
  std::vector<std::string> places;
  for (const KeyRow& row : key_table()) {
    if (name_of(row.path) == name && name != kAnyName && places.size() < kMost) {
      const std::string_view parent = parent_of(row.path);
      places.push_back(parent.empty() ? "the top level" : std::string(parent));
    }
  }
  if (places.empty()) {
    return std::nullopt;
  }
  return "it belongs under " + any_of(places);
}

}  // namespace runard::config
