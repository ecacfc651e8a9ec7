// The JSON Schema of the YAML: the visitor that makes it.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "config/explain.h"
#include "config/json_text.h"
#include "config/schema.h"

namespace runard::config {
namespace {

namespace json = boost::json;

// Builds the schema of one mapping a level.
class SchemaWriter final : public Visitor {
 public:
  SchemaWriter() { open_.emplace_back(); }
  json::object take() { return finish(std::move(open_.front())); }

  void value(const Key& key, Value& value) override {
    json::object schema = value.schema();
    if (!value.text().empty() && key.name != kAnyName) {
      schema["default"] = value.json();
    }
    put(key, std::move(schema));
  }
  void values(const Key& key, ValueList& list) override { put(key, list_of(list.schema())); }
  void values_or(const Key& key, Value& word, ValueList& list, bool) override {
    put(key, any_of_two(word.schema(), list_of(list.schema())));
  }
  void free_form(const Key& key, ServiceConfig&) override { put(key, {{"type", "object"}}); }

  bool begin_section(const Key& key) override { return begin(key, {}); }
  bool begin_section_or(const Key& key, Value& word, bool) override {
    return begin(key, word.schema());
  }
  void end_section() override {
    Open done = std::move(open_.back());
    open_.pop_back();
    const Key key = done.key;
    json::object word = std::move(done.word);
    json::object schema = finish(std::move(done));
    if (!key.list_key.empty()) {
      word = schema["properties"].as_object()[key.list_key].as_object();
    }
    put(key, word.empty() ? std::move(schema) : any_of_two(std::move(word), std::move(schema)));
  }

  std::size_t begin_list(const Key& key, std::size_t) override {
    begin(key, {});
    return 1;
  }
  bool begin_item(std::size_t) override { return true; }
  void end_item() override {}
  void end_list() override {
    Open done = std::move(open_.back());
    open_.pop_back();
    const Key key = done.key;
    put(key, list_of(finish(std::move(done))));
  }

  std::vector<std::string> begin_map(const Key& key, const std::vector<std::string>&,
                                     const TextRule&) override {
    begin(key, {});
    return {std::string(kAnyName)};
  }
  void end_map() override {
    Open done = std::move(open_.back());
    open_.pop_back();
    put(done.key,
        {{"type", "object"}, {"additionalProperties", std::move(done.properties[kAnyName])}});
  }

 private:
  struct Open {
    Key key{};
    json::object word;  // the schema of what may stand instead
    json::object properties;
    json::array required;
  };

  bool begin(const Key& key, json::object word) {
    open_.push_back({key, std::move(word), {}, {}});
    return true;
  }
  void put(const Key& key, json::object schema) {
    std::string description(key.meaning);
    if (key.when == When::kLater) {
      description += " Not in this version.";
    }
    schema["description"] = description;
    open_.back().properties[key.name] = std::move(schema);
    if (key.need == Need::kRequired) {
      open_.back().required.emplace_back(key.name);
    }
  }
  static json::object list_of(json::object item) {
    return {{"type", "array"}, {"items", std::move(item)}};
  }
  static json::object any_of_two(json::object a, json::object b) {
    json::array both;
    both.push_back(std::move(a));
    both.push_back(std::move(b));
    return {{"anyOf", std::move(both)}};
  }
  static json::object finish(Open done) {
    json::object schema{{"type", "object"}, {"additionalProperties", false}};
    if (!done.required.empty()) {
      schema["required"] = std::move(done.required);
    }
    schema["properties"] = std::move(done.properties);
    return schema;
  }

  std::vector<Open> open_;
};

}  // namespace

std::string schema_json() {
  Config defaults;
  SchemaWriter writer;
  describe(writer, defaults);
  json::object schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                      {"title", "The configuration of runard"}};
  for (auto& [key, value] : writer.take()) {
    schema[key] = std::move(value);
  }
  return pretty_json(schema);
}

}  // namespace runard::config
