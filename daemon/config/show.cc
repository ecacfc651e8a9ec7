#include "config/show.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "config/json_text.h"
#include "config/schema.h"
#include "config/yaml_text.h"

namespace runard::config {
namespace {

namespace json = boost::json;

// Builds a JSON value: objects for sections, and scalars as the text that the YAML has.
class Writer final : public Visitor {
 public:
  Writer() { open_.push_back({"", json::object()}); }
  json::value take() { return std::move(open_.front().value); }

  void value(const Key& key, Value& value) override {
    if (!value.text().empty()) {
      put(key.name, value.json());
    }
  }
  void values(const Key& key, ValueList& list) override { put(key.name, texts_of(list)); }
  void values_or(const Key& key, Value& word, ValueList& list, bool is_set) override {
    put(key.name, is_set ? json::value(texts_of(list)) : json::value(word.text()));
  }
  void free_form(const Key& key, ServiceConfig& config) override {
    boost::system::error_code bad;
    put(key.name, json::parse(config.shown, bad, {}, kDeep));
  }

  bool begin_section(const Key& key) override {
    open_.push_back({std::string(key.name), json::object()});
    return true;
  }
  bool begin_section_or(const Key& key, Value& word, bool is_set) override {
    if (!is_set) {
      put(key.name, json::value(word.text()));
    }
    return is_set && begin_section(key);
  }
  void end_section() override {
    Open done = std::move(open_.back());
    open_.pop_back();
    if (open_.back().value.is_array()) {
      open_.back().value.get_array().push_back(std::move(done.value));
    } else {
      put(done.name, std::move(done.value));
    }
  }

  std::size_t begin_list(const Key& key, std::size_t size) override {
    open_.push_back({std::string(key.name), json::array()});
    return size;
  }
  bool begin_item(std::size_t) override {
    open_.push_back({"", json::object()});
    return true;
  }
  void end_item() override { end_section(); }
  void end_list() override { end_section(); }
  std::vector<std::string> begin_map(const Key& key, const std::vector<std::string>& names,
                                     const TextRule&) override {
    begin_section(key);
    return names;
  }
  void end_map() override { end_section(); }

 private:
  struct Open {
    std::string name;
    json::value value;
  };
  static inline const json::parse_options kDeep = [] {
    json::parse_options options;
    options.max_depth = 2 * kMaxDepth;
    return options;
  }();

  void put(std::string_view name, json::value value) {
    open_.back().value.get_object().insert_or_assign(name, std::move(value));
  }
  static json::array texts_of(const ValueList& list) {
    json::array out;
    for (const std::string& text : list.texts()) {
      out.emplace_back(text);
    }
    return out;
  }
  std::vector<Open> open_;
};

}  // namespace

std::string show(const Config& config, ShowAs form) {
  Config copy = config;
  Writer writer;
  describe(writer, copy);
  const json::value value = writer.take();
  return form == ShowAs::kJson ? pretty_json(value) : yaml_text(value);
}

}  // namespace runard::config
