#include "sealing/schema.h"

#include <algorithm>
#include <boost/json.hpp>
#include <runar/cbor/writer.hpp>

#include <runar/plugin.h>

#include "sealing/limits.h"

namespace runard::sealing {
namespace json = boost::json;

namespace {

constexpr std::string_view kLabelKey = "x-runar-label";
constexpr std::string_view kOwnerKey = "x-runar-owner";

core::Bytes redacted_mark(const LabelSet& labels) {
  runar::cbor::Writer writer;
  writer.tag(RUNAR_CBOR_TAG_REDACTED);
  writer.array(labels.size());
  for (const std::string& label : labels) {
    writer.text(label);
  }
  return {writer.bytes().begin(), writer.bytes().end()};
}

bool is_any(std::string_view key, std::initializer_list<std::string_view> keywords) {
  return std::ranges::find(keywords, key) != keywords.end();
}

// What the keys of an object are in a schema.
enum class Keys : std::uint8_t { kKeywords, kNames };

// Labels of which a schema says that there are. Below "const" and the like there are values only;
// below "properties" and the like keys are names, whatever they are.
std::size_t count_labels(const json::value& at, Keys keys, std::size_t depth) {
  std::size_t count = 0;
  if (depth > 4 * kMaxSchemaDepth) {
    return SIZE_MAX / 2;
  }
  if (const json::array* list = at.if_array()) {
    for (const json::value& item : *list) {
      count += count_labels(item, Keys::kKeywords, depth + 1);
    }
  } else if (const json::object* object = at.if_object()) {
    for (const auto& [key, value] : *object) {
      const bool is_keyword = keys == Keys::kKeywords;
      if (is_keyword && is_any(key, {"const", "enum", "default", "examples"})) {
        continue;
      }
      count += is_keyword && is_any(key, {kLabelKey, "$ref", "$dynamicRef"}) ? 1 : 0;
      const bool holds_names =
          is_keyword && is_any(key, {"properties", "patternProperties", "$defs", "definitions",
                                     "dependentSchemas"});
      count += count_labels(value, holds_names ? Keys::kNames : Keys::kKeywords, depth + 1);
    }
  }
  return count;
}

// A value that is null is always taken.
bool is_null(const json::value& schema) {
  const json::object* object = schema.if_object();
  const json::value* type = object == nullptr ? nullptr : object->if_contains("type");
  return type != nullptr && *type == "null";
}

class SchemaReader {
 public:
  explicit SchemaReader(Type& type) : type_(type) {}

  bool read(const json::value& schema, Shape& shape, std::size_t depth);
  std::size_t labels_found() const { return found_; }
  const std::string& why() const { return why_; }

 private:
  bool fail(std::string why) {
    why_ = std::move(why);
    return false;
  }
  bool read_label(const json::value& given, Shape& shape);
  bool read_members(const json::object& properties, Shape& shape, std::size_t depth);
  bool read_child(const json::value& schema, std::unique_ptr<Shape>& child, std::size_t depth);
  bool read_alternatives(const json::value& schemas, bool all, Shape& shape, std::size_t depth);
  std::uint32_t set_number(LabelSet labels);
  LabelSet labels_of(const json::value& given);
  void merge(Shape& into, Shape&& from);
  void merge(std::unique_ptr<Shape>& into, std::unique_ptr<Shape>&& from);

  Type& type_;
  std::size_t found_ = 0;
  std::size_t shapes_ = 0;
  std::string why_;
};

LabelSet SchemaReader::labels_of(const json::value& given) {
  LabelSet labels;
  const auto add = [&](const json::value& label) {
    if (const json::string* text = label.if_string()) {
      labels.emplace_back(text->data(), text->size());
    } else {
      labels.emplace_back();
    }
  };
  if (const json::array* list = given.if_array()) {
    std::for_each(list->begin(), list->end(), add);
  } else {
    add(given);
  }
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  return labels;
}

bool SchemaReader::read_label(const json::value& given, Shape& shape) {
  ++found_;
  LabelSet labels = labels_of(given);
  const bool good = !labels.empty() && labels.size() <= envelope::kMaxLabels &&
                    std::all_of(labels.begin(), labels.end(), [](const std::string& label) {
                      return !label.empty() && label.size() <= envelope::kMaxLabel;
                    });
  if (!good) {
    return fail("x-runar-label is a name of at most 64 bytes, or a list of 1 to 16 of them");
  }
  shape.labels = set_number(std::move(labels));
  return shape.is_private() || fail("more than 16 different sets of labels");
}

std::uint32_t SchemaReader::set_number(LabelSet labels) {
  const auto at = std::find(type_.label_sets.begin(), type_.label_sets.end(), labels);
  if (at != type_.label_sets.end()) {
    return static_cast<std::uint32_t>(at - type_.label_sets.begin());
  }
  if (type_.label_sets.size() == kMaxLabelSets) {
    return Shape::kClear;
  }
  type_.redacted.push_back(redacted_mark(labels));
  type_.label_sets.push_back(std::move(labels));
  return static_cast<std::uint32_t>(type_.label_sets.size() - 1);
}

// Two schemas for the same place: what either says is private is private.
void SchemaReader::merge(Shape& into, Shape&& from) {
  if (from.is_private() && into.is_private() && from.labels != into.labels) {
    why_ = "two alternatives for one place have different labels";
    return;
  }
  into.labels = into.is_private() ? into.labels : from.labels;
  into.may_differ = into.may_differ || from.may_differ;
  for (auto& [name, shape] : from.members) {
    merge(into.members[name], std::move(shape));
  }
  merge(into.others, std::move(from.others));
  merge(into.items, std::move(from.items));
}

void SchemaReader::merge(std::unique_ptr<Shape>& into, std::unique_ptr<Shape>&& from) {
  if (into == nullptr || from == nullptr) {
    into = into == nullptr ? std::move(from) : std::move(into);
  } else {
    merge(*into, std::move(*from));
  }
}

bool SchemaReader::read_child(const json::value& schema, std::unique_ptr<Shape>& child,
                              std::size_t depth) {
  auto shape = std::make_unique<Shape>();
  if (!read(schema, *shape, depth + 1)) {
    return false;
  }
  if (shape->has_private()) {
    merge(child, std::move(shape));
  }
  return why_.empty();
}

bool SchemaReader::read_members(const json::object& properties, Shape& shape, std::size_t depth) {
  for (const auto& [key, schema] : properties) {
    std::unique_ptr<Shape> child;
    if (!read_child(schema, child, depth)) {
      return fail(std::string(key) + ": " + why_);
    }
    if (child != nullptr) {
      merge(shape.members[std::string(key)], std::move(child));
    }
  }
  return why_.empty();
}

// `all`: the value is all of them, not one.
bool SchemaReader::read_alternatives(const json::value& schemas, bool all, Shape& shape,
                                     std::size_t depth) {
  const json::array* list = schemas.if_array();
  if (list == nullptr) {
    return true;
  }
  for (const json::value& schema : *list) {
    Shape one;
    if (!read(schema, one, depth + 1)) {
      return false;
    }
    shape.may_differ = shape.may_differ || (!all && !one.has_private() && !is_null(schema));
    merge(shape, std::move(one));
  }
  return why_.empty();
}

// Recursive: kMaxSchemaDepth bounds it.
bool SchemaReader::read(const json::value& schema, Shape& shape, std::size_t depth) {
  if (depth > kMaxSchemaDepth || ++shapes_ > kMaxShapes) {
    return fail("the schema is too deep or too large");
  }
  const json::object* object = schema.if_object();
  if (object == nullptr) {
    return true;  // true or false: anything
  }
  if (const json::value* label = object->if_contains(kLabelKey);
      label != nullptr && !read_label(*label, shape)) {
    return false;
  }
  if (const json::value* properties = object->if_contains("properties");
      properties != nullptr && properties->is_object() &&
      !read_members(properties->get_object(), shape, depth)) {
    return false;
  }
  for (const char* key : {"anyOf", "oneOf", "allOf"}) {
    if (const json::value* schemas = object->if_contains(key);
        schemas != nullptr &&
        !read_alternatives(*schemas, key == std::string_view("allOf"), shape, depth)) {
      return false;
    }
  }
  const json::value* others = object->if_contains("additionalProperties");
  if (others != nullptr && !read_child(*others, shape.others, depth)) {
    return false;
  }
  const json::value* items = object->if_contains("items");
  return items == nullptr || read_child(*items, shape.items, depth);
}

core::Error refused(std::string_view name, const std::string& why) {
  return core::fail(core::Errc::kTypeRefused, std::string(name) + ": " + why, core::Executed::kNo);
}

}  // namespace

core::Result<Type> read_schema(std::uint64_t id, std::string_view name, std::string_view schema) {
  Type type;
  type.id = id;
  type.name = name;
  if (schema.empty()) {
    return type;
  }
  boost::system::error_code error;
  const json::value parsed = json::parse(schema, error);
  if (error) {
    return refused(name, "its schema is not JSON: " + error.message());
  }
  const bool labelled = schema.find(kLabelKey) != std::string_view::npos;
  SchemaReader reader(type);
  if (labelled && !reader.read(parsed, type.root, 0)) {
    return refused(name, reader.why());
  }
  if (labelled && !type.label_sets.empty() &&
      count_labels(parsed, Keys::kKeywords, 0) != reader.labels_found()) {
    return refused(name, "x-runar-label or $ref where runard does not look for labels");
  }
  if (labelled && type.label_sets.empty() && count_labels(parsed, Keys::kKeywords, 0) != 0) {
    return refused(name, "x-runar-label where runard does not look for labels");
  }
  if (const json::object* root = parsed.if_object(); root != nullptr && labelled) {
    if (const json::value* owner = root->if_contains(kOwnerKey)) {
      if (!owner->is_string() || owner->get_string().empty()) {
        return refused(name, "x-runar-owner is the name of a member");
      }
      type.owner.assign(owner->get_string().data(), owner->get_string().size());
    }
  }
  return type;
}

}  // namespace runard::sealing
